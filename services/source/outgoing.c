#include "outgoing.h"

#include <string.h>

enum guard { ALWAYS, ALL_READY, ALL_ENDED, BY_CANCEL };

struct row {
    enum src_outgoing_state from;
    enum src_outgoing_event event;
    enum guard guard;
    enum src_outgoing_state to;
    enum src_outgoing_effect effects[SRC_EFFECTS_MAX];
};

/* Ways that many rows share. */
#define CANCELLING                                                                                 \
    SRC_OUT_CANCELLING,                                                                            \
    {                                                                                              \
        SRC_DO_STOP_PROGRESS, SRC_DO_CANCEL_MIGRATION, SRC_DO_QUERY, SRC_DO_START_ABORT_TIMER      \
    }
#define CLEANING                                                                                   \
    SRC_OUT_CLEANING,                                                                              \
    {                                                                                              \
        SRC_DO_STOP_PROGRESS, SRC_DO_START_ABORT_TIMER, SRC_DO_CLEAN                               \
    }
#define ENDED                                                                                      \
    SRC_OUT_FAILED,                                                                                \
    {                                                                                              \
        SRC_DO_STOP_PROGRESS, SRC_DO_STOP_TIMERS, SRC_DO_JOURNAL_HOLDING, SRC_DO_TELL_FAILURE      \
    }
#define SWITCH(state, effect)                                                                      \
    state,                                                                                         \
    {                                                                                              \
        SRC_DO_STOP_PROGRESS, SRC_DO_START_SWITCHOVER_TIMER, effect                                \
    }
#define COMPLETED                                                                                  \
    SRC_OUT_COMPLETED,                                                                             \
    {                                                                                              \
        SRC_DO_STOP_TIMERS, SRC_DO_JOURNAL_RELINQUISHED                                            \
    }

