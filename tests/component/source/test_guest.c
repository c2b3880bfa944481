/* What becomes of a guest that is not being moved: taken over, watched, stopped, given back,
 * retired, deleted, killed by order. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "fake_qemu.h"
#include "host/guest_dir.h"

#define GUEST(epoch) "{\"guestUuid\":\"" CASE_UUID "\",\"epoch\":\"" epoch "\"}"
#define DELETE "{\"attempt\":{\"guestUuid\":\"" CASE_UUID "\",\"epoch\":\"1\"}%s}"
#define NOBODY "99999999-2222-4333-8444-555555555555"

static struct fake_qemu *start(void **state)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, 1);

    source_case_up(c);
    return q;
}

static void a_running_guest_is_found_at_the_start(void **state)
{
    struct fake_qemu *q = start(state);
    struct gw_error err = {0};
    struct gw_record record = source_case_record(q->c);

    assert_int_equal(record.state, GW_RECORD_HOLDING);
    assert_int_equal(record.epoch, 1);
    assert_int_equal(record.qemu_pid, gw_child_pid(q->c->qemu));
    GW_AUTO_FREE char *reply = source_case_call(q->c, "Inspect", "{}", &err);
    assert_contains(reply, "GUEST_STATE_RUNNING");
}

static void adopt_takes_a_new_guest_over(void **state)
{
    struct source_case *c = *state;

    source_case_up(c);
    (void)fake_qemu_start(c, 0);
    source_case_ok(c, "Adopt", GUEST("1"));
    source_case_ok(c, "Adopt", GUEST("1"));
    assert_int_equal(source_case_record(c).state, GW_RECORD_HOLDING);
    source_case_fails(c, "Adopt", GUEST("2"), GW_FAILED_PRECONDITION, "NOT_ACTIVE");
}

static void an_unknown_guest_is_not_found(void **state)
{
    struct source_case *c = *state;

    source_case_up(c);
    source_case_fails(c, "Adopt", "{\"guestUuid\":\"" NOBODY "\",\"epoch\":\"1\"}", GW_NOT_FOUND,
                      "GUEST_NOT_FOUND");
    source_case_fails(c, "Stop", "{\"guestUuid\":\"../../etc\",\"epoch\":\"1\"}",
                      GW_INVALID_ARGUMENT, "");
    source_case_fails(c, "Cancel", "{}", GW_INVALID_ARGUMENT, "");
}

static void a_guest_that_shuts_itself_down_has_stopped(void **state)
{
    struct fake_qemu *q = start(state);

    source_case_run_for(q->c, 50);
    fake_qmp_event(q->qmp, "SHUTDOWN", "{\"guest\":true,\"reason\":\"guest-shutdown\"}");
    source_case_signal(q->c);
    fake_qmp_hang_up(q->qmp);
    source_case_until_asked(q->c, "GuestChanged", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(q->c->scheduler, "GuestChanged");
    assert_contains(asked, "GUEST_STATE_STOPPED");
    source_case_run_for(q->c, 50);
    assert_int_equal(source_case_record(q->c).qemu_pid, 0);
}

static void a_qemu_that_ended_while_nobody_watched_has_crashed(void **state)
{
    struct fake_qemu *q = start(state);
    struct source_case *c = q->c;

    source_case_down(c);
    source_case_kill(c);
    source_case_up(c);
    source_case_until_asked(c, "GuestChanged", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(c->scheduler, "GuestChanged");
    assert_contains(asked, "GUEST_STATE_CRASHED");
}

static void its_end_is_told_until_it_is_answered(void **state)
{
    struct fake_qemu *q = start(state);

    fake_scheduler_fail(q->c->scheduler, "GuestChanged", GW_UNAVAILABLE, "", "", "later");
    source_case_run_for(q->c, 50);
    source_case_kill(q->c);
    source_case_until_asked(q->c, "GuestChanged", 3);
    assert_int_not_equal(source_case_record(q->c).qemu_pid, 0);
}

static void stop_asks_the_guest_and_waits(void **state)
{
    struct fake_qemu *q = start(state);

    source_case_call_later(q->c, "Stop", GUEST("1"));
    fake_qemu_until_heard(q, "system_powerdown", 1);
    fake_qmp_event(q->qmp, "SHUTDOWN", "{\"guest\":true,\"reason\":\"guest-shutdown\"}");
    source_case_signal(q->c);
    fake_qmp_hang_up(q->qmp);
    source_case_ok(q->c, "Stop", GUEST("1"));
    assert_int_equal(source_case_record(q->c).qemu_pid, 0);
    assert_int_equal(fake_scheduler_count(q->c->scheduler, "GuestChanged"), 0);
    source_case_ok(q->c, "Stop", GUEST("1"));
}

static void a_stale_stop_does_nothing(void **state)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, 0);

    source_case_guest(c, 0, 5);
    source_case_up(c);
    source_case_fails(c, "Stop", GUEST("4"), GW_ABORTED, "STALE");
    assert_int_equal(fake_qemu_count(q, "system_powerdown"), 0);
}

static void an_order_kills_a_stale_guest_and_leaves_its_disks(void **state)
{
    struct source_case *c = *state;
    (void)fake_qemu_start(c, 1);
    GW_AUTO_FREE char *disk = gw_strf("%s/pool/vm1-d0.raw", c->folder);

    c->settings.qemu = realloc(c->settings.qemu, sizeof "/usr/bin/qemu-system-x86_64");
    memcpy(c->settings.qemu, "/usr/bin/qemu-system-x86_64", sizeof "/usr/bin/qemu-system-x86_64");
    if (access(c->settings.qemu, X_OK) != 0)
        skip(); /* no heartbeat without facts, no facts without QEMU */
    fake_scheduler_reply(c->scheduler, "Heartbeat",
                         "{\"intervalMs\":100,\"orders\":[{\"guestUuid\":\"" CASE_UUID
                         "\",\"epoch\":\"2\",\"kill\":true}]}");
    source_case_up(c);
    source_case_until(c, source_case_has_no_qemu, c);
    assert_int_equal(access(disk, F_OK), 0);
    source_case_run_for(c, 100);
    assert_int_equal(fake_scheduler_count(c->scheduler, "GuestChanged"), 0);
}

