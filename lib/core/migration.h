#ifndef GW_CORE_MIGRATION_H
#define GW_CORE_MIGRATION_H
/* The handover of a guest from one host to another, as a table (docs/handover.md).
 *
 * A is the source host, B the target host. gw_migration_step() says what an event changes and what
 * must then be done; it does nothing itself. The caller makes `next` durable, in one transaction
 * with the change of the guest's holder that an effect asks for, and only then carries the effects
 * out. After a crash gw_migration_resume() tells from the stored state what must be sent again:
 * every message of the handover may be repeated.
 *
 * What keeps a guest from running twice or getting lost:
 * - the guest is committed to B only on A's word RELINQUISHED(m, attempt), never on B's;
 * - before the commit A may have it again at once, for Activate was never sent;
 * - after the commit A may have it again only on B's journalled REFUSED(m, attempt);
 * - A cleans up only after B runs the guest;
 * - every change of holder, re-grant and start raises the guest's epoch by one. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum gw_migration_state {
    GW_MIGRATION_PLANNED,     /* durable; shared pools are probed */
    GW_MIGRATION_PREPARING,   /* B reserves and gets ready */
    GW_MIGRATION_COPYING,     /* A copies; only A can end this state */
    GW_MIGRATION_COMMITTED,   /* B holds the guest; being activated */
    GW_MIGRATION_RETIRING,    /* it runs at B; A cleans up */
    GW_MIGRATION_CANCELLING,  /* undo before the commit: A is asked where it stands */
    GW_MIGRATION_TAKING_BACK, /* undo after the commit: B is asked to refuse; only B can end it */
    GW_MIGRATION_REGRANTING,  /* undo: the guest is A's again under a new epoch; A is told */
    GW_MIGRATION_RESTARTING,  /* undo: a guest that was shut down for a cold move boots at A */
    GW_MIGRATION_REFUSING,    /* undo: A has its guest; B drops what it prepared */
    GW_MIGRATION_SUCCEEDED,
    GW_MIGRATION_FAILED,
    GW_MIGRATION_CANCELLED,
    GW_MIGRATION_STATE_COUNT
};

/* The numbers of godwit.v1.MigrationPhase. */
enum gw_phase {
    GW_PHASE_PLANNED = 1,
    GW_PHASE_PREPARING = 2,
    GW_PHASE_COPYING = 3,
    GW_PHASE_COMMITTED = 4,
    GW_PHASE_RETIRING = 5,
    GW_PHASE_ABORTING = 6,
    GW_PHASE_SUCCEEDED = 7,
    GW_PHASE_FAILED = 8,
    GW_PHASE_CANCELLED = 9,
};

enum gw_migration_event_kind {
    GW_EV_PROBED,           /* the shared pools were looked at */
    GW_EV_PROBE_FAILED,     /* they could not be */
    GW_EV_PREPARED,         /* B is ready */
    GW_EV_PREPARE_FAILED,   /* B says no */
    GW_EV_BEGIN_FAILED,     /* A says no */
    GW_EV_SOURCE_FAILED,    /* A gave up by itself; `guest_stopped` */
    GW_EV_RELINQUISHED,     /* A journalled RELINQUISHED; `epoch` is A's */
    GW_EV_ACTIVATED,        /* B runs it */
    GW_EV_ACTIVATE_REFUSED, /* B journalled REFUSED */
    GW_EV_ACTIVATE_FAILED,  /* B says no, without having refused */
    GW_EV_RETIRED,          /* A cleaned up */
    GW_EV_RETIRE_FAILED,    /* A cannot */
    GW_EV_CANCEL_ANSWERED,  /* A says where it stood: `relinquished`, `guest_stopped` */
    GW_EV_REFUSED,          /* B journalled REFUSED, by request */
    GW_EV_REFUSE_DENIED,    /* B has ACTIVE journalled */
    GW_EV_REGRANTED,        /* A has the guest again */
    GW_EV_REGRANT_FAILED,   /* A's QEMU is gone */
    GW_EV_STARTED,          /* the guest boots at A */
    GW_EV_START_FAILED,     /* it does not */
    GW_EV_CANCEL,           /* somebody wants it undone */
    GW_EV_DEADLINE,         /* gw_migration_deadline_ms() without a word */
    GW_EV_SOURCE_LOST,      /* A's heartbeats stopped; A may be running the guest */
    GW_EV_TARGET_LOST,      /* B's heartbeats stopped */
    GW_EV_COUNT
};