/* The first row that fits counts. */
static const struct row rows[] = {
    {SRC_OUT_NEW, SRC_EV_BEGIN, ALWAYS, SRC_OUT_PREPARE_QEMU, {SRC_DO_PREPARE}},
    {SRC_OUT_NEW, SRC_EV_RESTARTED, ALWAYS, SRC_OUT_ADOPTING, {0}},
    {SRC_OUT_NEW,
     SRC_EV_CANCEL,
     ALWAYS,
     SRC_OUT_FAILED,
     {SRC_DO_STOP_TIMERS, SRC_DO_JOURNAL_HOLDING}},
    {SRC_OUT_NEW, SRC_EV_ABORT_TIMER, ALWAYS, ENDED},
    {SRC_OUT_NEW, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},

    {SRC_OUT_ADOPTING, SRC_EV_QMP_BACK, ALWAYS, SRC_OUT_ADOPTING, {SRC_DO_QUERY}},
    {SRC_OUT_ADOPTING, SRC_EV_COMMAND_FAILED, ALWAYS, CANCELLING},
    {SRC_OUT_ADOPTING, SRC_EV_JOB_FAILED, ALWAYS, CANCELLING},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_NONE, ALWAYS, CLEANING},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_ACTIVE, ALWAYS, SRC_OUT_MEMORY, {SRC_DO_START_PROGRESS}},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_PRE_SWITCHOVER, ALL_ENDED,
     SWITCH(SRC_OUT_DEVICE, SRC_DO_CONTINUE)},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_PRE_SWITCHOVER, ALWAYS,
     SWITCH(SRC_OUT_PRE_SWITCHOVER, SRC_DO_END_MIRRORS)},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_DEVICE, ALL_ENDED, SWITCH(SRC_OUT_DEVICE, SRC_DO_NOTHING)},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_DEVICE, ALWAYS, CANCELLING},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_COMPLETED, ALL_ENDED, COMPLETED},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_COMPLETED, ALWAYS, CLEANING},
    {SRC_OUT_ADOPTING, SRC_EV_MIG_ENDED_BADLY, ALWAYS, CLEANING},
    {SRC_OUT_ADOPTING, SRC_EV_SWITCHOVER_TIMER, ALWAYS, CANCELLING},
    {SRC_OUT_ADOPTING, SRC_EV_CANCEL, ALWAYS, CANCELLING},
    {SRC_OUT_ADOPTING, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},

    {SRC_OUT_PREPARE_QEMU,
     SRC_EV_PREPARED,
     ALL_READY,
     SRC_OUT_MEMORY,
     {SRC_DO_MIGRATE, SRC_DO_START_PROGRESS}},
    {SRC_OUT_PREPARE_QEMU, SRC_EV_PREPARED, ALWAYS, SRC_OUT_MIRRORING, {SRC_DO_START_PROGRESS}},
    {SRC_OUT_PREPARE_QEMU, SRC_EV_COMMAND_FAILED, ALWAYS, CLEANING},
    {SRC_OUT_PREPARE_QEMU, SRC_EV_JOB_ENDED, ALWAYS, CLEANING},
    {SRC_OUT_PREPARE_QEMU, SRC_EV_JOB_FAILED, ALWAYS, CLEANING},
    {SRC_OUT_PREPARE_QEMU, SRC_EV_CANCEL, ALWAYS, CLEANING},
    {SRC_OUT_PREPARE_QEMU, SRC_EV_QMP_LOST, ALWAYS, SRC_OUT_ADOPTING, {0}},
    {SRC_OUT_PREPARE_QEMU, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},

    {SRC_OUT_MIRRORING, SRC_EV_JOB_READY, ALL_READY, SRC_OUT_MEMORY, {SRC_DO_MIGRATE}},
    {SRC_OUT_MIRRORING, SRC_EV_JOB_READY, ALWAYS, SRC_OUT_MIRRORING, {0}},
    {SRC_OUT_MIRRORING, SRC_EV_COMMAND_FAILED, ALWAYS, CLEANING},
    {SRC_OUT_MIRRORING, SRC_EV_JOB_ENDED, ALWAYS, CLEANING},
    {SRC_OUT_MIRRORING, SRC_EV_JOB_FAILED, ALWAYS, CLEANING},
    {SRC_OUT_MIRRORING, SRC_EV_CANCEL, ALWAYS, CLEANING},
    {SRC_OUT_MIRRORING, SRC_EV_QMP_LOST, ALWAYS, SRC_OUT_ADOPTING, {SRC_DO_STOP_PROGRESS}},
    {SRC_OUT_MIRRORING, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},

    {SRC_OUT_MEMORY, SRC_EV_COMMAND_FAILED, ALWAYS, CANCELLING},
    {SRC_OUT_MEMORY, SRC_EV_JOB_ENDED, ALWAYS, CANCELLING},
    {SRC_OUT_MEMORY, SRC_EV_JOB_FAILED, ALWAYS, CANCELLING},
    {SRC_OUT_MEMORY, SRC_EV_MIG_PRE_SWITCHOVER, ALL_ENDED, SWITCH(SRC_OUT_DEVICE, SRC_DO_CONTINUE)},
    {SRC_OUT_MEMORY, SRC_EV_MIG_PRE_SWITCHOVER, ALWAYS,
     SWITCH(SRC_OUT_PRE_SWITCHOVER, SRC_DO_END_MIRRORS)},
    /* Past the pause that pre-switchover is for: the mirrors were not ended, so not to be used. */
    {SRC_OUT_MEMORY, SRC_EV_MIG_DEVICE, ALWAYS, CANCELLING},
    {SRC_OUT_MEMORY, SRC_EV_MIG_COMPLETED, ALWAYS, CLEANING},
    {SRC_OUT_MEMORY, SRC_EV_MIG_ENDED_BADLY, ALWAYS, CLEANING},
    {SRC_OUT_MEMORY, SRC_EV_CANCEL, ALWAYS, CANCELLING},
    {SRC_OUT_MEMORY, SRC_EV_QMP_LOST, ALWAYS, SRC_OUT_ADOPTING, {SRC_DO_STOP_PROGRESS}},
    {SRC_OUT_MEMORY, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},

    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_COMMAND_FAILED, ALWAYS, CANCELLING},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_JOB_ENDED, ALL_ENDED, SRC_OUT_DEVICE, {SRC_DO_CONTINUE}},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_JOB_ENDED, ALWAYS, SRC_OUT_PRE_SWITCHOVER, {0}},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_JOB_FAILED, ALWAYS, CANCELLING},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_MIG_DEVICE, ALWAYS, CANCELLING},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_MIG_COMPLETED, ALWAYS, CLEANING},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_MIG_ENDED_BADLY, ALWAYS, CLEANING},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_SWITCHOVER_TIMER, ALWAYS, CANCELLING},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_CANCEL, ALWAYS, CANCELLING},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_QMP_LOST, ALWAYS, SRC_OUT_ADOPTING, {0}},
    {SRC_OUT_PRE_SWITCHOVER, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},

    {SRC_OUT_DEVICE, SRC_EV_COMMAND_FAILED, ALWAYS, CANCELLING},
    {SRC_OUT_DEVICE, SRC_EV_MIG_COMPLETED, ALWAYS, COMPLETED},
    {SRC_OUT_DEVICE, SRC_EV_MIG_ENDED_BADLY, ALWAYS, CLEANING},
    {SRC_OUT_DEVICE, SRC_EV_SWITCHOVER_TIMER, ALWAYS, CANCELLING},
    {SRC_OUT_DEVICE, SRC_EV_CANCEL, ALWAYS, CANCELLING},
    {SRC_OUT_DEVICE, SRC_EV_QMP_LOST, ALWAYS, SRC_OUT_ADOPTING, {0}},
    {SRC_OUT_DEVICE, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},

    {SRC_OUT_COMPLETED,
     SRC_EV_JOURNALLED,
     ALWAYS,
     SRC_OUT_RELINQUISHED,
     {SRC_DO_TELL_RELINQUISHED}},
    {SRC_OUT_COMPLETED, SRC_EV_JOURNAL_FAILED, ALWAYS, CLEANING},

    {SRC_OUT_CANCELLING, SRC_EV_MIG_NONE, ALWAYS, CLEANING},
    {SRC_OUT_CANCELLING, SRC_EV_MIG_COMPLETED, ALWAYS, CLEANING},
    {SRC_OUT_CANCELLING, SRC_EV_MIG_ENDED_BADLY, ALWAYS, CLEANING},
    {SRC_OUT_CANCELLING,
     SRC_EV_ABORT_TIMER,
     ALWAYS,
     SRC_OUT_CANCELLING,
     {SRC_DO_YANK, SRC_DO_QUERY, SRC_DO_START_ABORT_TIMER}},
    {SRC_OUT_CANCELLING,
     SRC_EV_QMP_BACK,
     ALWAYS,
     SRC_OUT_CANCELLING,
     {SRC_DO_CANCEL_MIGRATION, SRC_DO_QUERY}},
    {SRC_OUT_CANCELLING, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},

    /* Who cancelled is told by the answer. */
    {SRC_OUT_CLEANING,
     SRC_EV_CLEANED,
     BY_CANCEL,
     SRC_OUT_FAILED,
     {SRC_DO_STOP_PROGRESS, SRC_DO_STOP_TIMERS, SRC_DO_JOURNAL_HOLDING}},
    {SRC_OUT_CLEANING, SRC_EV_CLEANED, ALWAYS, ENDED},
    {SRC_OUT_CLEANING,
     SRC_EV_ABORT_TIMER,
     ALWAYS,
     SRC_OUT_CLEANING,
     {SRC_DO_YANK, SRC_DO_CLEAN, SRC_DO_START_ABORT_TIMER}},
    {SRC_OUT_CLEANING, SRC_EV_QMP_BACK, ALWAYS, SRC_OUT_CLEANING, {SRC_DO_CLEAN}},
    {SRC_OUT_CLEANING, SRC_EV_QEMU_ENDED, ALWAYS, ENDED},
};

