/* S: lib/core/migration_table.c, row by row; a test compares the two. A move keeps those of the
 * answers that the next state takes. With TWO_SCHEDULERS there are two, each with its own view of
 * the store, and each move is a compare-and-set on all that was seen: epoch, migration, state. */

#define STOPPED (SOURCE_FAILED_STOPPED | CANCEL_HELD_STOPPED)
#define heard(what) ((ans[cur] & (what)) != 0)

#ifdef TWO_SCHEDULERS
#define s v_s[i]
#define cur v_cur[i]
#define ge v_ge[i]
#define refused v_refused[i]
#define active_at_b v_active[i]
#if defined(BUG_STORE_BLIND_WRITE)
#define CAN_WRITE true
#elif defined(BUG_STORE_COMPARES_EPOCH)
#define CAN_WRITE (ge == st_ge)
#else
#define CAN_WRITE (ge == st_ge && cur == st_cur && s == st_s && refused == st_refused \
                   && active_at_b == st_active)
#endif
#define LOOK s = st_s; cur = st_cur; ge = st_ge; refused = st_refused; active_at_b = st_active
/* After a write. The two are alike, so the writer is made number 0: that halves the states. */
#define WROTE                                                                                  \
    v_s[1] = v_s[1 - i]; v_cur[1] = v_cur[1 - i]; v_ge[1] = v_ge[1 - i];                       \
    v_refused[1] = v_refused[1 - i]; v_active[1] = v_active[1 - i];                            \
    v_s[0] = st_s; v_cur[0] = st_cur; v_ge[0] = st_ge;                                         \
    v_refused[0] = st_refused; v_active[0] = st_active
#define MOVE(to, epoch, is_refused, is_active, kept, asks)                                     \
    if                                                                                         \
    :: CAN_WRITE -> st_cur = cur; st_ge = epoch; st_refused = is_refused;                      \
           st_active = is_active; st_s = to; req[st_cur] = req[st_cur] | (asks); WROTE         \
    :: else -> LOOK                                                                            \
    fi
#else
#define s st_s
#define cur st_cur
#define ge st_ge
#define refused st_refused
#define active_at_b st_active
#define CAN_WRITE true
#define WROTE skip
#define MOVE(to, epoch, is_refused, is_active, kept, asks)                                     \
    st_s = to; st_ge = epoch; st_refused = is_refused; st_active = is_active;                  \
    ans[cur] = ans[cur] & (kept); req[cur] = req[cur] | (asks)
#endif
/* A move without a change of marks, to TO with question ASKS. */
#define GO(to, kept, asks) MOVE(to, ge, refused, active_at_b, kept, asks)
/* The guest is A's again, under an epoch above B's (regrant_epoch() of migration.c). */
#ifdef BUG_REGRANT_EPOCH
#define REGRANTED_EPOCH REGRANT_EPOCH(cur)
#else
#define REGRANTED_EPOCH ((ge > e[cur] + 1 -> ge : e[cur] + 1) + 1)
#endif
#define REGRANT_A(to, is_refused, asks) \
    MOVE(to, REGRANTED_EPOCH, is_refused, active_at_b, REGRANT_ANSWERED, asks)
/* A has its guest; B is to be told, unless it has refused already. */
#define A_HAS_IT \
    MOVE((refused -> ENDED : REFUSING), ge, refused, active_at_b, 0, (refused -> 0 : REFUSE))
/* The kept answers: those that agents gave before the state was reached. */
#define OF_BOTH (OF_A | OF_B)

