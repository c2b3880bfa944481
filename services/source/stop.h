#ifndef SRC_STOP_H
#define SRC_STOP_H
/* Shutting a guest down: ask it (system_powerdown), wait for its QEMU to end, and when the time is
 * over either give up or pull the plug. Thread: loop thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "guest.h"

enum {
    SRC_STOP_TIMEOUT_MS = 60000,       /* when the caller does not say */
    SRC_STOP_TIMEOUT_MAX_MS = 3600000, /* an hour: what a call may last */
    SRC_STOP_ASK_AGAIN_MS = 5000,      /* a guest that boots drops the button */
};

/* @err NULL: the guest is off. DEADLINE_EXCEEDED, reason GUEST_DID_NOT_STOP: it runs on. */
typedef void (*src_stop_fn)(void *arg, const struct gw_error *err);

/* Shut the guest down; @fn runs once, later. Several may wait; the shortest time and the strongest
 * force win. @timeout_ms 0: SRC_STOP_TIMEOUT_MS. @force_now: do not ask the guest;
 * @force_after: pull the plug when the time is over. Errors: RESOURCE_EXHAUSTED;
 * FAILED_PRECONDITION there is no QEMU. */
int src_stop_begin(struct src_guest *guest,
                   bool force_now,
                   bool force_after,
                   uint32_t timeout_ms,
                   src_stop_fn fn,
                   void *arg,
                   struct gw_error *err);
/* Take @arg off the list of those that wait; the shut-down itself goes on. */
void src_stop_forget(struct src_guest *guest, void *arg);
/* The daemon is ending: those that wait get CANCELLED. */
void src_stop_abandon(struct src_guest *guest);
/* From the guest. */
void src_stop_on_qemu_ended(struct src_guest *guest);

#endif
