/* The handover's table: complete, and never against its rules. */
#include "core/migration.h"

#include "support/test.h"

#include "base/scope.h"
#include "core/migration_table.h"

static struct gw_migration in_state(enum gw_migration_state state)
{
    struct gw_migration m = gw_migration_planned(7, 1, true, true);
    m.state = state;
    return m;
}

static struct gw_migration_event event(enum gw_migration_event_kind kind)
{
    return (struct gw_migration_event){.kind = kind, .attempt = 1, .epoch = 7};
}

/* Step and take it; the verdict must be MOVED. */
static unsigned move(struct gw_migration *m, struct gw_migration_event ev)
{
    struct gw_migration_step step = gw_migration_step(m, &ev);
    assert_int_equal(step.verdict, GW_VERDICT_MOVED);
    *m = step.next;
    return step.effects;
}

static unsigned move_on(struct gw_migration *m, enum gw_migration_event_kind kind)
{
    return move(m, event(kind));
}

static void every_pair_of_state_and_event_has_its_row(void **state)
{
    (void)state;
    for (unsigned s = 0; s < GW_MIGRATION_STATE_COUNT; s++) {
        for (unsigned e = 0; e < GW_EV_COUNT; e++) {
            bool is_covered = false;
            for (size_t i = 0; i < gw_migration_n_rows; i++) {
                const struct gw_migration_row *row = &gw_migration_rows[i];
                if (row->from != s || !(row->events & (1u << e)))
                    continue;
                if (is_covered)
                    fail_msg("row %zu for %s in %s can never be reached", i,
                             gw_migration_event_name(e), gw_migration_state_name(s));
                is_covered = row->guard == GW_GUARD_ALWAYS;
            }
            if (!is_covered)
                fail_msg("%s in %s has no row", gw_migration_event_name(e),
                         gw_migration_state_name(s));
        }
    }
}

static void only_moves_change_the_state_and_only_the_last_states_are_dead_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < gw_migration_n_rows; i++) {
        const struct gw_migration_row *row = &gw_migration_rows[i];
        if (row->action == GW_ACTION_MOVE) {
            assert_int_not_equal(row->from, row->to);
            assert_false(gw_migration_is_finished(row->from));
        } else {
            assert_int_equal(row->from, row->to);
        }
        bool ends = row->action == GW_ACTION_MOVE && gw_migration_is_finished(row->to);
        assert_int_equal(ends, (row->effects & GW_EFFECT_FINISH) != 0);
    }
}

static void the_commit_follows_from_the_sources_word_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < gw_migration_n_rows; i++) {
        const struct gw_migration_row *row = &gw_migration_rows[i];
        if (!(row->effects & GW_EFFECT_COMMIT))
            continue;
        assert_int_equal(row->events, 1u << GW_EV_RELINQUISHED);
        assert_int_equal(row->from, GW_MIGRATION_COPYING);
    }
}

static void after_the_commit_the_source_gets_it_back_on_the_targets_refusal_alone(void **state)
{
    (void)state;
    unsigned refusals = 1u << GW_EV_REFUSED | 1u << GW_EV_ACTIVATE_REFUSED;
    for (size_t i = 0; i < gw_migration_n_rows; i++) {
        const struct gw_migration_row *row = &gw_migration_rows[i];
        if (row->from != GW_MIGRATION_COMMITTED && row->from != GW_MIGRATION_TAKING_BACK)
            continue;
        if (row->effects & GW_EFFECT_REGRANT)
            assert_int_equal(row->events & ~refusals, 0);
        if (row->action == GW_ACTION_MOVE && row->to == GW_MIGRATION_REGRANTING)
            assert_true(row->marks & GW_MARK_TARGET_REFUSED);
    }
}

static void the_source_retires_only_from_a_guest_that_is_the_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < gw_migration_n_rows; i++) {
        const struct gw_migration_row *row = &gw_migration_rows[i];
        if (!(row->effects & GW_EFFECT_SEND_RETIRE) || row->action != GW_ACTION_MOVE)
            continue;
        bool is_active =
            row->events == 1u << GW_EV_ACTIVATED || row->guard == GW_GUARD_TARGET_ACTIVE;
        assert_true(is_active);
    }
}

static void each_unfinished_state_has_a_deadline_and_something_to_send_again(void **state)
{
    (void)state;
    for (unsigned s = 0; s < GW_MIGRATION_STATE_COUNT; s++) {
        struct gw_migration m = in_state(s);
        bool is_open = !gw_migration_is_finished(s);
        assert_int_equal(gw_migration_deadline_ms(s) != 0, is_open);
        assert_int_equal(gw_migration_resume(&m) != 0, is_open);
        if (!is_open)
            continue;
        struct gw_migration_event late = {.kind = GW_EV_DEADLINE};
        struct gw_migration_step step = gw_migration_step(&m, &late);
        assert_true(step.verdict == GW_VERDICT_MOVED || step.verdict == GW_VERDICT_RESEND);
        if (step.verdict == GW_VERDICT_RESEND)
            assert_int_equal(step.effects, gw_migration_resume(&m));
    }
}