proctype scheduler(byte i)
{
    do
#ifdef TWO_SCHEDULERS
    /* It reads the store again: after a restart, or taking over from the other one. */
    :: d_step { !(ge == st_ge && cur == st_cur && s == st_s && refused == st_refused &&
                  active_at_b == st_active) -> LOOK }
#endif
    /* ---- PREPARING ---- */
    :: d_step { s == PREPARING && heard(PREPARED) -> GO(COPYING, 0, BEGIN) }
    :: d_step { s == PREPARING -> GO(REFUSING, 0, REFUSE) }

    /* ---- COPYING: only A's word ends it ---- */
    :: d_step { s == COPYING && heard(SAID_RELINQUISHED) ->
           MOVE(COMMITTED, e[cur] + 1, refused, active_at_b, OF_B, ACTIVATE) }
#ifdef COLD
    :: d_step { s == COPYING && heard(SOURCE_FAILED_STOPPED) ->
           REGRANT_A(RESTARTING, refused, START) }
#endif
    :: d_step { s == COPYING && heard(SOURCE_FAILED) -> GO(REFUSING, 0, REFUSE) }
#ifdef BUG_ROW_COPYING_CANCEL /* A is not asked */
    :: d_step { s == COPYING -> GO(REFUSING, 0, REFUSE) }
#else
    :: d_step { s == COPYING -> GO(CANCELLING, OF_BOTH, CANCEL) }
#endif
#ifdef BUG_ROW_BEGIN_FAILED /* A said no, so there is nothing to cancel */
    :: d_step { s == COPYING && heard(BEGIN_FAILED) -> GO(REFUSING, 0, REFUSE) }
#endif
#ifdef BUG_ROW_COMMIT_ON_TARGETS_WORD /* rule 2 */
    :: d_step { s == COPYING && qb == LOADED && rb_m == cur ->
           MOVE(COMMITTED, e[cur] + 1, refused, active_at_b, OF_B, ACTIVATE) }
#endif

    /* ---- COMMITTED ---- */
    :: d_step { s == COMMITTED && heard(ACTIVATED) -> GO(RETIRING, 0, RETIRE) }
    :: d_step { s == COMMITTED && heard(ACTIVATE_REFUSED) -> REGRANT_A(REGRANTING, true, REGRANT) }
    :: d_step { s == COMMITTED && active_at_b && heard(ACTIVATE_FAILED) ->
           GO(RETIRING, 0, RETIRE) }
#if defined(BUG_ROW_COMMITTED_CANCEL) /* B is not asked */
    :: d_step { s == COMMITTED && !active_at_b -> REGRANT_A(REGRANTING, true, REGRANT) }
#elif defined(POST_COPY) && !defined(BUG_POST_COPY_TAKE_BACK)
    :: d_step { s == COMMITTED && !active_at_b && heard(ACTIVATE_FAILED) ->
           GO(TAKING_BACK, OF_B, REFUSE) }
#else
    :: d_step { s == COMMITTED && !active_at_b -> GO(TAKING_BACK, OF_B, REFUSE) }
#endif
#ifdef BUG_ROW_COMMITTED_FAILED /* "B says no" is not "B has refused" */
    :: d_step { s == COMMITTED && qb != RUN -> REGRANT_A(REGRANTING, refused, REGRANT) }
#endif
#ifdef BUG_ROW_RETIRE_AT_COMMIT /* rule 5 */
    :: d_step { s == COMMITTED && !sent(cur, RETIRE) -> GO(COMMITTED, OF_B, RETIRE) }
#endif

    /* ---- CANCELLING: A is asked where it stands ---- */
#ifdef FAST_PATH
#ifdef BUG_FAST_REGRANT_ON_SOURCES_WORD /* the plain path's row */
    :: d_step { s == CANCELLING && heard(SAID_RELINQUISHED | CANCEL_RELINQUISHED) ->
           REGRANT_A(REGRANTING, refused, REGRANT) }
#else
    /* B may have A's word, too: now it is B that has to be asked. */
    :: d_step { (s == CANCELLING || s == COPYING) &&
                heard(SAID_RELINQUISHED | CANCEL_RELINQUISHED | SAID_UNSURE) ->
           MOVE(TAKING_BACK, e[cur] + 1, refused, active_at_b, OF_B, REFUSE) }
#endif
    :: d_step { (s == CANCELLING || s == COPYING) && heard(ACTIVATED) ->
           MOVE(RETIRING, e[cur] + 1, refused, active_at_b, 0, RETIRE) }
#elif defined(BUG_ROW_CANCELLING_RELINQUISHED) /* nothing is given back */
    :: d_step { s == CANCELLING && heard(SAID_RELINQUISHED | CANCEL_RELINQUISHED) -> A_HAS_IT }
#else
    :: d_step { s == CANCELLING && heard(SAID_RELINQUISHED | CANCEL_RELINQUISHED) ->
           REGRANT_A(REGRANTING, refused, REGRANT) }
#endif
#ifdef COLD
    :: d_step { s == CANCELLING && heard(STOPPED) -> REGRANT_A(RESTARTING, refused, START) }
#endif
    :: d_step { s == CANCELLING && heard(CANCEL_HELD | SOURCE_FAILED) -> GO(REFUSING, 0, REFUSE) }
#ifdef BUG_ROW_CANCELLING_DEADLINE /* silence decides */
    :: d_step { s == CANCELLING -> GO(REFUSING, 0, REFUSE) }
#endif

    /* ---- TAKING_BACK: B is asked to refuse ---- */
    :: d_step { s == TAKING_BACK && heard(SAID_REFUSED | ACTIVATE_REFUSED) ->
           REGRANT_A(REGRANTING, true, REGRANT) }
    :: d_step { s == TAKING_BACK && heard(ACTIVATED) -> GO(RETIRING, 0, RETIRE) }
#ifdef BUG_ROW_TAKING_BACK_DENIED
    :: d_step { s == TAKING_BACK && heard(REFUSE_DENIED) ->
           REGRANT_A(REGRANTING, true, REGRANT) }
#else
    :: d_step { s == TAKING_BACK && heard(REFUSE_DENIED) ->
           MOVE(COMMITTED, ge, refused, true, OF_B, ACTIVATE) }
#endif
#ifdef BUG_ROW_TAKING_BACK_DEADLINE
    :: d_step { s == TAKING_BACK -> REGRANT_A(REGRANTING, refused, REGRANT) }
#endif

    /* ---- REGRANTING, RESTARTING, REFUSING: A has its guest ---- */
#ifdef COLD
    :: d_step { s == REGRANTING && heard(REGRANT_ANSWERED) ->
           REGRANT_A(RESTARTING, refused, START) }
#else
    :: d_step { s == REGRANTING && heard(REGRANT_ANSWERED) -> A_HAS_IT }
#endif
#ifdef BUG_ROW_REGRANTING_DEADLINE /* A is told once, not until it answers */
    :: d_step { s == REGRANTING -> st_s = ENDED; req[cur] = req[cur] & ~REGRANT }
#endif
    :: d_step { s == RESTARTING -> A_HAS_IT }
    :: d_step { s == REFUSING -> GO(ENDED, 0, 0) }

    /* ---- ENDED: a guest that is down is started again; a new migration is planned ---- */
    :: d_step { s == ENDED && (qa == DEAD || qa == DOWN) && !sent(cur, START) && !fa ->
           MOVE(ENDED, ge + 1, refused, active_at_b, 0, START) }
    :: d_step { s == ENDED && cur < K - 1 && CAN_WRITE ->
           st_cur = cur + 1; st_s = PREPARING; st_refused = false; st_active = false;
           e[st_cur] = st_ge; req[st_cur] = PREPARE; WROTE }
#include "not_built.pml"
    od
}

/* When nothing can happen any more: has the last migration its verdict, and the guest its host? */
#define SETTLED_AT_A (st_s == ENDED && (qa == RUN || (loss && qa == DEAD && ra == HOLDING)) \
                      && (rb != INCOMING || fb))
#define SETTLED_AT_B (st_s == RETIRING && qa == DEAD \
                      && (qb == RUN || loss || fb || (fa && missing)))
proctype verdict()
{
    do
    :: timeout -> assert(SETTLED_AT_A || SETTLED_AT_B || st_s == EVACUATED)
    od
}
