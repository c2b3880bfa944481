#ifndef TESTS_SOURCE_CASE_H
#define TESTS_SOURCE_CASE_H
/* The real godwit-source on the test's loop, against a fake scheduler (real RPC, a thread of its
 * own). The guest's folder, spec and target record are the test's; so is its QEMU. */

#include <stdbool.h>

#include <godwit/v1/source.pb-c.h>

#include "core/guest_spec.h"
#include "host/host.h"
#include "host/record.h"
#include "host/settings.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "rpc/rpc.h"
#include "support/fake_scheduler.h"
#include "support/test.h"

#define CASE_UUID "11111111-2222-4333-8444-555555555555"
#define CASE_MIGRATION "7f3a9c51-0000-4000-8000-000000000001"

struct source_case {
    char *folder;
    struct gw_host_settings settings;
    struct gw_host host; /* as the agents see it */
    struct gw_loop *loop;
    struct fake_scheduler *scheduler;
    struct gw_rpc_channel *channel; /* to the daemon */
    void *daemon;                   /* NULL while it is down */
    struct gw_child *qemu;          /* NULL: ended */
    bool has_qemu_ended;
    struct gw_record_file target;
    void *extra; /* the test's own */
};

/* cmocka set-up and tear-down: *state is a struct source_case without daemon and guest. */
int source_case_setup(void **state);
int source_case_teardown(void **state);

/* Start and stop the daemon: as often as the test likes, on the same folders. */
void source_case_up(struct source_case *c);
void source_case_down(struct source_case *c);

/* The guest's folder with a spec of @n_disks raw disks d0, d1, ... in pool `local`, each a file of
 * 1 MiB, and a target record ACTIVE at @epoch for the QEMU there is (or none). */
void source_case_guest(struct source_case *c, unsigned n_disks, uint64_t epoch);
/* Spawn @argv as the guest's QEMU. */
void source_case_spawn(struct source_case *c, const char *const *argv);
/* Kill it, not waiting for its end. */
void source_case_signal(struct source_case *c);
/* Kill it hard and wait. */
void source_case_kill(struct source_case *c);
/* For source_case_until(): its end was seen. */
bool source_case_has_no_qemu(void *c);
/* HOST_DIR/guests/UUID/LEAF; malloc'd. */
char *source_case_path(struct source_case *c, const char *leaf);
/* The source's record as the disk has it. */
struct gw_record source_case_record(struct source_case *c);

/* Run the loop until @is_true(@arg). Fails the test after 20 s. */
void source_case_until(struct source_case *c, bool (*is_true)(void *arg), void *arg);
/* Run the loop until the scheduler was asked @method @n times. */
void source_case_until_asked(struct source_case *c, const char *method, unsigned n);
/* Run the loop until the source's record has @state. */
void source_case_until_record(struct source_case *c, enum gw_record_state state);
/* Run the loop for @ms: for proving that something does not happen. */
void source_case_run_for(struct source_case *c, uint64_t ms);

/* Call @method with the message that @json stands for. Returns the reply as JSON, malloc'd, or NULL
 * with *@err. */
char *
source_case_call(struct source_case *c, const char *method, const char *json, struct gw_error *err);
/* The same, not waiting for the answer, which nobody hears. */
void source_case_call_later(struct source_case *c, const char *method, const char *json);
/* Call, and fail the test on an error. The reply is freed. */
void source_case_ok(struct source_case *c, const char *method, const char *json);
/* Call and expect @code with @reason. */
void source_case_fails(struct source_case *c,
                       const char *method,
                       const char *json,
                       enum gw_code code,
                       const char *reason);

#endif
