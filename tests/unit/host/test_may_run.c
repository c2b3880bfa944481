/* Who may run a guest, by its two records; and what makes a message stale. */
#include "tests/support/test.h"

#include "host/may_run.h"

static struct gw_record rec(enum gw_record_state state, uint64_t epoch)
{
    struct gw_record r = {.state = state, .epoch = epoch, .migration_id = "m", .attempt = 2};
    return r;
}

static bool may_run(enum gw_record_state t, uint64_t te, enum gw_record_state s, uint64_t se)
{
    struct gw_record target = rec(t, te);
    struct gw_record source = rec(s, se);
    return gw_may_run(&target, &source);
}

static void only_an_active_target_lets_a_guest_run(void **state)
{
    (void)state;
    for (unsigned t = 0; t < GW_RECORD_STATE_COUNT; t++)
        assert_int_equal(may_run((enum gw_record_state)t, 3, GW_RECORD_NONE, 0),
                         t == GW_RECORD_ACTIVE);
}

static void giving_up_ends_the_right_to_run(void **state)
{
    (void)state;
    assert_false(may_run(GW_RECORD_ACTIVE, 3, GW_RECORD_RELINQUISHED, 3));
    assert_false(may_run(GW_RECORD_ACTIVE, 3, GW_RECORD_RELINQUISHED, 4));
    assert_false(may_run(GW_RECORD_ACTIVE, 3, GW_RECORD_RETIRED, 3));
}

static void holding_and_outgoing_keep_it(void **state)
{
    (void)state;
    assert_true(may_run(GW_RECORD_ACTIVE, 3, GW_RECORD_HOLDING, 3));
    assert_true(may_run(GW_RECORD_ACTIVE, 3, GW_RECORD_OUTGOING, 3));
}

static void a_regrant_and_a_return_give_it_back(void **state)
{
    (void)state;
    assert_true(may_run(GW_RECORD_ACTIVE, 3, GW_RECORD_HOLDING, 5));
    assert_true(may_run(GW_RECORD_ACTIVE, 5, GW_RECORD_RETIRED, 3));
}

static void a_guest_that_was_only_made_is_held_until_it_leaves(void **state)
{
    struct gw_record made = rec(GW_RECORD_CREATED, 3);
    struct gw_record source = rec(GW_RECORD_NONE, 0);
    (void)state;
    assert_true(gw_is_holder(&made, &source));
    assert_false(gw_may_run(&made, &source));
    source = rec(GW_RECORD_RELINQUISHED, 3);
    assert_false(gw_is_holder(&made, &source));
    source = rec(GW_RECORD_RETIRED, 3);
    assert_false(gw_is_holder(&made, &source));
}

static void the_epoch_is_the_higher_of_both(void **state)
{
    (void)state;
    struct gw_record a = rec(GW_RECORD_ACTIVE, 3);
    struct gw_record b = rec(GW_RECORD_HOLDING, 5);
    assert_int_equal(gw_record_epoch(&a, &b), 5);
    assert_int_equal(gw_record_epoch(&b, &a), 5);
}

static void attempts_compare_by_epoch_then_attempt(void **state)
{
    (void)state;
    struct gw_record r = rec(GW_RECORD_INCOMING, 5);
    assert_int_equal(gw_attempt_compare(&r, "m", 2, 5), GW_ATTEMPT_SAME);
    assert_int_equal(gw_attempt_compare(&r, "m", 1, 5), GW_ATTEMPT_STALE);
    assert_int_equal(gw_attempt_compare(&r, "m", 3, 5), GW_ATTEMPT_NEWER);
    assert_int_equal(gw_attempt_compare(&r, "m", 9, 4), GW_ATTEMPT_STALE);
    assert_int_equal(gw_attempt_compare(&r, "m", 1, 6), GW_ATTEMPT_NEWER);
    assert_int_equal(gw_attempt_compare(&r, "n", 1, 6), GW_ATTEMPT_NEWER);
}

static void an_older_migration_under_the_same_epoch_is_stale(void **state)
{
    (void)state;
    struct gw_record r = rec(GW_RECORD_INCOMING, 5);
    assert_int_equal(gw_attempt_compare(&r, "cancelled", 1, 5), GW_ATTEMPT_STALE);
    assert_int_equal(gw_attempt_compare(&r, "another", 2, 5), GW_ATTEMPT_STALE);
    assert_int_equal(gw_attempt_compare(&r, "next", 3, 5), GW_ATTEMPT_NEWER);
}

static void stale_names_both_sides(void **state)
{
    (void)state;
    struct gw_record r = rec(GW_RECORD_INCOMING, 5);
    struct gw_error err = {0};
    assert_int_equal(gw_attempt_stale(&err, &r, "m", 1, 4), -1);
    assert_error(&err, GW_ABORTED, "epoch 4");
    assert_contains(err.message, "incoming at epoch 5");
    assert_string_equal(err.reason, "STALE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_an_active_target_lets_a_guest_run),
        cmocka_unit_test(giving_up_ends_the_right_to_run),
        cmocka_unit_test(holding_and_outgoing_keep_it),
        cmocka_unit_test(a_regrant_and_a_return_give_it_back),
        cmocka_unit_test(a_guest_that_was_only_made_is_held_until_it_leaves),
        cmocka_unit_test(the_epoch_is_the_higher_of_both),
        cmocka_unit_test(attempts_compare_by_epoch_then_attempt),
        cmocka_unit_test(an_older_migration_under_the_same_epoch_is_stale),
        cmocka_unit_test(stale_names_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
