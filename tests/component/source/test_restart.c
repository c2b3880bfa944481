/* The agent stopped and started again at each durable point of a live move. */
#include <stdlib.h>

#include "base/scope.h"
#include "fake_qemu.h"

#define READY_JOB "[{\"id\":\"" SAMPLE_JOB("d0") "\",\"type\":\"mirror\",\"status\":\"ready\"}]"
#define ENDED_JOB "[{\"id\":\"" SAMPLE_JOB("d0") "\",\"type\":\"mirror\",\"status\":\"concluded\"}]"
#define FAILED_JOB                                                                                 \
    "[{\"id\":\"" SAMPLE_JOB("d0") "\",\"type\":\"mirror\",\"status\":\"concluded\","              \
                                   "\"error\":\"Input/output error\"}]"

/* A move in pre-copy, the agent down; QEMU then as told. */
static struct fake_qemu *
down_in_move(void **state, const char *status, const char *migration, const char *jobs)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, 1);

    source_case_up(c);
    fake_qemu_begin(q, SAMPLE_BEGIN);
    fake_qemu_until_heard(q, "blockdev-mirror", 1);
    fake_qemu_job(q, "BLOCK_JOB_READY", "d0", NULL);
    fake_qemu_until_heard(q, "migrate", 1);
    source_case_down(c);
    assert_int_equal(source_case_record(c).state, GW_RECORD_OUTGOING);
    q->status = status;
    q->migration = migration;
    q->jobs = jobs;
    return q;
}

static void expect_failure(struct fake_qemu *q, const char *reason)
{
    source_case_until_record(q->c, GW_RECORD_HOLDING);
    source_case_until_asked(q->c, "Report", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(q->c->scheduler, "Report");
    assert_contains(asked, reason);
    assert_string_equal(q->status, "running");
}

static void pre_copy_is_followed_to_its_end(void **state)
{
    struct fake_qemu *q = down_in_move(state, "running", "active", READY_JOB);

    source_case_up(q->c);
    fake_qemu_until_heard(q, "query-migrate", 1);
    fake_qemu_migration(q, "pre-switchover");
    fake_qemu_until_heard(q, "block-job-cancel", 1);
    fake_qemu_job(q, "BLOCK_JOB_COMPLETED", "d0", NULL);
    fake_qemu_until_heard(q, "migrate-continue", 1);
    fake_qemu_migration(q, "completed");
    source_case_until_asked(q->c, "Relinquished", 1);
}

static void pre_switchover_goes_on(void **state)
{
    struct fake_qemu *q = down_in_move(state, "finish-migrate", "pre-switchover", READY_JOB);

    source_case_up(q->c);
    fake_qemu_until_heard(q, "block-job-cancel", 1);
    fake_qemu_job(q, "BLOCK_JOB_COMPLETED", "d0", NULL);
    fake_qemu_until_heard(q, "migrate-continue", 1);
}

static void pre_switchover_with_a_mirror_that_has_ended_continues(void **state)
{
    struct fake_qemu *q = down_in_move(state, "finish-migrate", "pre-switchover", ENDED_JOB);

    source_case_up(q->c);
    fake_qemu_until_heard(q, "migrate-continue", 1);
    assert_int_equal(fake_qemu_count(q, "block-job-cancel"), 0);
}

static void pre_switchover_with_a_mirror_that_has_failed_keeps_the_guest(void **state)
{
    struct fake_qemu *q = down_in_move(state, "finish-migrate", "pre-switchover", FAILED_JOB);

    source_case_up(q->c);
    fake_qemu_until_heard(q, "migrate_cancel", 1);
    fake_qemu_migration(q, "cancelled");
    expect_failure(q, "MIRROR_FAILED");
    assert_int_equal(fake_qemu_count(q, "migrate-continue"), 0);
}

static void completed_is_relinquished(void **state)
{
    struct fake_qemu *q = down_in_move(state, "postmigrate", "completed", ENDED_JOB);

    source_case_up(q->c);
    source_case_until_asked(q->c, "Relinquished", 1);
    assert_int_equal(source_case_record(q->c).state, GW_RECORD_RELINQUISHED);
}

/* What a QEMU says that was itself moved here: the agent died before `migrate`. */
static void completed_of_an_earlier_move_keeps_the_guest(void **state)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, 0);

    source_case_up(c);
    fake_qemu_begin(q, SAMPLE_BEGIN_NO_DISK);
    source_case_down(c);
    assert_int_equal(source_case_record(c).state, GW_RECORD_OUTGOING);
    q->status = "running";
    q->migration = "completed";
    source_case_up(c);
    expect_failure(q, "SOURCE_RESTARTED");
    assert_int_equal(fake_scheduler_count(c->scheduler, "Relinquished"), 0);
}

