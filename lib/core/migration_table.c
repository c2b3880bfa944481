#include "core/migration_table.h"

#include "base/scope.h"

#define EV(name) (1u << GW_EV_##name)
#define EFFECT(name) GW_EFFECT_##name

/* Answers to calls that the scheduler made in an earlier state and that arrive late. */
#define LATE_PROBE (EV(PROBED) | EV(PROBE_FAILED))
#define LATE_PREPARE (EV(PREPARED) | EV(PREPARE_FAILED))
#define LATE_BEGIN EV(BEGIN_FAILED)
#define LATE_ACTIVATE (EV(ACTIVATED) | EV(ACTIVATE_REFUSED) | EV(ACTIVATE_FAILED))
#define LATE_RETIRE (EV(RETIRED) | EV(RETIRE_FAILED))
#define LATE_REFUSE (EV(REFUSED) | EV(REFUSE_DENIED))
#define LATE_REGRANT (EV(REGRANTED) | EV(REGRANT_FAILED))
#define LATE_START (EV(STARTED) | EV(START_FAILED))
#define LOST (EV(SOURCE_LOST) | EV(TARGET_LOST))
#define ANSWERS                                                                                    \
    (LATE_PROBE | LATE_PREPARE | LATE_BEGIN | LATE_ACTIVATE | LATE_RETIRE | LATE_REFUSE |          \
     LATE_REGRANT | LATE_START | EV(CANCEL_ANSWERED))

#define MOVE(from, events, guard, to, effects, marks)                                              \
    {                                                                                              \
        GW_MIGRATION_##from, events, GW_GUARD_##guard, GW_ACTION_MOVE, GW_MIGRATION_##to, effects, \
            marks                                                                                  \
    }
#define RESEND(from, events, effects)                                                              \
    {                                                                                              \
        GW_MIGRATION_##from, events, GW_GUARD_ALWAYS, GW_ACTION_RESEND, GW_MIGRATION_##from,       \
            effects, 0                                                                             \
    }
#define ANSWER(from, events, action)                                                               \
    {                                                                                              \
        GW_MIGRATION_##from, events, GW_GUARD_ALWAYS, GW_ACTION_##action, GW_MIGRATION_##from, 0,  \
            0                                                                                      \
    }
/* The undoing is over: CANCELLED at somebody's wish, else FAILED. */
#define UNDONE(from, events, marks)                                                                \
    MOVE(from, events, WAS_CANCELLED, CANCELLED, EFFECT(FINISH), marks),                           \
        MOVE(from, events, ALWAYS, FAILED, EFFECT(FINISH), marks)

