/* Live moves against a QEMU that the test plays: what is sent when, what is on record, what the
 * scheduler hears. */
#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"
#include "fake_qemu.h"

static struct fake_qemu *start(void **state, unsigned n_disks)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, n_disks);

    source_case_up(c);
    return q;
}

static void to_memory(struct fake_qemu *q)
{
    fake_qemu_begin(q, SAMPLE_BEGIN);
    fake_qemu_until_heard(q, "blockdev-mirror", 1);
    q->jobs = "[{\"id\":\"" SAMPLE_JOB("d0") "\",\"type\":\"mirror\",\"status\":\"ready\","
                                             "\"current-progress\":5,\"total-progress\":9}]";
    q->nodes = "[{\"node-name\":\"disk-d0\"},{\"node-name\":\"gwn-7f3a9c51-1-0\"}]";
    fake_qemu_job(q, "BLOCK_JOB_READY", "d0", NULL);
    fake_qemu_until_heard(q, "migrate", 1);
    fake_qemu_migration(q, "active");
}

static void to_pre_switchover(struct fake_qemu *q)
{
    to_memory(q);
    q->status = "finish-migrate";
    fake_qmp_event(q->qmp, "STOP", NULL);
    fake_qemu_migration(q, "pre-switchover");
    fake_qemu_until_heard(q, "block-job-cancel", 1);
}

static void end_mirror(struct fake_qemu *q)
{
    q->jobs = "[{\"id\":\"" SAMPLE_JOB("d0") "\",\"type\":\"mirror\",\"status\":\"concluded\"}]";
    fake_qemu_job(q, "BLOCK_JOB_COMPLETED", "d0", NULL);
}

static void to_relinquished(struct fake_qemu *q)
{
    to_pre_switchover(q);
    end_mirror(q);
    fake_qemu_until_heard(q, "migrate-continue", 1);
    fake_qemu_migration(q, "device");
    q->status = "postmigrate";
    fake_qemu_migration(q, "completed");
    source_case_until_record(q->c, GW_RECORD_RELINQUISHED);
}