static void a_cancel_is_taken_noted_or_refused_as_too_late(void **state)
{
    (void)state;
    const struct {
        enum gw_verdict verdict;
        enum gw_migration_state to;
    } want[GW_MIGRATION_STATE_COUNT] = {
        [GW_MIGRATION_PLANNED] = {GW_VERDICT_MOVED, GW_MIGRATION_CANCELLED},
        [GW_MIGRATION_PREPARING] = {GW_VERDICT_MOVED, GW_MIGRATION_REFUSING},
        [GW_MIGRATION_COPYING] = {GW_VERDICT_MOVED, GW_MIGRATION_CANCELLING},
        [GW_MIGRATION_COMMITTED] = {GW_VERDICT_MOVED, GW_MIGRATION_TAKING_BACK},
        [GW_MIGRATION_RETIRING] = {GW_VERDICT_REFUSED, GW_MIGRATION_RETIRING},
        [GW_MIGRATION_CANCELLING] = {GW_VERDICT_SAME, GW_MIGRATION_CANCELLING},
        [GW_MIGRATION_TAKING_BACK] = {GW_VERDICT_SAME, GW_MIGRATION_TAKING_BACK},
        [GW_MIGRATION_REGRANTING] = {GW_VERDICT_SAME, GW_MIGRATION_REGRANTING},
        [GW_MIGRATION_RESTARTING] = {GW_VERDICT_SAME, GW_MIGRATION_RESTARTING},
        [GW_MIGRATION_REFUSING] = {GW_VERDICT_SAME, GW_MIGRATION_REFUSING},
        [GW_MIGRATION_SUCCEEDED] = {GW_VERDICT_REFUSED, GW_MIGRATION_SUCCEEDED},
        [GW_MIGRATION_FAILED] = {GW_VERDICT_REFUSED, GW_MIGRATION_FAILED},
        [GW_MIGRATION_CANCELLED] = {GW_VERDICT_SAME, GW_MIGRATION_CANCELLED},
    };
    for (unsigned s = 0; s < GW_MIGRATION_STATE_COUNT; s++) {
        struct gw_migration m = in_state(s);
        struct gw_migration_event cancel = {.kind = GW_EV_CANCEL};
        struct gw_migration_step step = gw_migration_step(&m, &cancel);
        assert_int_equal(step.verdict, want[s].verdict);
        assert_int_equal(step.next.state, want[s].to);
        if (step.verdict == GW_VERDICT_MOVED)
            assert_true(step.next.is_cancelled);
        if (step.verdict == GW_VERDICT_REFUSED)
            assert_string_equal(step.reason, "TOO_LATE");
    }
}

static void a_live_move_goes_from_planned_to_succeeded(void **state)
{
    (void)state;
    struct gw_migration m = gw_migration_planned(7, 1, true, true);
    assert_int_equal(gw_migration_resume(&m), GW_EFFECT_PROBE);
    assert_int_equal(move_on(&m, GW_EV_PROBED), GW_EFFECT_SEND_PREPARE);
    assert_int_equal(move_on(&m, GW_EV_PREPARED), GW_EFFECT_SEND_BEGIN);
    assert_int_equal(move_on(&m, GW_EV_RELINQUISHED), GW_EFFECT_COMMIT | GW_EFFECT_SEND_ACTIVATE);
    assert_int_equal(m.guest_epoch, 8);
    assert_int_equal(move_on(&m, GW_EV_ACTIVATED), GW_EFFECT_SEND_RETIRE);
    assert_int_equal(move_on(&m, GW_EV_RETIRED), GW_EFFECT_FINISH);
    assert_int_equal(m.state, GW_MIGRATION_SUCCEEDED);
}

static void a_refusing_target_gives_the_guest_back_above_its_own_epoch(void **state)
{
    (void)state;
    struct gw_migration m = in_state(GW_MIGRATION_COPYING);
    move_on(&m, GW_EV_RELINQUISHED);
    assert_int_equal(move_on(&m, GW_EV_ACTIVATE_REFUSED),
                     GW_EFFECT_REGRANT | GW_EFFECT_SEND_REGRANT);
    assert_int_equal(m.guest_epoch, 9);
    assert_int_equal(move_on(&m, GW_EV_REGRANTED), GW_EFFECT_FINISH);
    assert_int_equal(m.state, GW_MIGRATION_FAILED);
}

