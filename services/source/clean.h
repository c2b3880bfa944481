#ifndef SRC_CLEAN_H
#define SRC_CLEAN_H
/* After a move was given up, or a guest came back by a regrant: first let the guest run, then end
 * our mirror jobs, then remove our NBD nodes; whatever of these there is, by asking QEMU. Tries
 * again with pauses, and after a lost monitor session, until it is done or stopped. Thread: loop.
 */

#include <json-c/json.h>

#include "guest.h"

enum { SRC_CLEAN_RETRY_MS = 500 };

typedef void (*src_clean_fn)(void *arg);

/* NULL without memory. */
struct src_clean *src_clean_new(struct src_guest *guest);
/* @fn runs once, later, when the guest was seen running and nothing of ours is left in QEMU.
 * Started again while under way: @fn replaces the one before, the work goes on. */
void src_clean_start(struct src_clean *clean, src_clean_fn fn, void *arg);
/* Give it up; fn does not run. */
void src_clean_stop(struct src_clean *clean);
void src_clean_free(struct src_clean *clean);

/* From the guest. */
void src_clean_on_ready(struct src_guest *guest);
void src_clean_on_lost(struct src_guest *guest);
void src_clean_on_event(struct src_guest *guest, const char *name, json_object *data);

#endif
