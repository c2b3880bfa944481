/* The course of migrations: what the agents are asked, in which order, and what becomes of the
 * guest. Epochs: created 1, started 2, so a running guest moves under 2 and lands under 3. */
#include "cluster.h"
#include "driver.h"

#define PREPARED "h2.Prepare:1:3"
#define BEGUN PREPARED " h1.Begin:1:2"
#define ACTIVATED BEGUN " h2.Activate:1:3"
#define RETIRED ACTIVATED " h1.Retire:1:2"

static struct fake_host *h1(struct cluster *c)
{
    return &c->hosts[0];
}
static struct fake_host *h2(struct cluster *c)
{
    return &c->hosts[1];
}

static void assert_failure(struct cluster *c, const char *code)
{
    Godwit__V1__Migration *m = client_migration(c);
    assert_non_null(m->failure);
    assert_string_equal(m->failure->code, code);
    godwit__v1__migration__free_unpacked(m, NULL);
}

/* A live move under way, its source copying. */
static void begin_move(struct cluster *c)
{
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, BEGUN);
}

static void a_live_move_asks_in_the_order_of_the_handover(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    assert_guest(c, STATE(MIGRATING), "h1", 2);
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
    assert_trace(c, RETIRED);
    assert_string_equal(h2(c)->last_copied, "root");
    assert_string_equal(h1(c)->last_retired, "data/root.qcow2");
    assert_guest(c, STATE(RUNNING), "h2", 3);
    Godwit__V1__Migration *m = client_migration(c);
    assert_null(m->failure);
    assert_non_null(m->finished_at);
    assert_false(m->shared_storage);
    assert_string_equal(m->from_host, "h1");
    assert_true(m->timings->total_us > 0);
    assert_true(m->timings->blackout_us >= 2000);
    assert_int_equal(m->timings->pause_to_completed_us, 1000);
    assert_int_equal(m->timings->qemu_downtime_ms, 7);
    assert_true(m->timings->relinquish_to_active_us > 0);
    godwit__v1__migration__free_unpacked(m, NULL);
}

static void a_disk_in_a_pool_that_both_see_is_neither_copied_nor_retired(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h1(c)->data_is_shared = h2(c)->data_is_shared = true;
    fake_beat(h1(c));
    fake_beat(h2(c));
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, "Begin");
    assert_trace(c, "h1.WriteProbe:0 h2.ReadProbe:0 h1.RemoveProbe:0 " BEGUN);
    assert_string_equal(h2(c)->last_copied, "");
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
    assert_string_equal(h1(c)->last_retired, "");
    Godwit__V1__Migration *m = client_migration(c);
    assert_true(m->shared_storage);
    godwit__v1__migration__free_unpacked(m, NULL);
}

static void a_disk_in_a_pool_that_is_shared_in_name_only_is_copied(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h1(c)->data_is_shared = h2(c)->data_is_shared = true;
    h2(c)->rules[READ_PROBE].not_found = true;
    fake_beat(h1(c));
    fake_beat(h2(c));
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, "Begin");
    assert_string_equal(h2(c)->last_copied, "root");
}

static void a_probe_that_fails_fails_the_move_before_anything_is_asked(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h1(c)->data_is_shared = h2(c)->data_is_shared = true;
    h1(c)->rules[WRITE_PROBE].code = GW_PERMISSION_DENIED;
    fake_beat(h1(c));
    fake_beat(h2(c));
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_trace(c, "h1.WriteProbe:0");
    assert_failure(c, "PROBE_FAILED");
    assert_guest(c, STATE(RUNNING), "h1", 2);
}

static void a_target_that_cannot_prepare_is_told_to_refuse_and_the_guest_stays(void **state)
{
    struct cluster *c = *state;
    h2(c)->rules[PREPARE] =
        (struct rule){.code = GW_RESOURCE_EXHAUSTED, .reason = "INSUFFICIENT_MEMORY"};
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_trace(c, PREPARED " h2.Refuse:1:3");
    assert_failure(c, "INSUFFICIENT_MEMORY");
    assert_guest(c, STATE(RUNNING), "h1", 2);
}