static void completed_without_its_mirror_keeps_the_guest(void **state)
{
    struct fake_qemu *q = down_in_move(state, "postmigrate", "completed", "[]");

    source_case_up(q->c);
    expect_failure(q, "MIRROR_FAILED");
    assert_int_equal(fake_scheduler_count(q->c->scheduler, "Relinquished"), 0);
}

static void a_migration_that_is_gone_is_given_up(void **state)
{
    struct fake_qemu *q = down_in_move(state, "running", NULL, ENDED_JOB);

    source_case_up(q->c);
    expect_failure(q, "SOURCE_RESTARTED");
    assert_int_equal(fake_qemu_count(q, "job-dismiss"), 1);
}

static void a_qemu_that_is_gone_is_told_as_stopped(void **state)
{
    struct fake_qemu *q = down_in_move(state, "running", "active", READY_JOB);

    source_case_kill(q->c);
    source_case_up(q->c);
    source_case_until_asked(q->c, "Report", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(q->c->scheduler, "Report");
    assert_contains(asked, "GUEST_ENDED");
    assert_contains(asked, "\"guestStopped\":true");
    assert_int_equal(source_case_record(q->c).qemu_pid, 0);
}

static void relinquished_is_told_again(void **state)
{
    struct fake_qemu *q = down_in_move(state, "postmigrate", "completed", ENDED_JOB);
    struct source_case *c = q->c;

    fake_scheduler_stall(c->scheduler, "Relinquished");
    source_case_up(c);
    source_case_until_asked(c, "Relinquished", 1);
    source_case_down(c);
    assert_false(source_case_record(c).is_done);
    fake_scheduler_reply(c->scheduler, "Relinquished", "{}");
    source_case_up(c);
    source_case_until_asked(c, "Relinquished", 2);
    source_case_run_for(c, 50);
    assert_true(source_case_record(c).is_done);
    source_case_down(c);
    source_case_up(c);
    source_case_run_for(c, 100);
    assert_int_equal(fake_scheduler_count(c->scheduler, "Relinquished"), 2);
}

static void a_failure_is_told_again(void **state)
{
    struct fake_qemu *q = down_in_move(state, "running", "failed", ENDED_JOB);
    struct source_case *c = q->c;

    fake_scheduler_stall(c->scheduler, "Report");
    source_case_up(c);
    source_case_until_asked(c, "Report", 1);
    source_case_down(c);
    fake_scheduler_reply(c->scheduler, "Report", "{}");
    source_case_up(c);
    source_case_until_asked(c, "Report", 2);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(c->scheduler, "Report");
    assert_contains(asked, "SOURCE_RESTARTED");
}

static void a_lost_monitor_is_opened_again_and_asked(void **state)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, 0);

    source_case_up(c);
    fake_qemu_begin(q, SAMPLE_BEGIN_NO_DISK);
    fake_qemu_until_heard(q, "migrate", 1);
    unsigned n = fake_qemu_count(q, "query-jobs");
    q->migration = "active";
    fake_qmp_hang_up(q->qmp);
    fake_qemu_until_heard(q, "query-jobs", n + 1);
    fake_qemu_migration(q, "pre-switchover");
    fake_qemu_until_heard(q, "migrate-continue", 1);
    fake_qemu_migration(q, "completed");
    source_case_until_asked(c, "Relinquished", 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, source_case_setup, fake_qemu_teardown)
    const struct CMUnitTest tests[] = {
        CASE(pre_copy_is_followed_to_its_end),
        CASE(pre_switchover_goes_on),
        CASE(pre_switchover_with_a_mirror_that_has_ended_continues),
        CASE(pre_switchover_with_a_mirror_that_has_failed_keeps_the_guest),
        CASE(completed_is_relinquished),
        CASE(completed_of_an_earlier_move_keeps_the_guest),
        CASE(completed_without_its_mirror_keeps_the_guest),
        CASE(a_migration_that_is_gone_is_given_up),
        CASE(a_qemu_that_is_gone_is_told_as_stopped),
        CASE(relinquished_is_told_again),
        CASE(a_failure_is_told_again),
        CASE(a_lost_monitor_is_opened_again_and_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
