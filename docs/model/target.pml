/* Host B: godwit-target with its QEMU. */

#ifdef BUG_ORDER_BY_ID
#define B_NEWER(m) (e[m] + 1 >= rb_e && rb_m != m && rb != UNSURE)
#else
#define B_NEWER(m) (rb == NONE || e[m] + 1 > rb_e || (e[m] + 1 == rb_e && m > rb_m))
#endif

proctype b_acts()
{
    do
    /* `cont`; again after a restart. */
    :: d_step { !fb && rb == ACTIVE && qb == LOADED -> B_RUNS; check() }
    /* QEMU refuses it (an image lock, an error): the guest did certainly not run. */
    :: d_step { !fb && rb == ACTIVE && qb == LOADED && qa != SENDING ->
           rb = REFUSED; qb = DEAD; check() }
#ifdef BUG_ACTIVE_AFTER_CONT /* run first, journal then */
    :: d_step { !fb && rb == INCOMING && qb == LOADED && sent(rb_m, ACTIVATE) -> B_RUNS; check() }
    :: d_step { !fb && rb == INCOMING && qb == RUN -> rb = ACTIVE; check() }
#endif
    /* QEMU B dies. What A has is whole until B's QEMU could have run. */
    :: d_step { !fb && (qb == INC || qb == LOADED) && rb != ACTIVE && qa != SENDING ->
           qb = DEAD; check() }
#ifdef POST_COPY
    /* Pages are missing that nobody has any more. */
    :: d_step { !fb && missing && qa == DEAD && (qb == LOADED || qb == RUN) -> qb = DEAD; check() }
#endif
    od
}

/* What B is told of migration m, whenever it is heard. */
proctype b_hears(byte m)
{
    do
    :: d_step { !fb && sent(m, PREPARE) && B_NEWER(m) && rb != INCOMING && rb != ACTIVE &&
                qb == DEAD ->
           rb = INCOMING; rb_m = m; rb_e = e[m] + 1; qb = INC; b_stale = false; missing = false;
           check() }
    :: d_step { !fb && sent(m, PREPARE) && rb == INCOMING && rb_m == m && qb != DEAD &&
                wanted(m, PREPARED) -> ANSWER(m, PREPARED) }

    /* ---- Activate: ACTIVE first, then `cont` ---- */
#if defined(POST_COPY) && !defined(BUG_POST_COPY_RUN_ON_DEVICE_STATE)
    /* S's word in advance, and A's that its QEMU can't resume. */
    :: d_step { !fb && sent(m, ACTIVATE) && sent2(m, HANDOVER) &&
                rb == INCOMING && rb_m == m && qb == LOADED -> rb = ACTIVE; check() }
#else
    :: d_step { !fb && sent(m, ACTIVATE) && rb == INCOMING && rb_m == m && qb == LOADED ->
           rb = ACTIVE; check() }
#endif
#ifdef FAST_PATH
    /* A's word, under the grant that came with Begin. */
    :: d_step { !fb && sent2(m, HANDOVER) && rb == INCOMING && rb_m == m && qb == LOADED ->
           rb = ACTIVE; check() }
#endif
    :: d_step { !fb && rb == ACTIVE && rb_m == m && qb == RUN && wanted(m, ACTIVATED) ->
           ANSWER(m, ACTIVATED) }
    :: d_step { !fb && sent(m, ACTIVATE) && rb == REFUSED && rb_m == m &&
                wanted(m, ACTIVATE_REFUSED) -> ANSWER(m, ACTIVATE_REFUSED) }
    :: d_step { !fb && sent(m, ACTIVATE) && (rb == ACTIVE || rb == UNSURE) && rb_m == m &&
                qb == DEAD && wanted(m, ACTIVATE_FAILED) -> ANSWER(m, ACTIVATE_FAILED) }
#ifdef POST_COPY
    :: d_step { !fb && sent(m, ACTIVATE) && rb == INCOMING && rb_m == m && qb == DEAD &&
                wanted(m, ACTIVATE_FAILED) -> ANSWER(m, ACTIVATE_FAILED) }
#endif

    /* ---- Refuse ---- */
#ifdef BUG_REFUSE_WITHOUT_RECORD /* kill QEMU, journal nothing */
    :: d_step { !fb && sent(m, REFUSE) && rb == INCOMING && rb_m == m && qb != DEAD ->
           qb = DEAD; ANSWER(m, SAID_REFUSED); check() }
#else
    :: d_step { !fb && sent(m, REFUSE) && rb == INCOMING && rb_m == m ->
           rb = REFUSED; qb = DEAD; check() }
#endif
    /* It never came here: a late Prepare must find it refused. */
    :: d_step { !fb && sent(m, REFUSE) && rb != INCOMING && rb != ACTIVE && rb_m != m &&
                B_NEWER(m) ->
           rb = REFUSED; rb_m = m; rb_e = e[m] + 1; check() }
    :: d_step { !fb && sent(m, REFUSE) && rb == REFUSED && rb_m == m && wanted(m, SAID_REFUSED) ->
           ANSWER(m, SAID_REFUSED) }
    :: d_step { !fb && sent(m, REFUSE) && (rb == ACTIVE || rb == UNSURE) && rb_m == m &&
                wanted(m, REFUSE_DENIED) -> ANSWER(m, REFUSE_DENIED) }
#ifdef BUG_NOT_FOUND_IS_REFUSED /* after the commit, too */
    :: d_step { !fb && sent(m, REFUSE) && (rb != REFUSED || rb_m != m) && qb != RUN &&
                wanted(m, SAID_REFUSED) -> ANSWER(m, SAID_REFUSED) }
#endif
    od
}