static void a_source_that_cannot_begin_is_cancelled_and_keeps_the_guest(void **state)
{
    struct cluster *c = *state;
    h1(c)->rules[BEGIN].code = GW_INTERNAL;
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_trace(c, BEGUN " h1.Cancel:1:2 h2.Refuse:1:3");
    assert_guest(c, STATE(RUNNING), "h1", 2);
}

static void a_source_that_gives_up_keeps_the_guest(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    assert_int_equal(fake_report_failure(c, false), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_trace(c, BEGUN " h2.Refuse:1:3");
    assert_failure(c, "MIRROR_FAILED");
    assert_guest(c, STATE(RUNNING), "h1", 2);
    assert_int_equal(fake_report_failure(c, false), 0); /* repeated: answered the same */
}

static void a_repeated_relinquished_is_answered_and_activates_once(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[ACTIVATE].is_held = true;
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, "Activate");
    assert_guest(c, STATE(MIGRATING), "h2", 3);
    fake_release(h2(c), ACTIVATE);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    assert_trace(c, RETIRED);
}

static void a_relinquished_of_another_attempt_or_epoch_is_refused(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    assert_int_equal(fake_relinquished(c, 1, 1), -1);
    assert_error_code(&c->err, GW_ABORTED);
    assert_string_equal(c->err.reason, "STALE");
    assert_int_equal(fake_relinquished(c, 2, 2), -1);
    assert_error_code(&c->err, GW_FAILED_PRECONDITION);
    assert_int_equal(fake_relinquished(c, 0, 2), -1);
    assert_error_code(&c->err, GW_INVALID_ARGUMENT);
    assert_trace(c, BEGUN);
    assert_guest(c, STATE(MIGRATING), "h1", 2);
}

