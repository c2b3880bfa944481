#ifndef SRC_OUTGOING_H
#define SRC_OUTGOING_H
/* The course of one live move as seen by the source: a table without I/O, clock or allocation.
 * src_outgoing_step() takes what happened and says what to do; live.c carries it out. The rules are
 * those of docs/handover.md: nothing before `completed` gives the guest away, every mirror is ended
 * and checked before the last memory goes, and every failure ends with the guest running here.
 *
 *   NEW -> PREPARE_QEMU -> MIRRORING -> MEMORY -> PRE_SWITCHOVER -> DEVICE -> COMPLETED ->
 * RELINQUISHED |             |          |             |             |          |
 *                +-------------+----------+-> CANCELLING (QEMU's migration) -> CLEANING -> FAILED
 *
 * ADOPTING stands for "QEMU has to be asked how far it is": after a restart of this agent or a lost
 * monitor session. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SRC_OUTGOING_DISKS_MAX = 32 }; /* disks of a guest (guest.proto): bits of the masks below */

enum src_outgoing_state {
    SRC_OUT_NEW,      /* OUTGOING is journalled, QEMU was told nothing: its monitor is awaited */
    SRC_OUT_ADOPTING, /* waiting for the monitor, then for QEMU's word on jobs and migration */
    SRC_OUT_PREPARE_QEMU,   /* capabilities, limits, NBD nodes and mirror jobs are being set up */
    SRC_OUT_MIRRORING,      /* disks are copied; not all mirrors are ready */
    SRC_OUT_MEMORY,         /* `migrate` was sent; pre-copy passes */
    SRC_OUT_PRE_SWITCHOVER, /* guest paused; mirrors are being ended */
    SRC_OUT_DEVICE,         /* `migrate-continue` was sent; last pages and device state */
    SRC_OUT_COMPLETED,      /* QEMU said `completed`; RELINQUISHED is being journalled */
    SRC_OUT_RELINQUISHED,   /* end: given up; only Regrant lets the guest run here again */
    SRC_OUT_CANCELLING,     /* `migrate_cancel` was sent; waiting for the migration's end */
    SRC_OUT_CLEANING,       /* guest resumed; jobs and nodes are being removed */
    SRC_OUT_FAILED,         /* end: the guest is this host's as before (or its QEMU has ended) */
    SRC_OUT_STATE_COUNT
};

enum src_outgoing_event {
    SRC_EV_BEGIN,          /* go */
    SRC_EV_RESTARTED,      /* the agent was restarted; QEMU may be anywhere */
    SRC_EV_PREPARED,       /* every set-up command was answered */
    SRC_EV_COMMAND_FAILED, /* QEMU refused or did not answer a command that the move needs */
    SRC_EV_JOB_READY,      /* mirror @disk has caught up */
    SRC_EV_JOB_ENDED,      /* mirror @disk ended without an error */
    SRC_EV_JOB_FAILED,     /* mirror @disk ended with an error, or is not there */
    SRC_EV_MIG_NONE,       /* QEMU has no migration (only as an answer to a question) */
    SRC_EV_MIG_ACTIVE,     /* setup or pre-copy */
    SRC_EV_MIG_PRE_SWITCHOVER,
    SRC_EV_MIG_DEVICE,
    SRC_EV_MIG_COMPLETED,
    SRC_EV_MIG_ENDED_BADLY,  /* failed or cancelled */
    SRC_EV_JOURNALLED,       /* RELINQUISHED is on record */
    SRC_EV_JOURNAL_FAILED,   /* it could not be written */
    SRC_EV_SWITCHOVER_TIMER, /* the guest has been paused for too long */
    SRC_EV_ABORT_TIMER,      /* a step of undoing has taken too long */
    SRC_EV_CANCEL,           /* asked to give up */
    SRC_EV_CLEANED,          /* guest seen running, jobs and nodes gone */
    SRC_EV_QMP_LOST,         /* monitor session over, QEMU lives */
    SRC_EV_QMP_BACK,         /* a new session is ready */
    SRC_EV_QEMU_ENDED,       /* the process is gone */
    SRC_EV_COUNT
};

/* What to do, in this order. Each is idempotent. */
enum src_outgoing_effect {
    SRC_DO_NOTHING,
    SRC_DO_PREPARE,        /* set-up commands -> PREPARED or COMMAND_FAILED, JOB_* */
    SRC_DO_MIGRATE,        /* `migrate` -> COMMAND_FAILED, MIG_* */
    SRC_DO_QUERY,          /* query-jobs, query-migrate -> JOB_*, then one MIG_* */
    SRC_DO_START_PROGRESS, /* ask for figures now and then, for display */
    SRC_DO_STOP_PROGRESS,  /* nothing but the switchover talks to QEMU from here on */
    SRC_DO_START_SWITCHOVER_TIMER,
    SRC_DO_START_ABORT_TIMER,
    SRC_DO_STOP_TIMERS,
    SRC_DO_END_MIRRORS,          /* gentle block-job-cancel of each -> JOB_ENDED or JOB_FAILED */
    SRC_DO_CONTINUE,             /* migrate-continue -> COMMAND_FAILED, MIG_* */
    SRC_DO_JOURNAL_RELINQUISHED, /* -> JOURNALLED or JOURNAL_FAILED */
    SRC_DO_TELL_RELINQUISHED,    /* SchedulerService.Relinquished until answered */
    SRC_DO_CANCEL_MIGRATION,     /* migrate_cancel -> MIG_* */
    SRC_DO_YANK,                 /* out of band: break the memory and disk connections */
    SRC_DO_CLEAN,                /* resume the guest, end jobs, remove nodes -> CLEANED */
    SRC_DO_JOURNAL_HOLDING,
    SRC_DO_TELL_FAILURE, /* SchedulerService.Report(failure) until answered */
    SRC_DO_COUNT
};

enum { SRC_EFFECTS_MAX = 4 };

struct src_outgoing {
    enum src_outgoing_state state;
    unsigned n_disks;              /* mirrors of this move, 0..SRC_OUTGOING_DISKS_MAX */
    uint32_t ready, ended;         /* bit per disk */
    enum src_outgoing_event cause; /* first event that led away from the good road; else COUNT */
};

/* @n_disks mirrors; state NEW. */
void src_outgoing_init(struct src_outgoing *move, unsigned n_disks);
/* After a restart the number of mirrors is learnt from QEMU: set it while ADOPTING, before the
 * JOB_* events. Forgets what was known of them. */
void src_outgoing_set_disks(struct src_outgoing *move, unsigned n_disks);
/* Take @event (of mirror @disk, for JOB_*). Writes at most SRC_EFFECTS_MAX effects, the rest
 * SRC_DO_NOTHING. Returns true when the state changed. */
bool src_outgoing_step(struct src_outgoing *move,
                       enum src_outgoing_event event,
                       unsigned disk,
                       enum src_outgoing_effect out_effects[SRC_EFFECTS_MAX]);
/* True in RELINQUISHED and FAILED. */
bool src_outgoing_is_over(const struct src_outgoing *move);
/* True from `pre-switchover` until the guest is given up or seen running again. */
bool src_outgoing_is_paused(const struct src_outgoing *move);
/* Stable reason code for the cause of a failure, e.g. MIRROR_FAILED. */
const char *src_outgoing_reason(const struct src_outgoing *move);
/* True when the table says something about the pair, be it that it is ignored. For the test. */
bool src_outgoing_is_defined(enum src_outgoing_state state, enum src_outgoing_event event);
const char *src_outgoing_state_name(enum src_outgoing_state state);
const char *src_outgoing_event_name(enum src_outgoing_event event);

#endif
