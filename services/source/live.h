#ifndef SRC_LIVE_H
#define SRC_LIVE_H
/* A live move being carried out: the shell around the table of outgoing.h. It turns QMP events,
 * answers and timers into the table's events and does what the table says.
 *
 * Failure modes: see outgoing.h. Ownership: the guest owns it; after its end it stays, to answer
 * repeats, until the next one. Nothing on the way from pre-switchover to the word RELINQUISHED
 * waits for a timer, a disk or another thread. Thread: loop thread. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "base/error.h"
#include "guest.h"
#include "outgoing.h"
#include "progress.h"

enum {
    SRC_ABORT_STEP_MS = 500,     /* then the connections are broken out of band */
    SRC_MONITOR_WAIT_MS = 10000, /* for the first session after Begin */
    SRC_CONNECT_MS = 5000,       /* to the target's memory port */
    SRC_SWITCHOVER_MS = 10000,   /* when Begin does not say */
    SRC_PROGRESS_MS = 250,       /* between questions; so at most 4 reports per second */
    SRC_ADDRESS_MAX = 45,        /* text of an IPv6 address */
    SRC_EXPORT_NAME_MAX = 255,   /* what we take of NBD's 4096 */
};

struct src_endpoint {
    char name[GW_GUEST_DISK_NAME_MAX + 1]; /* disk */
    char host[SRC_ADDRESS_MAX + 1];
    uint32_t port;
    char export_name[SRC_EXPORT_NAME_MAX + 1];
};

/* What Begin asks for. */
struct src_begin {
    struct src_attempt attempt;
    char memory_host[SRC_ADDRESS_MAX + 1];
    uint32_t memory_port;
    struct src_endpoint disks[GW_GUEST_DISKS_MAX];
    unsigned n_disks;
    uint64_t bandwidth_bps;
    uint32_t max_downtime_ms;
    uint32_t shutdown_timeout_ms;
    bool is_force_stop;
    uint32_t switchover_timeout_ms;
};

/* How the move ended, for Cancel. */
typedef void (*src_over_fn)(void *arg, bool is_relinquished, bool is_guest_stopped);

/* OUTGOING is journalled: go. Errors: RESOURCE_EXHAUSTED. */
int src_live_start(struct src_guest *guest, const struct src_begin *begin, struct gw_error *err);
/* The record says OUTGOING and this agent has just started: ask QEMU how far it is. */
int src_live_resume(struct src_guest *guest, struct gw_error *err);
/* True when a move is in memory and not yet at its end. */
bool src_live_is_active(const struct src_guest *guest);
/* Give up; @fn runs once, later or now, when the outcome is certain. Needs an active move.
 * Returns -1 without memory. */
int src_live_cancel(struct src_guest *guest, src_over_fn fn, void *arg);
/* Forget the move (regranted, retired, taken over): tells are dropped, waiters get the last word.
 */
void src_live_drop(struct src_guest *guest);
void src_live_free_past(struct src_guest *guest);

/* From the guest. */
void src_live_on_ready(struct src_guest *guest);
void src_live_on_lost(struct src_guest *guest);
void src_live_on_event(struct src_guest *guest,
                       const char *name,
                       json_object *data,
                       uint64_t stamp_us);
void src_live_on_qemu_ended(struct src_guest *guest);

#endif