static void a_cancel_that_meets_a_relinquished_source_regrants_above_the_targets_epoch(void **state)
{
    (void)state;
    struct gw_migration m = in_state(GW_MIGRATION_COPYING);
    assert_int_equal(move_on(&m, GW_EV_CANCEL), GW_EFFECT_SEND_CANCEL);
    struct gw_migration_event answer = event(GW_EV_CANCEL_ANSWERED);
    answer.relinquished = true;
    assert_int_equal(move(&m, answer), GW_EFFECT_REGRANT | GW_EFFECT_SEND_REGRANT);
    assert_int_equal(m.guest_epoch, 9);
    assert_int_equal(move_on(&m, GW_EV_REGRANTED), GW_EFFECT_SEND_REFUSE);
    assert_int_equal(move_on(&m, GW_EV_REFUSED), GW_EFFECT_FINISH);
    assert_int_equal(m.state, GW_MIGRATION_CANCELLED);
}

static void a_guest_shut_down_for_a_cold_move_is_started_again_at_its_source(void **state)
{
    (void)state;
    struct gw_migration m = gw_migration_planned(7, 1, false, true);
    m.state = GW_MIGRATION_COPYING;
    struct gw_migration_event failed = event(GW_EV_SOURCE_FAILED);
    failed.guest_stopped = true;
    assert_int_equal(move(&m, failed), GW_EFFECT_REGRANT | GW_EFFECT_START_AT_SOURCE);
    assert_int_equal(m.guest_epoch, 9);
    assert_int_equal(move_on(&m, GW_EV_STARTED), GW_EFFECT_SEND_REFUSE);
    move_on(&m, GW_EV_REFUSED);
    assert_int_equal(m.state, GW_MIGRATION_FAILED);
}

static void a_cold_move_of_a_stopped_guest_leaves_it_stopped_when_undone(void **state)
{
    (void)state;
    struct gw_migration m = gw_migration_planned(7, 1, false, false);
    m.state = GW_MIGRATION_COPYING;
    struct gw_migration_event failed = event(GW_EV_SOURCE_FAILED);
    failed.guest_stopped = true;
    assert_int_equal(move(&m, failed), GW_EFFECT_SEND_REFUSE);
    assert_int_equal(m.guest_epoch, 7);
}

static void a_cold_guest_taken_back_after_the_commit_is_regranted_and_started(void **state)
{
    (void)state;
    struct gw_migration m = gw_migration_planned(7, 1, false, true);
    m.state = GW_MIGRATION_COPYING;
    move_on(&m, GW_EV_RELINQUISHED);
    move_on(&m, GW_EV_CANCEL);
    assert_int_equal(m.state, GW_MIGRATION_TAKING_BACK);
    move_on(&m, GW_EV_REFUSED);
    assert_int_equal(m.guest_epoch, 9);
    assert_int_equal(move_on(&m, GW_EV_REGRANTED), GW_EFFECT_REGRANT | GW_EFFECT_START_AT_SOURCE);
    assert_int_equal(m.guest_epoch, 10);
    assert_int_equal(move_on(&m, GW_EV_STARTED), GW_EFFECT_FINISH);
    assert_int_equal(m.state, GW_MIGRATION_CANCELLED);
}

static void a_target_that_is_active_cannot_be_undone(void **state)
{
    (void)state;
    struct gw_migration m = in_state(GW_MIGRATION_COMMITTED);
    move_on(&m, GW_EV_CANCEL);
    assert_int_equal(move_on(&m, GW_EV_REFUSE_DENIED), GW_EFFECT_SEND_ACTIVATE);
    assert_int_equal(m.state, GW_MIGRATION_COMMITTED);
    assert_false(m.is_cancelled);
    struct gw_migration_event cancel = {.kind = GW_EV_CANCEL};
    assert_int_equal(gw_migration_step(&m, &cancel).verdict, GW_VERDICT_REFUSED);
    assert_int_equal(move_on(&m, GW_EV_ACTIVATE_FAILED), GW_EFFECT_SEND_RETIRE);
}

static void an_activation_that_wins_against_the_refusal_goes_forward(void **state)
{
    (void)state;
    struct gw_migration m = in_state(GW_MIGRATION_COMMITTED);
    move_on(&m, GW_EV_CANCEL);
    assert_int_equal(move_on(&m, GW_EV_ACTIVATED), GW_EFFECT_SEND_RETIRE);
    assert_false(m.is_cancelled);
}

