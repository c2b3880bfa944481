/* Host A: godwit-source with its QEMU, and the part of godwit-target that starts guests. */

#define A_EPOCH (ra_e > ta_e -> ra_e : ta_e)
/* What A is told to do has to be newer than what it has journalled. Migrations of one guest are
 * ordered by epoch, and those under the same epoch by number. */
#ifdef BUG_ORDER_BY_ID /* another migration under the same epoch counts as newer */
#define A_NEWER(m) (e[m] >= A_EPOCH && ra_m != m)
#else
#define A_NEWER(m) (e[m] >= A_EPOCH && (ra_m == K || e[m] > ra_e || m > ra_m))
#endif

#ifdef COLD
#define NO_QEMU (qa == DEAD || qa == DOWN || qa == COMPLETED)
#else
#define NO_QEMU (qa == DEAD)
#endif
/* Start, at A's target: under a new epoch, and not while the source lets the guest go. */
#ifdef BUG_START_WHILE_LEAVING
#define A_STARTS false
#define MAY_START(m) (GE(m) >= A_EPOCH && GE(m) > ta_e \
                      && !((ra == RELINQUISHED || ra == RETIRED) && ra_e == GE(m)))
#else
#define A_STARTS (starting != 0)
#define MAY_START(m) (GE(m) >= A_EPOCH && GE(m) > ta_e && ra == HOLDING)
#endif