#define E(event) (1U << SRC_EV_##event)
#define STARTS (E(BEGIN) | E(RESTARTED))
#define ANSWERS (E(PREPARED) | E(JOURNALLED) | E(JOURNAL_FAILED) | E(CLEANED))
#define JOBS (E(JOB_READY) | E(JOB_ENDED) | E(JOB_FAILED))
#define MIGS                                                                                       \
    (E(MIG_NONE) | E(MIG_ACTIVE) | E(MIG_PRE_SWITCHOVER) | E(MIG_DEVICE) | E(MIG_COMPLETED) |      \
     E(MIG_ENDED_BADLY))
#define TIMERS (E(SWITCHOVER_TIMER) | E(ABORT_TIMER))
#define SESSION (E(QMP_LOST) | E(QMP_BACK))
#define ALL ((1U << SRC_EV_COUNT) - 1)

/* What is heard and changes nothing: answers to what is no longer asked, timers that crossed with
 * what they guard, words of QEMU that only confirm. */
static const uint32_t ignored[SRC_OUT_STATE_COUNT] = {
    [SRC_OUT_NEW] = ANSWERS | E(COMMAND_FAILED) | JOBS | MIGS | E(SWITCHOVER_TIMER) | SESSION,
    [SRC_OUT_ADOPTING] =
        STARTS | ANSWERS | E(JOB_READY) | E(JOB_ENDED) | E(ABORT_TIMER) | E(QMP_LOST),
    [SRC_OUT_PREPARE_QEMU] = STARTS | E(JOURNALLED) | E(JOURNAL_FAILED) | E(CLEANED) |
                             E(JOB_READY) | MIGS | TIMERS | E(QMP_BACK),
    [SRC_OUT_MIRRORING] = STARTS | ANSWERS | MIGS | TIMERS | E(QMP_BACK),
    [SRC_OUT_MEMORY] =
        STARTS | ANSWERS | E(JOB_READY) | E(MIG_NONE) | E(MIG_ACTIVE) | TIMERS | E(QMP_BACK),
    [SRC_OUT_PRE_SWITCHOVER] = STARTS | ANSWERS | E(JOB_READY) | E(MIG_NONE) | E(MIG_ACTIVE) |
                               E(MIG_PRE_SWITCHOVER) | E(ABORT_TIMER) | E(QMP_BACK),
    [SRC_OUT_DEVICE] = STARTS | ANSWERS | JOBS | E(MIG_NONE) | E(MIG_ACTIVE) |
                       E(MIG_PRE_SWITCHOVER) | E(MIG_DEVICE) | E(ABORT_TIMER) | E(QMP_BACK),
    [SRC_OUT_COMPLETED] = STARTS | E(PREPARED) | E(CLEANED) | E(COMMAND_FAILED) | JOBS | MIGS |
                          TIMERS | SESSION | E(CANCEL) | E(QEMU_ENDED),
    [SRC_OUT_RELINQUISHED] = ALL,
    [SRC_OUT_CANCELLING] = STARTS | ANSWERS | E(COMMAND_FAILED) | JOBS | E(MIG_ACTIVE) |
                           E(MIG_PRE_SWITCHOVER) | E(MIG_DEVICE) | E(SWITCHOVER_TIMER) | E(CANCEL) |
                           E(QMP_LOST),
    [SRC_OUT_CLEANING] = STARTS | E(PREPARED) | E(JOURNALLED) | E(JOURNAL_FAILED) |
                         E(COMMAND_FAILED) | JOBS | MIGS | E(SWITCHOVER_TIMER) | E(CANCEL) |
                         E(QMP_LOST),
    [SRC_OUT_FAILED] = ALL,
};

