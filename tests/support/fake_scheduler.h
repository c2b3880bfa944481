#ifndef GW_TESTS_SUPPORT_FAKE_SCHEDULER_H
#define GW_TESTS_SUPPORT_FAKE_SCHEDULER_H
/* A SchedulerService that a test plays: real RPC on a unix socket, on a thread of its own, since
 * the clients under test block. What it answers is told beforehand, as JSON; what it was asked is
 * kept, as JSON. Messages are handled by descriptor alone, so every method works alike. Every
 * failure of the fake itself aborts the program. Thread: all functions from the test's. */

#include <stdbool.h>

#include "base/error.h"

struct fake_scheduler;

/* Serve at @url (ipc:///...). Methods nobody told about answer an empty reply. */
struct fake_scheduler *fake_scheduler_start(const char *url);
void fake_scheduler_stop(struct fake_scheduler *fake);

/* Answer @method with the message that @json stands for, from now on. */
void fake_scheduler_reply(struct fake_scheduler *fake, const char *method, const char *json);
/* Fail @method with @code, from now on. @reason and @field may be "". */
void fake_scheduler_fail(struct fake_scheduler *fake,
                         const char *method,
                         enum gw_code code,
                         const char *reason,
                         const char *field,
                         const char *message);
/* Never answer @method, from now on. */
void fake_scheduler_stall(struct fake_scheduler *fake, const char *method);
/* Add an event to those that each Watch sends, in order, after its cursor. */
void fake_scheduler_event(struct fake_scheduler *fake, const char *json);
/* Break off each Watch with UNAVAILABLE after it has sent @n events; 0: never. */
void fake_scheduler_break_watch_after(struct fake_scheduler *fake, unsigned n);

/* How often @method was asked. */
unsigned fake_scheduler_count(struct fake_scheduler *fake, const char *method);
/* The last request of @method as JSON without defaults, malloc'd; NULL: it was never asked. */
char *fake_scheduler_asked(struct fake_scheduler *fake, const char *method);
/* Wait until @method was asked @n times. Aborts after ten seconds. */
void fake_scheduler_await(struct fake_scheduler *fake, const char *method, unsigned n);

#endif
