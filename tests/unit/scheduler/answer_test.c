/* What the agents' answers mean, above all which of them decide something after the commit. */
#include "driver.h"

#include "support/test.h"

enum { RETRY = -1, NOTHING = -2 };

static int
meaning(enum gw_effect effect, enum gw_migration_state state, enum gw_code code, const char *reason)
{
    struct gw_error err = {.code = code};
    gw_error_reason(&err, reason);
    enum gw_migration_event_kind kind;
    bool retry;
    if (sch_answer_event(effect, state, &err, &kind, &retry))
        return (int)kind;
    return retry ? RETRY : NOTHING;
}

static void success_is_the_event_of_its_call(void **state)
{
    (void)state;
    const struct {
        enum gw_effect effect;
        int event;
    } rows[] = {
        {GW_EFFECT_SEND_PREPARE, GW_EV_PREPARED},       {GW_EFFECT_SEND_BEGIN, NOTHING},
        {GW_EFFECT_SEND_ACTIVATE, GW_EV_ACTIVATED},     {GW_EFFECT_SEND_RETIRE, GW_EV_RETIRED},
        {GW_EFFECT_SEND_CANCEL, GW_EV_CANCEL_ANSWERED}, {GW_EFFECT_SEND_REFUSE, GW_EV_REFUSED},
        {GW_EFFECT_SEND_REGRANT, GW_EV_REGRANTED},      {GW_EFFECT_START_AT_SOURCE, GW_EV_STARTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(meaning(rows[i].effect, GW_MIGRATION_COPYING, GW_OK, ""), rows[i].event);
}

static void an_agent_that_is_away_is_asked_again_whatever_was_asked(void **state)
{
    (void)state;
    const enum gw_code away[] = {GW_UNAVAILABLE, GW_DEADLINE_EXCEEDED, GW_CANCELLED};
    for (unsigned bit = GW_EFFECT_SEND_PREPARE; bit <= GW_EFFECT_START_AT_SOURCE; bit <<= 1) {
        for (size_t i = 0; i < sizeof away / sizeof away[0]; i++)
            assert_int_equal(meaning((enum gw_effect)bit, GW_MIGRATION_COPYING, away[i], ""),
                             RETRY);
    }
}

static void only_its_word_refused_counts_as_a_targets_refusal(void **state)
{
    (void)state;
    enum gw_migration_state at = GW_MIGRATION_COMMITTED;
    assert_int_equal(meaning(GW_EFFECT_SEND_ACTIVATE, at, GW_ABORTED, "REFUSED"),
                     GW_EV_ACTIVATE_REFUSED);
    assert_int_equal(meaning(GW_EFFECT_SEND_ACTIVATE, at, GW_FAILED_PRECONDITION, "NOT_LOADED"),
                     GW_EV_ACTIVATE_FAILED);
    assert_int_equal(meaning(GW_EFFECT_SEND_ACTIVATE, at, GW_NOT_FOUND, ""), GW_EV_ACTIVATE_FAILED);
}

static void a_target_that_knows_of_nothing_refuses_only_before_the_commit(void **state)
{
    (void)state;
    enum gw_effect effect = GW_EFFECT_SEND_REFUSE;
    assert_int_equal(meaning(effect, GW_MIGRATION_REFUSING, GW_NOT_FOUND, ""), GW_EV_REFUSED);
    assert_int_equal(meaning(effect, GW_MIGRATION_REFUSING, GW_ABORTED, "STALE"), GW_EV_REFUSED);
    assert_int_equal(meaning(effect, GW_MIGRATION_TAKING_BACK, GW_NOT_FOUND, ""), RETRY);
    assert_int_equal(meaning(effect, GW_MIGRATION_TAKING_BACK, GW_ABORTED, "STALE"), RETRY);
    assert_int_equal(
        meaning(effect, GW_MIGRATION_TAKING_BACK, GW_FAILED_PRECONDITION, "ALREADY_ACTIVE"),
        GW_EV_REFUSE_DENIED);
}

static void a_source_that_knows_of_nothing_has_its_guest(void **state)
{
    (void)state;
    enum gw_migration_state at = GW_MIGRATION_CANCELLING;
    assert_int_equal(meaning(GW_EFFECT_SEND_CANCEL, at, GW_NOT_FOUND, ""), GW_EV_CANCEL_ANSWERED);
    assert_int_equal(meaning(GW_EFFECT_SEND_CANCEL, at, GW_INTERNAL, ""), RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_the_event_of_its_call),
        cmocka_unit_test(an_agent_that_is_away_is_asked_again_whatever_was_asked),
        cmocka_unit_test(only_its_word_refused_counts_as_a_targets_refusal),
        cmocka_unit_test(a_target_that_knows_of_nothing_refuses_only_before_the_commit),
        cmocka_unit_test(a_source_that_knows_of_nothing_has_its_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