void src_outgoing_init(struct src_outgoing *move, unsigned n_disks)
{
    *move = (struct src_outgoing){.state = SRC_OUT_NEW, .n_disks = n_disks, .cause = SRC_EV_COUNT};
}

void src_outgoing_set_disks(struct src_outgoing *move, unsigned n_disks)
{
    move->n_disks = n_disks;
    move->ready = 0;
    move->ended = 0;
}

static uint32_t all_disks(const struct src_outgoing *move)
{
    return move->n_disks >= 32 ? UINT32_MAX : (1U << move->n_disks) - 1;
}

static bool guard_holds(const struct src_outgoing *move, enum guard guard)
{
    switch (guard) {
    case ALWAYS:
        return true;
    case ALL_READY:
        return (move->ready & all_disks(move)) == all_disks(move);
    case ALL_ENDED:
        return (move->ended & all_disks(move)) == all_disks(move);
    case BY_CANCEL:
        return move->cause == SRC_EV_CANCEL;
    }
    return false;
}

static const struct row *
find_row(const struct src_outgoing *move, enum src_outgoing_state from, enum src_outgoing_event ev)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].from == from && rows[i].event == ev &&
            (move == NULL || guard_holds(move, rows[i].guard)))
            return &rows[i];
    return NULL;
}

static bool leads_away(enum src_outgoing_state to)
{
    return to == SRC_OUT_CANCELLING || to == SRC_OUT_CLEANING || to == SRC_OUT_FAILED;
}

bool src_outgoing_step(struct src_outgoing *move,
                       enum src_outgoing_event event,
                       unsigned disk,
                       enum src_outgoing_effect out_effects[SRC_EFFECTS_MAX])
{
    enum src_outgoing_state from = move->state;

    memset(out_effects, 0, sizeof(*out_effects) * SRC_EFFECTS_MAX);
    if (disk < move->n_disks && event == SRC_EV_JOB_READY)
        move->ready |= 1U << disk;
    if (disk < move->n_disks && event == SRC_EV_JOB_ENDED)
        move->ended |= 1U << disk;
    const struct row *row = find_row(move, from, event);
    if (row == NULL)
        return false;
    memcpy(out_effects, row->effects, sizeof row->effects);
    move->state = row->to;
    if (leads_away(row->to) && move->cause == SRC_EV_COUNT)
        move->cause = event;
    return row->to != from;
}

bool src_outgoing_is_over(const struct src_outgoing *move)
{
    return move->state == SRC_OUT_RELINQUISHED || move->state == SRC_OUT_FAILED;
}

bool src_outgoing_is_paused(const struct src_outgoing *move)
{
    return move->state == SRC_OUT_PRE_SWITCHOVER || move->state == SRC_OUT_DEVICE ||
           move->state == SRC_OUT_COMPLETED || move->state == SRC_OUT_RELINQUISHED;
}

bool src_outgoing_is_defined(enum src_outgoing_state state, enum src_outgoing_event event)
{
    bool has_row = find_row(NULL, state, event) != NULL;
    bool is_ignored = (ignored[state] & (1U << event)) != 0;

    return has_row != is_ignored; /* exactly one of both */
}