static void a_relinquished_after_the_move_was_undone_is_stale(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    assert_int_equal(fake_report_failure(c, false), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_int_equal(fake_relinquished(c, 1, 2), -1);
    assert_string_equal(c->err.reason, "STALE");
}

static void a_target_that_refuses_to_activate_gives_the_guest_back(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[ACTIVATE] = (struct rule){.code = GW_FAILED_PRECONDITION, .reason = "REFUSED"};
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_trace(c, ACTIVATED " h1.Regrant:1:4");
    assert_failure(c, "REFUSED");
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void a_target_that_fails_to_activate_is_asked_to_refuse_first(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[ACTIVATE].code = GW_INTERNAL;
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_trace(c, ACTIVATED " h2.Refuse:1:3 h1.Regrant:1:4");
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void a_target_that_does_not_know_of_it_after_the_commit_is_asked_again(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[ACTIVATE].code = GW_NOT_FOUND;
    h2(c)->rules[REFUSE].code = GW_NOT_FOUND; /* no proof that it will never run there */
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, "h2.Refuse:1:3 h2.Refuse:1:3");
    assert_guest(c, STATE(MIGRATING), "h2", 3);
    h2(c)->rules[REFUSE].code = GW_OK;
    cluster_wait_phase(c, PHASE(FAILED));
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void an_agent_that_is_away_is_asked_again(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h2(c)->rules[PREPARE].code = GW_UNAVAILABLE;
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, PREPARED " " PREPARED);
    h2(c)->rules[PREPARE].code = GW_OK;
    cluster_wait_trace(c, "h1.Begin");
}

static void a_cold_move_of_a_stopped_guest_leaves_it_stopped(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, false);
    assert_int_equal(cluster_move(c, COLD), 0);
    cluster_wait_trace(c, "Begin");
    assert_int_equal(fake_relinquished(c, 1, 1), 0);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
    assert_trace(c, "h2.Prepare:1:2 h1.Begin:1:1 h2.Activate:1:2 h1.Retire:1:1");
    assert_guest(c, STATE(STOPPED), "h2", 2);
}

static void a_cold_move_that_fails_after_the_shutdown_starts_the_guest_again(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, COLD), 0);
    cluster_wait_trace(c, BEGUN);
    assert_int_equal(fake_report_failure(c, true), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_trace(c, BEGUN " h1.Start:4 h2.Refuse:1:3");
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void a_guest_that_cannot_be_started_again_is_left_stopped(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h1(c)->rules[START].code = GW_INTERNAL;
    assert_int_equal(cluster_move(c, COLD), 0);
    cluster_wait_trace(c, BEGUN);
    assert_int_equal(fake_report_failure(c, true), 0);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_guest(c, STATE(STOPPED), "h1", 4);
    assert_failure(c, "MIRROR_FAILED");
}

static void a_target_that_was_away_refuses_when_it_is_back(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[REFUSE].code = GW_UNAVAILABLE;
    assert_int_equal(fake_report_failure(c, false), 0);
    cluster_wait_trace(c, "h2.Refuse:1:3");
    assert_guest(c, STATE(MIGRATING), "h1", 2);
    sch_driver_signal(sch_list_find(&c->scheduler->migrations, c->migration_id),
                      sch_signal_new(GW_EV_DEADLINE, 0));
    cluster_wait_phase(c, PHASE(FAILED));
    assert_guest(c, STATE(RUNNING), "h1", 2);
    h2(c)->rules[REFUSE].code = GW_OK;
    trace_clear(c);
    cluster_restart(c);
    cluster_wait_trace(c, "h2.Refuse:1:3");
    assert_guest(c, STATE(RUNNING), "h1", 2);
    trace_clear(c);
    cluster_restart(c);
    assert_guest(c, STATE(RUNNING), "h1", 2);
    assert_trace(c, "");
}

/* ---- cancel ---- */

static void cancel_ok(struct cluster *c)
{
    Godwit__V1__Migration *m = client_cancel(c);
    if (!m)
        fail_msg("%s", c->err.message);
    assert_true(m->cancel_requested);
    godwit__v1__migration__free_unpacked(m, NULL);
}

static void cancel_while_preparing_refuses_at_the_target(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h2(c)->rules[PREPARE].is_held = true;
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, PREPARED);
    cancel_ok(c);
    cluster_wait_phase(c, PHASE(CANCELLED));
    fake_release(h2(c), PREPARE); /* too late to matter */
    cancel_ok(c);
    assert_trace(c, PREPARED " h2.Refuse:1:3");
    assert_failure(c, "CANCELLED");
    assert_guest(c, STATE(RUNNING), "h1", 2);
}

static void cancel_while_copying_asks_the_source_then_refuses(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    cancel_ok(c);
    cluster_wait_phase(c, PHASE(CANCELLED));
    assert_trace(c, BEGUN " h1.Cancel:1:2 h2.Refuse:1:3");
    assert_guest(c, STATE(RUNNING), "h1", 2);
}

static void the_next_move_of_a_guest_is_a_higher_attempt(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    cancel_ok(c);
    cluster_wait_phase(c, PHASE(CANCELLED));
    trace_clear(c);
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, "h2.Prepare:2:3 h1.Begin:2:2");
    cancel_ok(c);
    cluster_wait_phase(c, PHASE(CANCELLED));
    cluster_restart(c);
    trace_clear(c);
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, "h2.Prepare:3:3 h1.Begin:3:2");
}

