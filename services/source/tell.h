#ifndef SRC_TELL_H
#define SRC_TELL_H
/* What the scheduler must hear: each of these is sent again and again, with growing pauses, until
 * it is answered. An answer is a reply, or a refusal that the same words would get again.
 * Thread: loop thread. */

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "base/error.h"
#include "guest.h"
#include "progress.h"

enum {
    SRC_TELL_DEADLINE_MS = 2000, /* of one try */
    SRC_TELL_RETRY_MIN_MS = 50,
    SRC_TELL_RETRY_MAX_MS = 1000, /* a paused guest may wait for this answer */
};

struct src_tell;

/* @err NULL: taken; else the refusal. Runs once, not after src_tell_drop(); the tell is gone then.
 */
typedef void (*src_told_fn)(void *arg, const struct gw_error *err);

struct src_failure {
    char reason[GW_ERROR_REASON_MAX];
    char message[GW_ERROR_MESSAGE_MAX];
    bool is_guest_stopped; /* a cold move, or the guest itself, has shut it down */
};

struct src_relinquished {
    uint64_t pause_to_completed_us; /* 0: not known (after a restart) */
    uint64_t completed_at_us;       /* loop clock; 0: not known */
    uint64_t qemu_downtime_ms;      /* 0: not known yet */
};

/* Each returns NULL without memory: then nothing is told before a restart. Everything is copied. */
struct src_tell *src_tell_failure(struct src_guest *guest,
                                  const struct src_attempt *attempt,
                                  const struct src_failure *failure,
                                  src_told_fn done,
                                  void *arg);
struct src_tell *src_tell_relinquished(struct src_guest *guest,
                                       const struct src_attempt *attempt,
                                       const struct src_relinquished *figures,
                                       const struct src_progress *progress,
                                       src_told_fn done,
                                       void *arg);
struct src_tell *src_tell_changed(struct src_guest *guest,
                                  const struct gw_guest_report *report,
                                  const char *message,
                                  src_told_fn done,
                                  void *arg);
/* Stop telling. NULL is fine. */
void src_tell_drop(struct src_tell *tell);

/* Report @progress once, without asking whether it arrived. @done (may be NULL) runs once, later,
 * also when the daemon stops. Returns -1 when it could not be sent; @done then never runs. */
int src_report_progress(struct src_daemon *daemon,
                        const struct src_attempt *attempt,
                        const struct src_progress *progress,
                        void (*done)(void *arg),
                        void *arg);

#endif