static void a_deleted_guest_leaves_nothing_but_the_trash(void **state)
{
    struct source_case *c = *state;
    struct gw_error err = {0};
    GW_AUTO_FREE char *folder = gw_strf("%s/host/guests/" CASE_UUID, c->folder);
    GW_AUTO_FREE char *disk = gw_strf("%s/pool/vm1-d0.raw", c->folder);
    GW_AUTO_FREE char *request = gw_strf(DELETE, ",\"disks\":[\"local/vm1-d0.raw\"]");

    source_case_guest(c, 1, 1);
    source_case_up(c);
    GW_AUTO_FREE char *reply = source_case_call(c, "Retire", request, &err);
    assert_non_null(reply);
    assert_contains(reply, ".trash/");
    assert_int_not_equal(access(folder, F_OK), 0);
    assert_int_not_equal(access(disk, F_OK), 0);
    source_case_ok(c, "Retire", request);
}

static void a_guest_whose_folder_went_and_came_is_new(void **state)
{
    struct source_case *c = *state;
    struct gw_error err = {0};

    assert_int_equal(gw_guest_dir_make(&c->host, CASE_UUID, &err), 0);
    source_case_up(c); /* opens its own record there */
    assert_int_equal(gw_guest_dir_remove(&c->host, CASE_UUID, &err), 0);
    source_case_fails(c, "Adopt", GUEST("1"), GW_NOT_FOUND, "GUEST_NOT_FOUND");
    (void)fake_qemu_start(c, 0);
    source_case_ok(c, "Adopt", GUEST("1"));
    assert_int_equal(source_case_record(c).state, GW_RECORD_HOLDING);
}