static void cancel_that_meets_a_relinquished_source_regrants(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h1(c)->rules[CANCEL].relinquished = true;
    cancel_ok(c);
    cluster_wait_phase(c, PHASE(CANCELLED));
    assert_trace(c, BEGUN " h1.Cancel:1:2 h1.Regrant:1:4 h2.Refuse:1:3");
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void cancel_of_a_cold_move_after_the_shutdown_starts_the_guest_again(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h1(c)->rules[CANCEL].guest_stopped = true;
    assert_int_equal(cluster_move(c, COLD), 0);
    cluster_wait_trace(c, BEGUN);
    cancel_ok(c);
    cluster_wait_phase(c, PHASE(CANCELLED));
    assert_trace(c, BEGUN " h1.Cancel:1:2 h1.Start:4 h2.Refuse:1:3");
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void cancel_after_the_commit_waits_for_the_targets_refusal(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[ACTIVATE].is_held = true;
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, ACTIVATED);
    cancel_ok(c);
    cluster_wait_phase(c, PHASE(CANCELLED));
    assert_trace(c, ACTIVATED " h2.Refuse:1:3 h1.Regrant:1:4");
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void cancel_that_meets_an_active_target_goes_forward(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[ACTIVATE].is_held = true;
    h2(c)->rules[REFUSE] =
        (struct rule){.code = GW_FAILED_PRECONDITION, .reason = "ALREADY_ACTIVE"};
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, ACTIVATED);
    cancel_ok(c);
    cluster_wait_trace(c, "h2.Refuse:1:3 h2.Activate:1:3");
    fake_release(h2(c), ACTIVATE);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
    assert_guest(c, STATE(RUNNING), "h2", 3);
    Godwit__V1__Migration *m = client_migration(c);
    assert_null(m->failure);
    godwit__v1__migration__free_unpacked(m, NULL);
}

static void cancel_when_the_guest_runs_at_the_target_is_too_late(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h1(c)->rules[RETIRE].is_held = true;
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, RETIRED);
    assert_guest(c, STATE(RUNNING), "h2", 3);
    assert_null(client_cancel(c));
    assert_error_code(&c->err, GW_FAILED_PRECONDITION);
    assert_string_equal(c->err.reason, "TOO_LATE");
    fake_release(h1(c), RETIRE);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
}

/* ---- restart of the scheduler ---- */

static void restart_while_preparing_asks_the_target_again(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h2(c)->rules[PREPARE].is_held = true;
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, PREPARED);
    cluster_restart(c);
    cluster_wait_trace(c, PREPARED " " PREPARED);
    fake_release(h2(c), PREPARE);
    cluster_wait_trace(c, "h1.Begin:1:2");
}

static void restart_while_copying_asks_the_source_again_and_goes_on(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    cluster_wait_phase(c, PHASE(COPYING));
    cluster_restart(c);
    cluster_wait_trace(c, BEGUN " h1.Begin:1:2");
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
    assert_guest(c, STATE(RUNNING), "h2", 3);
}

static void restart_after_the_commit_activates_again(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[ACTIVATE].is_held = true;
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, ACTIVATED);
    cluster_restart(c);
    cluster_wait_trace(c, ACTIVATED " h2.Activate:1:3");
    fake_release(h2(c), ACTIVATE);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
    assert_guest(c, STATE(RUNNING), "h2", 3);
}

static void restart_while_retiring_retires_again(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h1(c)->rules[RETIRE].is_held = true;
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, RETIRED);
    cluster_restart(c);
    cluster_wait_trace(c, RETIRED " h1.Retire:1:2");
    assert_string_equal(h1(c)->last_retired, "data/root.qcow2");
    fake_release(h1(c), RETIRE);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
}

static void restart_while_cancelling_asks_the_source_again(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h1(c)->rules[CANCEL].is_held = true;
    cancel_ok(c);
    cluster_wait_trace(c, "h1.Cancel:1:2");
    cluster_restart(c);
    cluster_wait_trace(c, "h1.Cancel:1:2 h1.Cancel:1:2");
    fake_release(h1(c), CANCEL);
    cluster_wait_phase(c, PHASE(CANCELLED));
}

