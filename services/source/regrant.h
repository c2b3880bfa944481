#ifndef SRC_REGRANT_H
#define SRC_REGRANT_H
/* The guest is this host's again under a higher epoch. Thread: loop thread. */

#include <stdbool.h>

#include "attempt.h"
#include "base/error.h"
#include "guest.h"

/* @err NULL: done; the guest runs, where that was asked for. */
typedef void (*src_regrant_fn)(void *arg, const struct gw_error *err);

/* Journal HOLDING under @attempt's epoch and let the guest run with the memory it has. @fn runs
 * once, later or now. Errors (then @fn never runs): ABORTED, reason STALE; FAILED_PRECONDITION,
 * reason MIGRATION_ACTIVE, RETIRED, GUEST_STOPPED (journalled, but there is no QEMU to run);
 * NOT_FOUND, reason MIGRATION_NOT_FOUND. */
int src_regrant_begin(struct src_guest *guest,
                      const struct src_attempt *attempt,
                      bool is_to_run,
                      src_regrant_fn fn,
                      void *arg,
                      struct gw_error *err);
/* From the guest: QEMU ended before it ran; those that wait are told. */
void src_regrant_on_qemu_ended(struct src_guest *guest);
/* The daemon is ending: those that wait get CANCELLED. */
void src_regrant_abandon(struct src_guest *guest);

#endif