/* Outside a call. */
proctype a_acts()
{
    do
    /* ---- OUTGOING: live. The switchover begins only when A's own target starts nothing. ---- */
#ifndef COLD
    :: d_step { !fa && ra == OUTGOING && qa == RUN && !A_STARTS -> qa = PAUSED; check() }
#ifdef POST_COPY
    /* migrate-start-postcopy, only on S's word: the device state goes first. */
    :: d_step { !fa && ra == OUTGOING && qa == PAUSED && sent2(ra_m, START_POST_COPY) &&
                qb == INC && rb_m == ra_m ->
           qa = SENDING; qb = LOADED; b_stale = false; missing = true; check() }
    /* It failed, though B got all of the device state: QEMU A resumes by itself. */
    :: d_step { !fa && ra == OUTGOING && qa == PAUSED && sent2(ra_m, START_POST_COPY) &&
                qb == INC && rb_m == ra_m ->
           qb = LOADED; missing = true; A_RUNS; check() }
    /* All pages are sent. */
    :: d_step { !fa && qa == SENDING && missing && (qb == LOADED || qb == RUN) && rb_m == ra_m ->
           missing = false; check() }
#ifdef BUG_POST_COPY_LINK_IS_FAILURE /* a broken link, taken for the end of the move */
    :: d_step { !fa && qa == SENDING && missing -> A_RUNS; check() }
#endif
    /* Journalled when QEMU says postcopy-active: from here on it can't resume by itself. */
    :: d_step { !fa && ra == OUTGOING && qa == SENDING -> ra = RELINQUISHED; check() }
#else
    :: d_step { !fa && ra == OUTGOING && qa == PAUSED && qb == INC && rb_m == ra_m ->
           qb = LOADED; b_stale = false; qa = COMPLETED;
#ifdef BUG_AUTOSTART /* B's QEMU without -S */
           qb = RUN; a_stale = true;
#endif
           check() }
    /* The last ack is lost: QEMU A resumes by itself. */
    :: d_step { !fa && ra == OUTGOING && qa == PAUSED && qb == INC && rb_m == ra_m ->
           qb = LOADED; A_RUNS; check() }
#endif
    /* Cancel, failure, the switchover's timer; from COMPLETED, too, while OUTGOING. */
    :: d_step { !fa && ra == OUTGOING && (qa == PAUSED || qa == COMPLETED) -> A_RUNS; check() }
    /* The move was given up: its own, or its QEMU's, doing. */
    :: d_step { !fa && ra == OUTGOING && (qa == RUN || qa == DEAD) -> ra = HOLDING; check() }
#ifdef BUG_RELINQUISH_EARLY /* in pre-switchover */
    :: d_step { !fa && ra == OUTGOING && qa == PAUSED -> ra = RELINQUISHED; check() }
#endif
#else
    /* ---- OUTGOING: cold ---- */
    :: d_step { !fa && ra == OUTGOING && qa == RUN && !A_STARTS -> qa = DOWN; check() }
    :: d_step { !fa && ra == OUTGOING && qa == DOWN && !A_STARTS && qb == INC && rb_m == ra_m ->
           qb = LOADED; b_stale = false; qa = COMPLETED; check() }
    :: d_step { !fa && ra == OUTGOING ->
           qa = (qa == COMPLETED -> DOWN : qa); ra = HOLDING; check() }
#ifdef BUG_COLD_RELINQUISH_EARLY /* before the guest's process is gone */
    :: d_step { !fa && ra == OUTGOING && qa == RUN && qb == INC && rb_m == ra_m ->
           qb = LOADED; b_stale = false; ra = RELINQUISHED; check() }
#endif
#endif
    :: d_step { !fa && ra == OUTGOING && qa == COMPLETED -> ra = RELINQUISHED; check() }

    /* ---- told to S again and again, after a restart, too ---- */
    :: d_step { !fa && ra == RELINQUISHED && wanted(ra_m, SAID_RELINQUISHED) ->
           ANSWER(ra_m, SAID_RELINQUISHED) }
    :: d_step { !fa && ra == HOLDING && ra_e == e[st_cur] && qa != DOWN &&
                wanted(ra_m, SOURCE_FAILED) -> ANSWER(ra_m, SOURCE_FAILED) }
#ifdef COLD
    :: d_step { !fa && ra == HOLDING && ra_e == e[st_cur] && qa == DOWN &&
                wanted(ra_m, SOURCE_FAILED_STOPPED) -> ANSWER(ra_m, SOURCE_FAILED_STOPPED) }
#endif
#ifdef DIRECT
    :: d_step { !fa && ra == UNSURE && wanted(ra_m, SAID_UNSURE) -> ANSWER(ra_m, SAID_UNSURE) }
    :: d_step { !fa && ra == RELINQUISHED && !sent2(ra_m, HANDOVER) ->
           req2[ra_m] = req2[ra_m] | HANDOVER }
#endif

    /* ---- A's target: Start, second half: `starting` is journalled, now source.rec is read ---- */
#ifdef BUG_START_WHILE_LEAVING
    :: d_step { !fa && starting && NO_QEMU ->
#else
    :: d_step { !fa && starting && (ra == OUTGOING || ra == RELINQUISHED || ra_e > starting) ->
           starting = 0; check() }
    :: d_step { !fa && starting && NO_QEMU && ra == HOLDING && ra_e <= starting ->
#endif
           assert(!a_stale);
#ifdef BUG_START_FORGETS /* which migration has ended here already */
           ra_m = K;
#else
           ra_m = (ra_e == starting -> ra_m : K);
#endif
           ta_e = starting; starting = 0;
           ra = HOLDING; ra_e = ta_e; /* the source takes over */
           A_RUNS; check() }
    od
}

/* What S asks of A for migration m, whenever it is heard. */
proctype a_hears(byte m)
{
    do
    :: d_step { !fa && sent(m, BEGIN) && A_NEWER(m) && ra == HOLDING && !A_STARTS &&
                (qa == RUN || qa == DOWN) ->
           ra = OUTGOING; ra_m = m; ra_e = e[m]; check() }
#ifdef BUG_ROW_BEGIN_FAILED /* an answer to one of several Begins */
    :: d_step { !fa && sent(m, BEGIN) && ra_m != m && wanted(m, BEGIN_FAILED) ->
           ANSWER(m, BEGIN_FAILED) }
#endif

#ifdef POST_COPY
    /* Not begun, and it will not be. */
    :: d_step { !fa && sent2(m, START_POST_COPY) && A_NEWER(m) && ra == HOLDING ->
           ra_m = m; ra_e = e[m]; check() }
#endif

    /* ---- Cancel: where does A stand? ---- */
#ifdef COLD
    :: d_step { !fa && sent(m, CANCEL) && ra == OUTGOING && ra_m == m ->
           qa = (qa == COMPLETED -> DOWN : qa); ra = HOLDING; check() }
#else
    :: d_step { !fa && sent(m, CANCEL) && ra == OUTGOING && ra_m == m && qa == DEAD ->
           ra = HOLDING; check() }
#ifdef BUG_POST_COPY_CANCEL /* migrate_cancel after migrate-start-postcopy ruins the move */
    :: d_step { !fa && sent(m, CANCEL) && ra_m == m && qa == SENDING ->
           qa = DEAD; ra = HOLDING; check() }
#endif
    :: d_step { !fa && sent(m, CANCEL) && ra == OUTGOING && ra_m == m && qa != DEAD &&
                qa != SENDING ->
           A_RUNS; ra = HOLDING; check() }
#endif
    /* Not begun yet: a Begin that comes later must find it ended. */
    :: d_step { !fa && sent(m, CANCEL) && A_NEWER(m) && ra == HOLDING ->
           ra_m = m; ra_e = e[m]; check() }
    :: d_step { !fa && sent(m, CANCEL) && ra_m == m && (ra == RELINQUISHED || ra == RETIRED) &&
                wanted(m, CANCEL_RELINQUISHED) -> ANSWER(m, CANCEL_RELINQUISHED) }
    :: d_step { !fa && sent(m, CANCEL) && ra_m == m && ra == HOLDING && qa != DOWN &&
                wanted(m, CANCEL_HELD) -> ANSWER(m, CANCEL_HELD) }
#ifdef COLD
    :: d_step { !fa && sent(m, CANCEL) && ra_m == m && ra == HOLDING && qa == DOWN &&
                wanted(m, CANCEL_HELD_STOPPED) -> ANSWER(m, CANCEL_HELD_STOPPED) }
#endif
    /* NOT_FOUND or STALE: A is busy with another attempt, or left this one behind. */
    :: d_step { !fa && sent(m, CANCEL) && ra_m != m && !(A_NEWER(m) && ra == HOLDING) &&
                wanted(m, CANCEL_HELD) -> ANSWER(m, CANCEL_HELD) }

    /* ---- Regrant: journalled first, then `cont` ---- */
#ifdef BUG_REGRANT_UNORDERED /* whatever A has journalled since */
    :: d_step { !fa && sent(m, REGRANT) && ra == RELINQUISHED ->
#else
    :: d_step { !fa && sent(m, REGRANT) && REGRANT_EPOCH(m) > A_EPOCH &&
                (ra == HOLDING || ((ra == RELINQUISHED || ra == UNSURE) && ra_m == m)) ->
#endif
           ra = HOLDING; ra_m = m; ra_e = REGRANT_EPOCH(m);
#ifdef COLD
           qa = (qa == COMPLETED -> DOWN : qa);
#endif
           check() }
#ifndef COLD
    :: d_step { !fa && sent(m, REGRANT) && ra == HOLDING && ra_m == m && ra_e == REGRANT_EPOCH(m) &&
                (qa == PAUSED || qa == COMPLETED) ->
           assert(!a_stale); A_RUNS; check() }
#endif
#ifdef POST_COPY
    /* A move that has gone post-copy has no way back: the memory is lost, the guest boots cold. */
    :: d_step { !fa && sent(m, REGRANT) && ra == HOLDING && ra_m == m && ra_e == REGRANT_EPOCH(m) &&
                qa == SENDING ->
           qa = DEAD; check() }
#endif
    :: d_step { !fa && sent(m, REGRANT) && A_EPOCH >= REGRANT_EPOCH(m) &&
                (qa == RUN || qa == DEAD || qa == DOWN) && wanted(m, REGRANT_ANSWERED) ->
           ANSWER(m, REGRANT_ANSWERED) }

    /* ---- Retire ---- */
#if defined(POST_COPY) && !defined(BUG_POST_COPY_RETIRE_EARLY)
/* Not before B has all pages, or will never need them. */
#define MAY_RETIRE (!missing || qb != RUN)
#else
#define MAY_RETIRE true
#endif
    :: d_step { !fa && sent(m, RETIRE) && MAY_RETIRE && ra_m == m &&
                (ra == RELINQUISHED || ra == UNSURE) ->
           ra = RETIRED; qa = DEAD; check() }

    /* ---- Start, first half ---- */
    :: d_step { !fa && sent(m, START) && !starting && NO_QEMU && MAY_START(m) ->
           starting = GE(m); check() }
    od
}