static void a_word_of_another_attempt_or_epoch_changes_nothing(void **state)
{
    (void)state;
    for (unsigned s = 0; s < GW_MIGRATION_STATE_COUNT; s++) {
        struct gw_migration m = in_state(s);
        m.attempt = 2;
        struct gw_migration_event old = event(GW_EV_RELINQUISHED);
        struct gw_migration_step step = gw_migration_step(&m, &old);
        assert_int_equal(step.verdict, GW_VERDICT_STALE);
        assert_string_equal(step.reason, "STALE");
        assert_int_equal(step.effects, 0);
        old.attempt = 3;
        assert_int_equal(gw_migration_step(&m, &old).verdict, GW_VERDICT_REFUSED);
        old.attempt = 2;
        old.epoch = 6;
        assert_int_equal(gw_migration_step(&m, &old).verdict, GW_VERDICT_STALE);
        old.epoch = 8;
        assert_int_equal(gw_migration_step(&m, &old).verdict, GW_VERDICT_REFUSED);
    }
}

static void a_repeated_word_of_the_source_is_answered_as_before(void **state)
{
    (void)state;
    const enum gw_migration_state after[] = {GW_MIGRATION_COMMITTED, GW_MIGRATION_RETIRING,
                                             GW_MIGRATION_TAKING_BACK, GW_MIGRATION_REGRANTING,
                                             GW_MIGRATION_SUCCEEDED};
    for (size_t i = 0; i < GW_ARRAY_LEN(after); i++) {
        struct gw_migration m = in_state(after[i]);
        struct gw_migration_event again = event(GW_EV_RELINQUISHED);
        assert_int_equal(gw_migration_step(&m, &again).verdict, GW_VERDICT_SAME);
    }
}

static void a_lost_host_aborts_only_what_nobody_can_have_begun(void **state)
{
    (void)state;
    for (unsigned s = 0; s < GW_MIGRATION_STATE_COUNT; s++) {
        struct gw_migration m = in_state(s);
        struct gw_migration_event lost = {.kind = GW_EV_SOURCE_LOST};
        bool aborts = s == GW_MIGRATION_PLANNED || s == GW_MIGRATION_PREPARING;
        assert_int_equal(gw_migration_step(&m, &lost).verdict == GW_VERDICT_MOVED, aborts);
        lost.kind = GW_EV_TARGET_LOST;
        assert_int_equal(gw_migration_step(&m, &lost).verdict == GW_VERDICT_MOVED, aborts);
    }
}

static void names_of_states_can_be_read_back(void **state)
{
    (void)state;
    for (unsigned s = 0; s < GW_MIGRATION_STATE_COUNT; s++) {
        enum gw_migration_state back;
        assert_int_equal(gw_migration_state_parse(gw_migration_state_name(s), &back), 0);
        assert_int_equal(back, s);
    }
    enum gw_migration_state none;
    assert_int_equal(gw_migration_state_parse("LIMBO", &none), -1);
    assert_string_equal(gw_phase_name(GW_PHASE_ABORTING), "ABORTING");
    assert_string_equal(gw_phase_name(GW_PHASE_COPYING), "COPYING");
    assert_string_equal(gw_migration_event_name(GW_EV_COUNT), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_state_and_event_has_its_row),
        cmocka_unit_test(only_moves_change_the_state_and_only_the_last_states_are_dead_ends),
        cmocka_unit_test(the_commit_follows_from_the_sources_word_alone),
        cmocka_unit_test(after_the_commit_the_source_gets_it_back_on_the_targets_refusal_alone),
        cmocka_unit_test(the_source_retires_only_from_a_guest_that_is_the_targets),
        cmocka_unit_test(each_unfinished_state_has_a_deadline_and_something_to_send_again),
        cmocka_unit_test(a_cancel_is_taken_noted_or_refused_as_too_late),
        cmocka_unit_test(a_live_move_goes_from_planned_to_succeeded),
        cmocka_unit_test(a_refusing_target_gives_the_guest_back_above_its_own_epoch),
        cmocka_unit_test(
            a_cancel_that_meets_a_relinquished_source_regrants_above_the_targets_epoch),
        cmocka_unit_test(a_guest_shut_down_for_a_cold_move_is_started_again_at_its_source),
        cmocka_unit_test(a_cold_move_of_a_stopped_guest_leaves_it_stopped_when_undone),
        cmocka_unit_test(a_cold_guest_taken_back_after_the_commit_is_regranted_and_started),
        cmocka_unit_test(a_target_that_is_active_cannot_be_undone),
        cmocka_unit_test(an_activation_that_wins_against_the_refusal_goes_forward),
        cmocka_unit_test(a_word_of_another_attempt_or_epoch_changes_nothing),
        cmocka_unit_test(a_repeated_word_of_the_source_is_answered_as_before),
        cmocka_unit_test(a_lost_host_aborts_only_what_nobody_can_have_begun),
        cmocka_unit_test(names_of_states_can_be_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