static void a_running_guest_is_not_deleted(void **state)
{
    struct fake_qemu *q = start(state);
    GW_AUTO_FREE char *request = gw_strf(DELETE, "");

    source_case_fails(q->c, "Retire", request, GW_FAILED_PRECONDITION, "GUEST_RUNNING");
}

static void retire_of_what_was_not_relinquished_is_refused(void **state)
{
    struct fake_qemu *q = start(state);

    source_case_fails(q->c, "Retire", "{" SAMPLE_ATTEMPT "}", GW_ABORTED, "STALE");
    source_case_fails(q->c, "Retire", "{" SAMPLE_ATTEMPT ",\"disks\":[\"local/../x\"]}",
                      GW_INVALID_ARGUMENT, "");
    assert_non_null(q->c->qemu);
}

static void a_probe_is_written_and_removed(void **state)
{
    struct source_case *c = *state;
    const char *request = "{\"pool\":\"common\",\"token\":\"0123456789abcdef0123456789abcdef\"}";
    GW_AUTO_FREE char *path =
        gw_strf("%s/shared/.godwit-probe-0123456789abcdef0123456789abcdef", c->folder);

    source_case_up(c);
    source_case_ok(c, "WriteProbe", request);
    assert_int_equal(access(path, F_OK), 0);
    source_case_ok(c, "RemoveProbe", request);
    assert_int_not_equal(access(path, F_OK), 0);
    source_case_ok(c, "RemoveProbe", request);
    source_case_fails(c, "WriteProbe",
                      "{\"pool\":\"local\",\"token\":\"0123456789abcdef0123456789abcdef\"}",
                      GW_FAILED_PRECONDITION, "POOL_NOT_SHARED");
    source_case_fails(c, "WriteProbe", "{\"pool\":\"common\",\"token\":\"../../etc/passwd\"}",
                      GW_INVALID_ARGUMENT, "");
}

static void a_guest_that_comes_back_is_taken_over_again(void **state)
{
    struct source_case *c = *state;
    struct gw_record_file file = {.fd = -1};
    struct gw_record record = {.state = GW_RECORD_RETIRED, .epoch = 1, .attempt = 1};
    struct gw_error err = {0};

    (void)fake_qemu_start(c, 0);
    source_case_guest(c, 0, 3);
    GW_AUTO_FREE char *path = source_case_path(c, GW_GUEST_SOURCE_RECORD);
    assert_int_equal(gw_record_file_open(&file, path, &err), 0);
    assert_int_equal(gw_record_file_write(&file, &record, GW_RECORD_NO_SYNC, &err), 0);
    gw_record_file_close(&file);
    source_case_up(c);
    source_case_ok(c, "Adopt", GUEST("3"));
    assert_int_equal(source_case_record(c).state, GW_RECORD_HOLDING);
    source_case_fails(c, "Adopt", GUEST("2"), GW_ABORTED, "STALE");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, source_case_setup, fake_qemu_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_running_guest_is_found_at_the_start),
        CASE(adopt_takes_a_new_guest_over),
        CASE(an_unknown_guest_is_not_found),
        CASE(a_guest_that_shuts_itself_down_has_stopped),
        CASE(a_qemu_that_ended_while_nobody_watched_has_crashed),
        CASE(its_end_is_told_until_it_is_answered),
        CASE(stop_asks_the_guest_and_waits),
        CASE(a_stale_stop_does_nothing),
        CASE(an_order_kills_a_stale_guest_and_leaves_its_disks),
        CASE(a_deleted_guest_leaves_nothing_but_the_trash),
        CASE(a_guest_whose_folder_went_and_came_is_new),
        CASE(a_running_guest_is_not_deleted),
        CASE(retire_of_what_was_not_relinquished_is_refused),
        CASE(a_probe_is_written_and_removed),
        CASE(a_guest_that_comes_back_is_taken_over_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
