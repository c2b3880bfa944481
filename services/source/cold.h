#ifndef SRC_COLD_H
#define SRC_COLD_H
/* A cold move: shut the guest down if it runs, export each copied disk read-only on a unix socket
 * (qemu-nbd), copy them to the target's exports on a pool thread, journal RELINQUISHED, tell.
 *
 *   STOPPING -> EXPORTING -> COPYING -> RELINQUISHED
 *       |           |           |
 *       +-----------+-----------+--> FAILED (the disks are here, whole)
 *
 * Failure modes: the guest does not power off: it runs on; a copy fails or is cancelled: the guest
 * stays stopped here, which the report says; this agent ends: the copy ends with it, and the next
 * start reports it. Ownership: as for a live move. Thread: loop thread but for the copying itself.
 */

#include <stdbool.h>

#include "base/error.h"
#include "guest.h"
#include "live.h"

/* OUTGOING is journalled: go. Errors: RESOURCE_EXHAUSTED. */
int src_cold_start(struct src_guest *guest, const struct src_begin *begin, struct gw_error *err);
bool src_cold_is_active(const struct src_guest *guest);
/* As src_live_cancel(). A guest that is being shut down is waited for first: whether it is off
 * belongs to the answer. */
int src_cold_cancel(struct src_guest *guest, src_over_fn fn, void *arg);
void src_cold_drop(struct src_guest *guest);

#endif
