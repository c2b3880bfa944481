    /* Rows of S that the design has and lib/core/migration_table.c has not yet: the start of
     * post-copy, and what follows a fence. Included by scheduler.pml. */

#ifdef POST_COPY
#ifdef BUG_POST_COPY_NO_PNR /* started, and nothing written */
    :: d_step { s == COPYING && !sent(cur, ACTIVATE) ->
           req[cur] = req[cur] | ACTIVATE; req2[cur] = req2[cur] | START_POST_COPY }
#else
    /* The point of no return: epoch and holder are B's, before migrate-start-postcopy. */
    :: d_step { s == COPYING ->
           MOVE(PNR, e[cur] + 1, refused, active_at_b, OF_BOTH, ACTIVATE);
           req2[cur] = req2[cur] | START_POST_COPY }
#endif
    :: d_step { s == PNR && heard(SAID_RELINQUISHED) -> GO(COMMITTED, OF_B, ACTIVATE) }
    :: d_step { s == PNR && heard(ACTIVATED) -> GO(RETIRING, 0, RETIRE) }
    /* A has journalled that it never left: as before the commit, for B needs A's word as well. */
    :: d_step { s == PNR && heard(SOURCE_FAILED) -> REGRANT_A(REGRANTING, refused, REGRANT) }
    /* A cannot say: B is asked. */
    :: d_step { s == PNR && (fa || heard(SAID_UNSURE)) -> GO(TAKING_BACK, OF_B, REFUSE) }
    :: d_step { (s == COPYING || s == CANCELLING) && heard(SAID_UNSURE) ->
           REGRANT_A(REGRANTING, refused, REGRANT) }
#if defined(BUG_POST_COPY_CANCEL)
    :: d_step { s == PNR -> GO(CANCELLING, OF_BOTH, CANCEL) }
#elif defined(BUG_POST_COPY_TAKE_BACK)
    :: d_step { s == PNR -> GO(TAKING_BACK, OF_B, REFUSE) }
#elif defined(BUG_POST_COPY_REGRANT_MEMORY) /* B died: back to A, with the memory it sent from */
    :: d_step { (s == PNR || s == COMMITTED) && heard(ACTIVATE_FAILED) ->
           REGRANT_A(REGRANTING, true, REGRANT) }
#endif
#endif

#ifdef FAST_PATH
#define BEFORE_THE_COMMIT (s == PREPARING)
    /* From the grant on a fence of A is not enough: B may have A's word. */
#ifdef BUG_FAST_FENCE_SOURCE_ONLY
    :: d_step { fa && (s == COPYING || s == CANCELLING) ->
           MOVE(EVACUATED, ge + 1, refused, active_at_b, 0, 0); qc = RUN; check() }
#else
    :: d_step { fa && (s == COPYING || s == CANCELLING) ->
           MOVE(TAKING_BACK, e[cur] + 1, refused, active_at_b, OF_B, REFUSE) }
#endif
#ifdef BUG_FAST_ABORT_ON_SILENCE /* the grant is forgotten, the guest is taken for A's */
    :: d_step { s == COPYING -> REGRANT_A(REGRANTING, refused, REGRANT) }
#endif
#else
#define BEFORE_THE_COMMIT (s == PREPARING || s == COPYING || s == CANCELLING)
#endif

    /* Silence decides nothing: a restart elsewhere needs RELINQUISHED, REFUSED or a fence. */
    :: d_step { fa && (BEFORE_THE_COMMIT || s == REFUSING || s == REGRANTING || s == RESTARTING ||
                       s == ENDED) && CAN_WRITE ->
           MOVE(EVACUATED, ge + 1, refused, active_at_b, 0, 0); qc = RUN; check() }
    :: d_step { fb && (s == COMMITTED || s == TAKING_BACK) && CAN_WRITE ->
           MOVE(EVACUATED, ge + 1, refused, active_at_b, 0, 0); qc = RUN; check() }
#ifdef BUG_EVACUATE_UNFENCED /* silence is taken for death */
    :: d_step { s == COPYING -> GO(EVACUATED, 0, 0); qc = RUN; check() }
#endif
#ifdef BUG_EVACUATE_WRONG_FENCE /* A is off, and B holds the guest */
    :: d_step { fa && s == COMMITTED -> GO(EVACUATED, 0, 0); qc = RUN; check() }
#endif
