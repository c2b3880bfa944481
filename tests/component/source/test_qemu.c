/* Moves between two real QEMUs, with the test in the target's place. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "qemu_pair.h"

#define ATTEMPT(epoch)                                                                             \
    "\"attempt\":{\"guestUuid\":\"" CASE_UUID "\",\"migrationId\":\"" CASE_MIGRATION               \
    "\",\"attempt\":1,\"epoch\":\"" epoch "\"}"

static struct qemu_pair *start(void **state, unsigned n_disks)
{
    struct source_case *c = *state;
    struct qemu_pair *p = qemu_pair_start(c, n_disks);

    source_case_up(c);
    qemu_pair_receive(p);
    return p;
}

static void begin(struct qemu_pair *p, const char *extra)
{
    GW_AUTO_FREE char *message = qemu_pair_begin(p, 1, 1, extra);

    source_case_ok(p->c, "Begin", message);
}

static void a_guest_moves_with_its_disks(void **state)
{
    struct qemu_pair *p = start(state, 2);

    begin(p, "");
    source_case_until_asked(p->c, "Relinquished", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(p->c->scheduler, "Relinquished");
    assert_contains(asked, "pauseToCompletedUs");
    assert_contains(asked, "blackoutSoFarUs");
    assert_string_equal(qemu_pair_status(p, p->a_qmp), "postmigrate");
    assert_int_equal(source_case_record(p->c).state, GW_RECORD_RELINQUISHED);

    json_object_put(qemu_pair_ask(p, p->b_qmp, "nbd-server-stop", NULL));
    json_object_put(qemu_pair_ask(p, p->b_qmp, "cont", NULL));
    assert_string_equal(qemu_pair_status(p, p->b_qmp), "running");
    qemu_pair_same_disks(p);

    struct gw_error err = {0};
    GW_AUTO_FREE char *reply = source_case_call(
        p->c, "Retire", "{" ATTEMPT("1") ",\"disks\":[\"local/vm1-d0.raw\",\"local/vm1-d1.raw\"]}",
        &err);
    assert_non_null(reply);
    assert_contains(reply, ".trash/");
    assert_null(p->c->qemu);
    assert_int_equal(source_case_record(p->c).state, GW_RECORD_RETIRED);
    source_case_ok(p->c, "Retire", "{" ATTEMPT("1") ",\"disks\":[\"local/vm1-d0.raw\"]}");
}

static void a_regranted_guest_runs_again_and_moves_again(void **state)
{
    struct qemu_pair *p = start(state, 1);

    begin(p, "");
    source_case_until_record(p->c, GW_RECORD_RELINQUISHED);
    source_case_fails(p->c, "Regrant", "{" ATTEMPT("1") ",\"run\":true}", GW_ABORTED, "STALE");
    source_case_ok(p->c, "Regrant", "{" ATTEMPT("3") ",\"run\":true}");
    assert_string_equal(qemu_pair_status(p, p->a_qmp), "running");
    source_case_ok(p->c, "Regrant", "{" ATTEMPT("3") ",\"run\":true}");
    json_object *jobs = qemu_pair_ask(p, p->a_qmp, "query-jobs", NULL);
    assert_int_equal(json_object_array_length(jobs), 0);
    json_object_put(jobs);
    assert_int_equal(source_case_record(p->c).epoch, 3);

    qemu_pair_receive(p);
    GW_AUTO_FREE char *second = qemu_pair_begin(p, 2, 3, "");
    source_case_ok(p->c, "Begin", second);
    source_case_until_record(p->c, GW_RECORD_RELINQUISHED);
    assert_int_equal(source_case_record(p->c).attempt, 2);
}

static void a_receiver_that_dies_leaves_the_guest_running(void **state)
{
    struct qemu_pair *p = start(state, 1);

    begin(p, ",\"bandwidthBps\":\"400000\"");
    source_case_until_asked(p->c, "Report", 1);
    (void)gw_child_kill(p->b, SIGKILL, NULL);
    source_case_until_record(p->c, GW_RECORD_HOLDING);
    assert_string_equal(qemu_pair_status(p, p->a_qmp), "running");
    source_case_until_asked(p->c, "Report", 2);
}

static void cancel_leaves_nothing_behind(void **state)
{
    struct qemu_pair *p = start(state, 1);

    begin(p, ",\"bandwidthBps\":\"400000\"");
    source_case_until_asked(p->c, "Report", 1);
    source_case_ok(p->c, "Cancel", "{" ATTEMPT("1") "}");
    assert_string_equal(qemu_pair_status(p, p->a_qmp), "running");
    json_object *jobs = qemu_pair_ask(p, p->a_qmp, "query-jobs", NULL);
    assert_int_equal(json_object_array_length(jobs), 0);
    json_object_put(jobs);
    json_object *nodes = qemu_pair_ask(p, p->a_qmp, "query-named-block-nodes", NULL);
    assert_null(strstr(json_object_to_json_string(nodes), "gwn-"));
    json_object_put(nodes);
}

static void a_restarted_agent_follows_the_move(void **state)
{
    struct qemu_pair *p = start(state, 0);

    begin(p, ",\"bandwidthBps\":\"200000\"");
    source_case_until_asked(p->c, "Report", 1);
    source_case_down(p->c);
    source_case_up(p->c);
    source_case_until_asked(p->c, "Relinquished", 1);
    assert_int_equal(source_case_record(p->c).state, GW_RECORD_RELINQUISHED);
}

static void a_receiver_that_stops_reading_is_given_up(void **state)
{
    struct qemu_pair *p = start(state, 0);

    begin(p, ",\"switchoverTimeoutMs\":300");
    (void)gw_child_kill(p->b, SIGSTOP, NULL);
    source_case_until_asked(p->c, "Report", 1);
    source_case_run_for(p->c, 500);
    (void)gw_child_kill(p->b, SIGCONT, NULL);
    source_case_run_for(p->c, 1000);
    assert_string_equal(qemu_pair_status(p, p->a_qmp),
                        source_case_record(p->c).state == GW_RECORD_RELINQUISHED ? "postmigrate"
                                                                                 : "running");
}

static void stop_by_force_ends_qemu(void **state)
{
    struct source_case *c = *state;

    (void)qemu_pair_start(c, 0);
    source_case_up(c);
    source_case_ok(c, "Stop", "{\"guestUuid\":\"" CASE_UUID "\",\"epoch\":\"1\",\"force\":true}");
    assert_null(c->qemu);
    assert_int_equal(source_case_record(c).qemu_pid, 0);
    assert_int_equal(fake_scheduler_count(c->scheduler, "GuestChanged"), 0);
}

static void a_guest_that_ignores_the_button_runs_on(void **state)
{
    struct source_case *c = *state;
    struct qemu_pair *p = qemu_pair_start(c, 0);

    source_case_up(c);
    source_case_fails(c, "Stop",
                      "{\"guestUuid\":\"" CASE_UUID "\",\"epoch\":\"1\",\"timeoutMs\":100}",
                      GW_DEADLINE_EXCEEDED, "GUEST_DID_NOT_STOP");
    assert_string_equal(qemu_pair_status(p, p->a_qmp), "running");
}

static void a_killed_qemu_is_a_crash(void **state)
{
    struct source_case *c = *state;

    (void)qemu_pair_start(c, 0);
    source_case_up(c);
    source_case_run_for(c, 50);
    source_case_kill(c);
    source_case_until_asked(c, "GuestChanged", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(c->scheduler, "GuestChanged");
    assert_contains(asked, "GUEST_STATE_CRASHED");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, source_case_setup, qemu_pair_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_guest_moves_with_its_disks),
        CASE(a_regranted_guest_runs_again_and_moves_again),
        CASE(a_receiver_that_dies_leaves_the_guest_running),
        CASE(cancel_leaves_nothing_behind),
        CASE(a_restarted_agent_follows_the_move),
        CASE(a_receiver_that_stops_reading_is_given_up),
        CASE(stop_by_force_ends_qemu),
        CASE(a_guest_that_ignores_the_button_runs_on),
        CASE(a_killed_qemu_is_a_crash),
    };

    if (!qemu_pair_is_possible()) {
        (void)puts("skipped: there is no qemu-system-x86_64");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