const struct gw_migration_row gw_migration_rows[] = {
    /* Nothing was asked of the hosts yet, save a token file. */
    MOVE(PLANNED, EV(PROBED), ALWAYS, PREPARING, EFFECT(SEND_PREPARE), 0),
    MOVE(PLANNED,
         EV(PROBE_FAILED) | EV(DEADLINE) | LOST,
         ALWAYS,
         FAILED,
         EFFECT(FINISH),
         GW_MARK_TARGET_REFUSED),
    MOVE(PLANNED,
         EV(CANCEL),
         ALWAYS,
         CANCELLED,
         EFFECT(FINISH),
         GW_MARK_CANCELLED | GW_MARK_TARGET_REFUSED),
    ANSWER(PLANNED, EV(RELINQUISHED) | EV(SOURCE_FAILED), UNEXPECTED),
    ANSWER(PLANNED, ANSWERS & ~LATE_PROBE, UNEXPECTED),

    /* A knows nothing yet, so only B has something to undo. */
    MOVE(PREPARING, EV(PREPARED), ALWAYS, COPYING, EFFECT(SEND_BEGIN), 0),
    MOVE(PREPARING,
         EV(PREPARE_FAILED) | EV(DEADLINE) | LOST,
         ALWAYS,
         REFUSING,
         EFFECT(SEND_REFUSE),
         0),
    MOVE(PREPARING, EV(CANCEL), ALWAYS, REFUSING, EFFECT(SEND_REFUSE), GW_MARK_CANCELLED),
    ANSWER(PREPARING, LATE_PROBE, SAME),
    ANSWER(PREPARING, EV(RELINQUISHED) | EV(SOURCE_FAILED), UNEXPECTED),
    ANSWER(PREPARING, ANSWERS & ~(LATE_PROBE | LATE_PREPARE), UNEXPECTED),

    /* Only A knows whether the guest is still its own: silence decides nothing, Begin is asked
     * again. B's death is told by A, whose copy fails. */
    MOVE(COPYING, EV(RELINQUISHED), ALWAYS, COMMITTED, EFFECT(COMMIT) | EFFECT(SEND_ACTIVATE), 0),
    MOVE(COPYING,
         EV(SOURCE_FAILED),
         RESTART,
         RESTARTING,
         EFFECT(REGRANT) | EFFECT(START_AT_SOURCE),
         0),
    MOVE(COPYING, EV(SOURCE_FAILED), ALWAYS, REFUSING, EFFECT(SEND_REFUSE), 0),
    MOVE(COPYING, EV(BEGIN_FAILED), ALWAYS, CANCELLING, EFFECT(SEND_CANCEL), 0),
    MOVE(COPYING, EV(CANCEL), ALWAYS, CANCELLING, EFFECT(SEND_CANCEL), GW_MARK_CANCELLED),
    RESEND(COPYING, EV(DEADLINE), EFFECT(SEND_BEGIN)),
    ANSWER(COPYING, LOST | LATE_PROBE | LATE_PREPARE, SAME),
    ANSWER(COPYING, ANSWERS & ~(LATE_PROBE | LATE_PREPARE | LATE_BEGIN), UNEXPECTED),

    /* Nobody runs the guest until B says so; A's copy is whole until then. */
    MOVE(COMMITTED, EV(ACTIVATED), ALWAYS, RETIRING, EFFECT(SEND_RETIRE), 0),
    MOVE(COMMITTED,
         EV(ACTIVATE_REFUSED),
         ALWAYS,
         REGRANTING,
         EFFECT(REGRANT) | EFFECT(SEND_REGRANT),
         GW_MARK_TARGET_REFUSED),
    /* B journalled ACTIVE and lost the guest: a guest's crash, at B. */
    MOVE(COMMITTED, EV(ACTIVATE_FAILED), TARGET_ACTIVE, RETIRING, EFFECT(SEND_RETIRE), 0),
    MOVE(COMMITTED, EV(ACTIVATE_FAILED), ALWAYS, TAKING_BACK, EFFECT(SEND_REFUSE), 0),
    {GW_MIGRATION_COMMITTED, EV(CANCEL), GW_GUARD_TARGET_ACTIVE, GW_ACTION_TOO_LATE,
     GW_MIGRATION_COMMITTED, 0, 0},
    MOVE(COMMITTED, EV(CANCEL), ALWAYS, TAKING_BACK, EFFECT(SEND_REFUSE), GW_MARK_CANCELLED),
    RESEND(COMMITTED, EV(DEADLINE), EFFECT(SEND_ACTIVATE)),
    ANSWER(COMMITTED, EV(RELINQUISHED) | LOST, SAME),
    ANSWER(COMMITTED, EV(SOURCE_FAILED), STALE),
    ANSWER(COMMITTED, LATE_PROBE | LATE_PREPARE | LATE_BEGIN | LATE_REFUSE, SAME),
    ANSWER(COMMITTED, LATE_RETIRE | LATE_REGRANT | LATE_START | EV(CANCEL_ANSWERED), UNEXPECTED),

    /* The guest is B's and runs; a source that is away cleans up when it is back. */
    MOVE(RETIRING, LATE_RETIRE, ALWAYS, SUCCEEDED, EFFECT(FINISH), 0),
    RESEND(RETIRING, EV(DEADLINE), EFFECT(SEND_RETIRE)),
    ANSWER(RETIRING, EV(CANCEL), TOO_LATE),
    ANSWER(RETIRING, EV(RELINQUISHED) | LOST, SAME),
    ANSWER(RETIRING, EV(SOURCE_FAILED), STALE),
    ANSWER(RETIRING, LATE_PROBE | LATE_PREPARE | LATE_BEGIN | LATE_ACTIVATE | LATE_REFUSE, SAME),
    ANSWER(RETIRING, LATE_REGRANT | LATE_START | EV(CANCEL_ANSWERED), UNEXPECTED),

    /* A may have relinquished just before; its answer, or its own word, tells. */
    MOVE(CANCELLING,
         EV(RELINQUISHED),
         ALWAYS,
         REGRANTING,
         EFFECT(REGRANT) | EFFECT(SEND_REGRANT),
         0),
    MOVE(CANCELLING,
         EV(CANCEL_ANSWERED),
         RELINQUISHED,
         REGRANTING,
         EFFECT(REGRANT) | EFFECT(SEND_REGRANT),
         0),
    MOVE(CANCELLING,
         EV(CANCEL_ANSWERED) | EV(SOURCE_FAILED),
         RESTART,
         RESTARTING,
         EFFECT(REGRANT) | EFFECT(START_AT_SOURCE),
         0),
    MOVE(CANCELLING,
         EV(CANCEL_ANSWERED) | EV(SOURCE_FAILED),
         ALWAYS,
         REFUSING,
         EFFECT(SEND_REFUSE),
         0),
    RESEND(CANCELLING, EV(DEADLINE), EFFECT(SEND_CANCEL)),
    ANSWER(CANCELLING, EV(CANCEL) | LOST | LATE_PROBE | LATE_PREPARE | LATE_BEGIN, SAME),
    ANSWER(CANCELLING,
           LATE_ACTIVATE | LATE_RETIRE | LATE_REFUSE | LATE_REGRANT | LATE_START,
           UNEXPECTED),

    /* B's word is waited for, however long: it may be running the guest. */
    MOVE(TAKING_BACK,
         EV(REFUSED) | EV(ACTIVATE_REFUSED),
         ALWAYS,
         REGRANTING,
         EFFECT(REGRANT) | EFFECT(SEND_REGRANT),
         GW_MARK_TARGET_REFUSED),
    MOVE(TAKING_BACK, EV(ACTIVATED), ALWAYS, RETIRING, EFFECT(SEND_RETIRE), GW_MARK_NOT_CANCELLED),
    MOVE(TAKING_BACK,
         EV(REFUSE_DENIED),
         ALWAYS,
         COMMITTED,
         EFFECT(SEND_ACTIVATE),
         GW_MARK_NOT_CANCELLED | GW_MARK_TARGET_ACTIVE),
    RESEND(TAKING_BACK, EV(DEADLINE), EFFECT(SEND_REFUSE)),
    ANSWER(TAKING_BACK, EV(CANCEL) | EV(RELINQUISHED) | LOST, SAME),
    ANSWER(TAKING_BACK, EV(SOURCE_FAILED), STALE),
    ANSWER(TAKING_BACK, LATE_PROBE | LATE_PREPARE | LATE_BEGIN | EV(ACTIVATE_FAILED), SAME),
    ANSWER(TAKING_BACK, LATE_RETIRE | LATE_REGRANT | LATE_START | EV(CANCEL_ANSWERED), UNEXPECTED),

    /* A is told until it answers; when its QEMU is gone the guest crashed there. */
    MOVE(REGRANTING,
         LATE_REGRANT,
         COLD_RAN,
         RESTARTING,
         EFFECT(REGRANT) | EFFECT(START_AT_SOURCE),
         0),
    MOVE(REGRANTING, LATE_REGRANT, REFUSED_AND_CANCELLED, CANCELLED, EFFECT(FINISH), 0),
    MOVE(REGRANTING, LATE_REGRANT, TARGET_REFUSED, FAILED, EFFECT(FINISH), 0),
    MOVE(REGRANTING, LATE_REGRANT, ALWAYS, REFUSING, EFFECT(SEND_REFUSE), 0),
    RESEND(REGRANTING, EV(DEADLINE), EFFECT(SEND_REGRANT)),
    ANSWER(REGRANTING, EV(CANCEL) | EV(RELINQUISHED) | EV(CANCEL_ANSWERED) | LOST, SAME),
    ANSWER(REGRANTING, EV(SOURCE_FAILED), STALE),
    ANSWER(REGRANTING, LATE_PROBE | LATE_PREPARE | LATE_BEGIN | LATE_ACTIVATE | LATE_REFUSE, SAME),
    ANSWER(REGRANTING, LATE_RETIRE | LATE_START, UNEXPECTED),

    /* Started or not, the guest is A's. */
    MOVE(
        RESTARTING, LATE_START | EV(DEADLINE), REFUSED_AND_CANCELLED, CANCELLED, EFFECT(FINISH), 0),
    MOVE(RESTARTING, LATE_START | EV(DEADLINE), TARGET_REFUSED, FAILED, EFFECT(FINISH), 0),
    MOVE(RESTARTING, LATE_START | EV(DEADLINE), ALWAYS, REFUSING, EFFECT(SEND_REFUSE), 0),
    ANSWER(RESTARTING, EV(RELINQUISHED), STALE),
    ANSWER(RESTARTING, EV(CANCEL) | EV(SOURCE_FAILED) | EV(CANCEL_ANSWERED) | LOST, SAME),
    ANSWER(RESTARTING,
           LATE_PROBE | LATE_PREPARE | LATE_BEGIN | LATE_ACTIVATE | LATE_REFUSE | LATE_REGRANT,
           SAME),
    ANSWER(RESTARTING, LATE_RETIRE, UNEXPECTED),

    /* Never activated, B cannot run it: one that stays away is asked again when it is back. */
    UNDONE(REFUSING, LATE_REFUSE, GW_MARK_TARGET_REFUSED),
    UNDONE(REFUSING, EV(DEADLINE), 0),
    ANSWER(REFUSING, EV(RELINQUISHED), STALE),
    ANSWER(REFUSING, EV(CANCEL) | EV(SOURCE_FAILED) | EV(CANCEL_ANSWERED) | LOST, SAME),
    ANSWER(REFUSING, LATE_PROBE | LATE_PREPARE | LATE_BEGIN | LATE_REGRANT | LATE_START, SAME),
    ANSWER(REFUSING, LATE_ACTIVATE | LATE_RETIRE, UNEXPECTED),

    ANSWER(SUCCEEDED, EV(RELINQUISHED) | EV(DEADLINE) | LOST | ANSWERS, SAME),
    ANSWER(SUCCEEDED, EV(SOURCE_FAILED), STALE),
    ANSWER(SUCCEEDED, EV(CANCEL), TOO_LATE),

    ANSWER(FAILED, EV(RELINQUISHED), STALE),
    ANSWER(FAILED, EV(SOURCE_FAILED) | EV(DEADLINE) | LOST | ANSWERS, SAME),
    ANSWER(FAILED, EV(CANCEL), TOO_LATE),

    ANSWER(CANCELLED, EV(RELINQUISHED), STALE),
    ANSWER(CANCELLED, EV(CANCEL) | EV(SOURCE_FAILED) | EV(DEADLINE) | LOST | ANSWERS, SAME),
};

const size_t gw_migration_n_rows = GW_ARRAY_LEN(gw_migration_rows);