static void restart_while_regranting_tells_the_source_again(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h1(c)->rules[CANCEL].relinquished = true;
    h1(c)->rules[REGRANT].is_held = true;
    cancel_ok(c);
    cluster_wait_trace(c, "h1.Regrant:1:4");
    cluster_restart(c);
    cluster_wait_trace(c, "h1.Regrant:1:4 h1.Regrant:1:4");
    fake_release(h1(c), REGRANT);
    cluster_wait_phase(c, PHASE(CANCELLED));
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void restart_while_taking_back_asks_the_target_again(void **state)
{
    struct cluster *c = *state;
    begin_move(c);
    h2(c)->rules[ACTIVATE].code = GW_INTERNAL;
    h2(c)->rules[REFUSE].is_held = true;
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, "h2.Refuse:1:3");
    cluster_restart(c);
    cluster_wait_trace(c, "h2.Refuse:1:3 h2.Refuse:1:3");
    assert_guest(c, STATE(MIGRATING), "h2", 3);
    fake_release(h2(c), REFUSE);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

static void restart_while_restarting_the_guest_starts_it_again_under_the_same_epoch(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    h1(c)->rules[START].is_held = true;
    assert_int_equal(cluster_move(c, COLD), 0);
    cluster_wait_trace(c, BEGUN);
    assert_int_equal(fake_report_failure(c, true), 0);
    cluster_wait_trace(c, "h1.Start:4");
    cluster_restart(c);
    cluster_wait_trace(c, "h1.Start:4 h1.Start:4");
    fake_release(h1(c), START);
    cluster_wait_phase(c, PHASE(FAILED));
    assert_guest(c, STATE(RUNNING), "h1", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLUSTER_TEST(a_live_move_asks_in_the_order_of_the_handover),
        CLUSTER_TEST(a_disk_in_a_pool_that_both_see_is_neither_copied_nor_retired),
        CLUSTER_TEST(a_disk_in_a_pool_that_is_shared_in_name_only_is_copied),
        CLUSTER_TEST(a_probe_that_fails_fails_the_move_before_anything_is_asked),
        CLUSTER_TEST(a_target_that_cannot_prepare_is_told_to_refuse_and_the_guest_stays),
        CLUSTER_TEST(a_source_that_cannot_begin_is_cancelled_and_keeps_the_guest),
        CLUSTER_TEST(a_source_that_gives_up_keeps_the_guest),
        CLUSTER_TEST(a_repeated_relinquished_is_answered_and_activates_once),
        CLUSTER_TEST(a_relinquished_of_another_attempt_or_epoch_is_refused),
        CLUSTER_TEST(a_relinquished_after_the_move_was_undone_is_stale),
        CLUSTER_TEST(a_target_that_refuses_to_activate_gives_the_guest_back),
        CLUSTER_TEST(a_target_that_fails_to_activate_is_asked_to_refuse_first),
        CLUSTER_TEST(a_target_that_does_not_know_of_it_after_the_commit_is_asked_again),
        CLUSTER_TEST(an_agent_that_is_away_is_asked_again),
        CLUSTER_TEST(a_cold_move_of_a_stopped_guest_leaves_it_stopped),
        CLUSTER_TEST(a_cold_move_that_fails_after_the_shutdown_starts_the_guest_again),
        CLUSTER_TEST(a_guest_that_cannot_be_started_again_is_left_stopped),
        CLUSTER_TEST(a_target_that_was_away_refuses_when_it_is_back),
        CLUSTER_TEST(cancel_while_preparing_refuses_at_the_target),
        CLUSTER_TEST(cancel_while_copying_asks_the_source_then_refuses),
        CLUSTER_TEST(the_next_move_of_a_guest_is_a_higher_attempt),
        CLUSTER_TEST(cancel_that_meets_a_relinquished_source_regrants),
        CLUSTER_TEST(cancel_of_a_cold_move_after_the_shutdown_starts_the_guest_again),
        CLUSTER_TEST(cancel_after_the_commit_waits_for_the_targets_refusal),
        CLUSTER_TEST(cancel_that_meets_an_active_target_goes_forward),
        CLUSTER_TEST(cancel_when_the_guest_runs_at_the_target_is_too_late),
        CLUSTER_TEST(restart_while_preparing_asks_the_target_again),
        CLUSTER_TEST(restart_while_copying_asks_the_source_again_and_goes_on),
        CLUSTER_TEST(restart_after_the_commit_activates_again),
        CLUSTER_TEST(restart_while_retiring_retires_again),
        CLUSTER_TEST(restart_while_cancelling_asks_the_source_again),
        CLUSTER_TEST(restart_while_regranting_tells_the_source_again),
        CLUSTER_TEST(restart_while_taking_back_asks_the_target_again),
        CLUSTER_TEST(restart_while_restarting_the_guest_starts_it_again_under_the_same_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