/* Done in this order. COMMIT, REGRANT and FINISH belong into the transaction that stores `next`. */
enum gw_effect {
    GW_EFFECT_COMMIT = 1 << 0,  /* the guest's holder is B, its epoch next.guest_epoch */
    GW_EFFECT_REGRANT = 1 << 1, /* the guest's holder is A, its epoch next.guest_epoch */
    GW_EFFECT_FINISH = 1 << 2,  /* the migration lets go of the guest */
    GW_EFFECT_PROBE = 1 << 3,
    GW_EFFECT_SEND_PREPARE = 1 << 4,
    GW_EFFECT_SEND_BEGIN = 1 << 5,
    GW_EFFECT_SEND_ACTIVATE = 1 << 6,
    GW_EFFECT_SEND_RETIRE = 1 << 7,
    GW_EFFECT_SEND_CANCEL = 1 << 8,
    GW_EFFECT_SEND_REFUSE = 1 << 9,
    GW_EFFECT_SEND_REGRANT = 1 << 10,
    GW_EFFECT_START_AT_SOURCE = 1 << 11,
};

/* The durable state. */
struct gw_migration {
    enum gw_migration_state state;
    uint32_t attempt;     /* from 1; rises with every attempt to move the guest */
    uint64_t epoch;       /* A's authority when it was planned */
    uint64_t guest_epoch; /* the newest this migration gave; `epoch` at first */
    bool is_live;
    bool guest_ran;      /* it ran when planned, so it shall run afterwards */
    bool is_cancelled;   /* being undone at somebody's wish: ends CANCELLED, not FAILED */
    bool target_refused; /* B journalled REFUSED, or was never asked to prepare */
    bool target_active;  /* B denied a Refuse: it has ACTIVE journalled */
};

struct gw_migration_event {
    enum gw_migration_event_kind kind;
    uint32_t attempt; /* of the message; 0: an event of the scheduler's own, not checked */
    uint64_t epoch;   /* RELINQUISHED: of the message */
    bool relinquished;
    bool guest_stopped;
};

enum gw_verdict {
    GW_VERDICT_MOVED,   /* `next` differs: store it, then do the effects */
    GW_VERDICT_RESEND,  /* `next` is the same; do the effects */
    GW_VERDICT_SAME,    /* known already: answer as before, do nothing */
    GW_VERDICT_STALE,   /* of an older attempt or epoch: answer ABORTED, reason STALE */
    GW_VERDICT_REFUSED, /* does not fit this state: see `reason` */
};

struct gw_migration_step {
    enum gw_verdict verdict;
    const char *reason; /* stable code for STALE and REFUSED, else ""; static storage */
    struct gw_migration next;
    unsigned effects; /* of enum gw_effect */
};

/* A migration just planned. @attempt: higher than any attempt to move this guest before, so that
 * hosts tell a late message of an older migration under the same epoch. */
struct gw_migration
gw_migration_planned(uint64_t epoch, uint32_t attempt, bool is_live, bool guest_ran);
/* What @ev means to @m. Pure; every (state, event) pair has an answer. */
struct gw_migration_step gw_migration_step(const struct gw_migration *m,
                                           const struct gw_migration_event *ev);
/* The effects to carry out again when @m was found stored at a start. */
unsigned gw_migration_resume(const struct gw_migration *m);

/* How long the state may last without a word before GW_EV_DEADLINE; 0 for the last states. */
uint32_t gw_migration_deadline_ms(enum gw_migration_state state);
enum gw_phase gw_migration_phase(enum gw_migration_state state);
bool gw_migration_is_finished(enum gw_migration_state state);
/* The epoch that B runs the guest under. */
uint64_t gw_migration_target_epoch(const struct gw_migration *m);

/* Upper-case names, static storage; "UNKNOWN" outside the enum. */
const char *gw_migration_state_name(enum gw_migration_state state);
const char *gw_migration_event_name(enum gw_migration_event_kind kind);
const char *gw_phase_name(enum gw_phase phase);
/* Returns 0, or -1 for a name that is none. */
int gw_migration_state_parse(const char *name, enum gw_migration_state *out_state);

#endif