static void expect_failure(struct fake_qemu *q, const char *reason)
{
    source_case_until_record(q->c, GW_RECORD_HOLDING);
    source_case_until_asked(q->c, "Report", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(q->c->scheduler, "Report");
    assert_contains(asked, reason);
    assert_contains(asked, CASE_MIGRATION);
    assert_string_equal(q->status, "running");
}

static void a_move_gives_the_guest_up_when_qemu_completed(void **state)
{
    struct fake_qemu *q = start(state, 1);

    to_relinquished(q);
    source_case_until_asked(q->c, "Relinquished", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(q->c->scheduler, "Relinquished");
    assert_contains(asked, CASE_MIGRATION);
    struct gw_record record = source_case_record(q->c);
    assert_int_equal(record.attempt, 1);
    assert_int_equal(record.disks_copied, 1);
    assert_int_equal(fake_qemu_count(q, "cont"), 0);
}

static void qemus_downtime_follows_in_a_repeat(void **state)
{
    struct fake_qemu *q = start(state, 1);

    to_relinquished(q);
    source_case_until_asked(q->c, "Relinquished", 2);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(q->c->scheduler, "Relinquished");
    assert_contains(asked, "\"qemuDowntimeMs\":\"42\"");
}

static void relinquished_is_told_until_it_is_answered(void **state)
{
    struct fake_qemu *q = start(state, 1);

    fake_scheduler_fail(q->c->scheduler, "Relinquished", GW_UNAVAILABLE, "", "", "later");
    to_relinquished(q);
    source_case_until_asked(q->c, "Relinquished", 3);
    assert_false(source_case_record(q->c).is_done);
    fake_scheduler_reply(q->c->scheduler, "Relinquished", "{}");
    unsigned n = fake_scheduler_count(q->c->scheduler, "Relinquished");
    source_case_until_asked(q->c, "Relinquished", n + 1);
}

static void nothing_is_asked_while_the_guest_is_paused(void **state)
{
    struct fake_qemu *q = start(state, 1);

    to_pre_switchover(q);
    unsigned n = fake_qemu_count(q, "query-migrate");
    source_case_run_for(q->c, 600);
    assert_int_equal(fake_qemu_count(q, "query-migrate"), n);
    assert_int_equal(fake_qemu_count(q, "migrate-continue"), 0);
}

static void a_failed_mirror_in_the_switchover_keeps_the_guest(void **state)
{
    struct fake_qemu *q = start(state, 1);

    to_pre_switchover(q);
    q->jobs = "[]";
    q->nodes = "[]";
    fake_qemu_job(q, "BLOCK_JOB_COMPLETED", "d0", "No space left on device");
    fake_qemu_until_heard(q, "migrate_cancel", 1);
    fake_qemu_migration(q, "cancelled");
    expect_failure(q, "No space left on device");
    assert_int_equal(fake_qemu_count(q, "migrate-continue"), 0);
    assert_int_equal(fake_qemu_count(q, "cont"), 1);
}

static void a_failed_migration_cleans_up_and_reports(void **state)
{
    struct fake_qemu *q = start(state, 1);

    to_memory(q);
    fake_qemu_migration(q, "failed");
    fake_qemu_until_heard(q, "block-job-cancel", 1);
    q->jobs = "[{\"id\":\"" SAMPLE_JOB("d0") "\",\"type\":\"mirror\",\"status\":\"concluded\"}]";
    fake_qmp_event(q->qmp, "JOB_STATUS_CHANGE",
                   "{\"id\":\"" SAMPLE_JOB("d0") "\",\"status\":\"concluded\"}");
    fake_qemu_until_heard(q, "blockdev-del", 1);
    expect_failure(q, "MEMORY_COPY_FAILED");
    assert_int_equal(fake_qemu_count(q, "job-dismiss"), 1);
}

static void a_refused_command_cleans_up_and_reports(void **state)
{
    struct fake_qemu *q = start(state, 1);

    q->refuses = "blockdev-add";
    fake_qemu_begin(q, SAMPLE_BEGIN);
    expect_failure(q, "the fake refuses");
    assert_int_equal(fake_qemu_count(q, "blockdev-mirror"), 0);
}

static void a_target_that_does_not_listen_is_named(void **state)
{
    struct fake_qemu *q = start(state, 0);

    close(q->memory_fd);
    q->memory_fd = -1;
    fake_qemu_begin(q, SAMPLE_BEGIN_NO_DISK);
    expect_failure(q, "Connection refused");
    assert_int_equal(fake_qemu_count(q, "migrate"), 0);
}

/* Its QEMU received it once, and says so for ever. */
static void a_guest_that_moved_before_is_given_up_the_same(void **state)
{
    struct fake_qemu *q = start(state, 0);

    q->migration = "completed";
    close(q->memory_fd);
    q->memory_fd = -1;
    fake_qemu_begin(q, SAMPLE_BEGIN_NO_DISK);
    expect_failure(q, "Connection refused");
    assert_int_equal(fake_qemu_count(q, "migrate"), 0);
}

static void a_guest_that_is_not_running_is_not_moved_live(void **state)
{
    struct fake_qemu *q = start(state, 0);

    q->status = "io-error";
    fake_qemu_begin(q, SAMPLE_BEGIN_NO_DISK);
    expect_failure(q, "io-error");
}

static void a_pause_that_lasts_too_long_is_ended(void **state)
{
    struct fake_qemu *q = start(state, 0);

    q->hangs = "migrate_cancel";
    fake_qemu_begin(q, SAMPLE_BEGIN_SHORT);
    fake_qemu_until_heard(q, "migrate", 1);
    q->status = "finish-migrate";
    fake_qemu_migration(q, "pre-switchover");
    fake_qemu_until_heard(q, "migrate_cancel", 1);
    fake_qemu_until_heard(q, "yank", 1);
    fake_qemu_migration(q, "failed");
    expect_failure(q, "SWITCHOVER_TIMEOUT");
}

static void cancel_in_pre_copy_keeps_the_guest(void **state)
{
    struct fake_qemu *q = start(state, 1);
    struct gw_error err = {0};

    to_memory(q);
    q->jobs = "[]";
    q->migration = "cancelled"; /* what query-migrate says after migrate_cancel */
    GW_AUTO_FREE char *reply = source_case_call(q->c, "Cancel", "{" SAMPLE_ATTEMPT "}", &err);
    assert_string_equal(reply, "{}");
    assert_int_equal(source_case_record(q->c).state, GW_RECORD_HOLDING);
    GW_AUTO_FREE char *again = source_case_call(q->c, "Cancel", "{" SAMPLE_ATTEMPT "}", &err);
    assert_string_equal(again, "{}");
    fake_qemu_begin_fails(q, SAMPLE_BEGIN, GW_ABORTED, "ATTEMPT_ENDED");
}

static void cancel_after_relinquished_says_so(void **state)
{
    struct fake_qemu *q = start(state, 1);
    struct gw_error err = {0};

    to_relinquished(q);
    GW_AUTO_FREE char *reply = source_case_call(q->c, "Cancel", "{" SAMPLE_ATTEMPT "}", &err);
    assert_contains(reply, "\"relinquished\":true");
    assert_int_equal(fake_qemu_count(q, "migrate_cancel"), 0);
}

static void cancel_before_begin_shuts_the_door(void **state)
{
    struct fake_qemu *q = start(state, 1);

    source_case_ok(q->c, "Cancel", "{" SAMPLE_ATTEMPT "}");
    fake_qemu_begin_fails(q, SAMPLE_BEGIN, GW_ABORTED, "ATTEMPT_ENDED");
    assert_int_equal(fake_qemu_count(q, "blockdev-add"), 0);
}

static void repeats_and_stale_calls_are_told_apart(void **state)
{
    struct fake_qemu *q = start(state, 1);

    to_memory(q);
    fake_qemu_begin(q, SAMPLE_BEGIN);
    assert_int_equal(fake_qemu_count(q, "migrate"), 1);
    fake_qemu_begin_fails(q, SAMPLE_BEGIN_OTHER, GW_FAILED_PRECONDITION, "MIGRATION_ACTIVE");
    source_case_fails(q->c, "Stop", "{\"guestUuid\":\"" CASE_UUID "\",\"epoch\":\"1\"}",
                      GW_FAILED_PRECONDITION, "MIGRATION_ACTIVE");
}

static void progress_is_reported(void **state)
{
    struct fake_qemu *q = start(state, 1);

    to_memory(q);
    source_case_until_asked(q->c, "Report", 2);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(q->c->scheduler, "Report");
    assert_contains(asked, "COPY_STEP_MEMORY");
    assert_contains(asked, "\"doneBytes\":\"5\"");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, source_case_setup, fake_qemu_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_move_gives_the_guest_up_when_qemu_completed),
        CASE(qemus_downtime_follows_in_a_repeat),
        CASE(relinquished_is_told_until_it_is_answered),
        CASE(nothing_is_asked_while_the_guest_is_paused),
        CASE(a_failed_mirror_in_the_switchover_keeps_the_guest),
        CASE(a_failed_migration_cleans_up_and_reports),
        CASE(a_refused_command_cleans_up_and_reports),
        CASE(a_target_that_does_not_listen_is_named),
        CASE(a_guest_that_moved_before_is_given_up_the_same),
        CASE(a_guest_that_is_not_running_is_not_moved_live),
        CASE(a_pause_that_lasts_too_long_is_ended),
        CASE(cancel_in_pre_copy_keeps_the_guest),
        CASE(cancel_after_relinquished_says_so),
        CASE(cancel_before_begin_shuts_the_door),
        CASE(repeats_and_stale_calls_are_told_apart),
        CASE(progress_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
