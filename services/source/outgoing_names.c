#include "outgoing.h"

const char *src_outgoing_state_name(enum src_outgoing_state state)
{
    static const char *const names[SRC_OUT_STATE_COUNT] = {
        [SRC_OUT_NEW] = "NEW",
        [SRC_OUT_ADOPTING] = "ADOPTING",
        [SRC_OUT_PREPARE_QEMU] = "PREPARE_QEMU",
        [SRC_OUT_MIRRORING] = "MIRRORING",
        [SRC_OUT_MEMORY] = "MEMORY",
        [SRC_OUT_PRE_SWITCHOVER] = "PRE_SWITCHOVER",
        [SRC_OUT_DEVICE] = "DEVICE",
        [SRC_OUT_COMPLETED] = "COMPLETED",
        [SRC_OUT_RELINQUISHED] = "RELINQUISHED",
        [SRC_OUT_CANCELLING] = "CANCELLING",
        [SRC_OUT_CLEANING] = "CLEANING",
        [SRC_OUT_FAILED] = "FAILED",
    };
    return (unsigned)state < SRC_OUT_STATE_COUNT ? names[state] : "?";
}

const char *src_outgoing_event_name(enum src_outgoing_event event)
{
    static const char *const names[SRC_EV_COUNT] = {
        [SRC_EV_BEGIN] = "begin",
        [SRC_EV_RESTARTED] = "restarted",
        [SRC_EV_PREPARED] = "prepared",
        [SRC_EV_COMMAND_FAILED] = "command_failed",
        [SRC_EV_JOB_READY] = "job_ready",
        [SRC_EV_JOB_ENDED] = "job_ended",
        [SRC_EV_JOB_FAILED] = "job_failed",
        [SRC_EV_MIG_NONE] = "migration_none",
        [SRC_EV_MIG_ACTIVE] = "migration_active",
        [SRC_EV_MIG_PRE_SWITCHOVER] = "migration_pre_switchover",
        [SRC_EV_MIG_DEVICE] = "migration_device",
        [SRC_EV_MIG_COMPLETED] = "migration_completed",
        [SRC_EV_MIG_ENDED_BADLY] = "migration_ended_badly",
        [SRC_EV_JOURNALLED] = "journalled",
        [SRC_EV_JOURNAL_FAILED] = "journal_failed",
        [SRC_EV_SWITCHOVER_TIMER] = "switchover_timer",
        [SRC_EV_ABORT_TIMER] = "abort_timer",
        [SRC_EV_CANCEL] = "cancel",
        [SRC_EV_CLEANED] = "cleaned",
        [SRC_EV_QMP_LOST] = "qmp_lost",
        [SRC_EV_QMP_BACK] = "qmp_back",
        [SRC_EV_QEMU_ENDED] = "qemu_ended",
    };
    return (unsigned)event < SRC_EV_COUNT ? names[event] : "?";
}

const char *src_outgoing_reason(const struct src_outgoing *move)
{
    static const char *const reasons[SRC_EV_COUNT] = {
        [SRC_EV_COMMAND_FAILED] = "QEMU_REFUSED",
        [SRC_EV_JOB_ENDED] = "MIRROR_FAILED",
        [SRC_EV_JOB_FAILED] = "MIRROR_FAILED",
        [SRC_EV_MIG_NONE] = "SOURCE_RESTARTED",
        [SRC_EV_MIG_DEVICE] = "UNEXPECTED_SWITCHOVER",
        [SRC_EV_MIG_COMPLETED] = "UNEXPECTED_SWITCHOVER",
        [SRC_EV_MIG_ENDED_BADLY] = "MEMORY_COPY_FAILED",
        [SRC_EV_JOURNAL_FAILED] = "JOURNAL_FAILED",
        [SRC_EV_SWITCHOVER_TIMER] = "SWITCHOVER_TIMEOUT",
        [SRC_EV_ABORT_TIMER] = "MONITOR_SILENT",
        [SRC_EV_CANCEL] = "CANCELLED",
        [SRC_EV_QEMU_ENDED] = "GUEST_ENDED",
    };
    const char *reason = (unsigned)move->cause < SRC_EV_COUNT ? reasons[move->cause] : NULL;

    return reason != NULL ? reason : "MOVE_FAILED";
}
