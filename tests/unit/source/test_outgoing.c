/* The table of a live move: every pair of state and event, then the courses that matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/source/outgoing.h"

/* One letter per event: what state the pair leads to from a move of one disk that nothing is known
 * of yet; '.' ignored. Written by hand from docs/source.md, apart from the table itself. */
struct expectation {
    enum src_outgoing_state state;
    const char *outcome;
};

/*  b BEGIN  r RESTARTED  p PREPARED  f COMMAND_FAILED  R E F jobs
 *  n a s d c x migration  j J journal  w a timers  C cancel  k cleaned  l L qmp  q qemu ended */
static const struct expectation expected[] = {
    {SRC_OUT_NEW, "PA..............XX...X"},
    {SRC_OUT_ADOPTING, "...L..LKMSLKK..L.L..AX"},
    {SRC_OUT_PREPARE_QEMU, "..IK.KK..........K.A.X"},
    {SRC_OUT_MIRRORING, "...KMKK..........K.A.X"},
    {SRC_OUT_MEMORY, "...L.LL..SLKK....L.A.X"},
    {SRC_OUT_PRE_SWITCHOVER, "...L.DL...LKK..L.L.A.X"},
    {SRC_OUT_DEVICE, "...L.......OK..L.L.A.X"},
    {SRC_OUT_COMPLETED, ".............QK......."},
    {SRC_OUT_RELINQUISHED, "......................"},
    {SRC_OUT_CANCELLING, ".......K...KK...L...LX"},
    {SRC_OUT_CLEANING, "................K.X.KX"},
    {SRC_OUT_FAILED, "......................"},
};

static char letter_of(enum src_outgoing_state state)
{
    static const char letters[SRC_OUT_STATE_COUNT + 1] = "NAPIMSDOQLKX";

    return letters[state];
}

static char outcome_of(enum src_outgoing_state state, enum src_outgoing_event event)
{
    struct src_outgoing move;
    enum src_outgoing_effect effects[SRC_EFFECTS_MAX];

    src_outgoing_init(&move, 1);
    move.state = state;
    bool moved = src_outgoing_step(&move, event, 0, effects);
    if (!moved && effects[0] == SRC_DO_NOTHING)
        return '.';
    return letter_of(move.state);
}

static void every_pair_is_a_row_or_an_explicit_refusal(void **state)
{
    (void)state;
    for (int s = 0; s < SRC_OUT_STATE_COUNT; s++)
        for (int e = 0; e < SRC_EV_COUNT; e++)
            if (!src_outgoing_is_defined((enum src_outgoing_state)s, (enum src_outgoing_event)e))
                fail_msg("%s on %s is not in the table exactly once",
                         src_outgoing_event_name((enum src_outgoing_event)e),
                         src_outgoing_state_name((enum src_outgoing_state)s));
}

static void every_pair_leads_where_the_document_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(strlen(expected[i].outcome), SRC_EV_COUNT);
        for (int e = 0; e < SRC_EV_COUNT; e++) {
            char got = outcome_of(expected[i].state, (enum src_outgoing_event)e);
            if (got != expected[i].outcome[e])
                fail_msg("%s on %s leads to %c, not to %c",
                         src_outgoing_event_name((enum src_outgoing_event)e),
                         src_outgoing_state_name(expected[i].state), got, expected[i].outcome[e]);
        }
    }
}

/* ---- courses ---- */

struct trace {
    struct src_outgoing move;
    unsigned done; /* effects seen, as bits */
};

static void step(struct trace *t, enum src_outgoing_event event, unsigned disk)
{
    enum src_outgoing_effect effects[SRC_EFFECTS_MAX];

    src_outgoing_step(&t->move, event, disk, effects);
    for (int i = 0; i < SRC_EFFECTS_MAX; i++)
        t->done |= 1U << effects[i];
}

static bool did(const struct trace *t, enum src_outgoing_effect effect)
{
    return (t->done & (1U << effect)) != 0;
}

static void begin(struct trace *t, unsigned n_disks)
{
    memset(t, 0, sizeof *t);
    src_outgoing_init(&t->move, n_disks);
    step(t, SRC_EV_BEGIN, 0);
}

static void memory_waits_for_the_last_mirror(void **state)
{
    struct trace t;

    (void)state;
    begin(&t, 2);
    step(&t, SRC_EV_JOB_READY, 1);
    step(&t, SRC_EV_PREPARED, 0);
    assert_int_equal(t.move.state, SRC_OUT_MIRRORING);
    assert_false(did(&t, SRC_DO_MIGRATE));
    step(&t, SRC_EV_JOB_READY, 1);
    assert_false(did(&t, SRC_DO_MIGRATE));
    step(&t, SRC_EV_JOB_READY, 0);
    assert_int_equal(t.move.state, SRC_OUT_MEMORY);
    assert_true(did(&t, SRC_DO_MIGRATE));
}

static void to_pre_switchover(struct trace *t)
{
    begin(t, 2);
    step(t, SRC_EV_PREPARED, 0);
    step(t, SRC_EV_JOB_READY, 0);
    step(t, SRC_EV_JOB_READY, 1);
    step(t, SRC_EV_MIG_ACTIVE, 0);
    step(t, SRC_EV_MIG_PRE_SWITCHOVER, 0);
    assert_int_equal(t->move.state, SRC_OUT_PRE_SWITCHOVER);
    assert_true(did(t, SRC_DO_END_MIRRORS));
    assert_true(did(t, SRC_DO_START_SWITCHOVER_TIMER));
    assert_true(did(t, SRC_DO_STOP_PROGRESS));
}

static void last_pages_wait_for_every_mirror_to_end(void **state)
{
    struct trace t;

    (void)state;
    to_pre_switchover(&t);
    step(&t, SRC_EV_JOB_ENDED, 1);
    assert_false(did(&t, SRC_DO_CONTINUE));
    step(&t, SRC_EV_JOB_ENDED, 1);
    assert_false(did(&t, SRC_DO_CONTINUE));
    step(&t, SRC_EV_JOB_ENDED, 0);
    assert_true(did(&t, SRC_DO_CONTINUE));
    assert_int_equal(t.move.state, SRC_OUT_DEVICE);
}

static void guest_is_given_up_only_when_it_is_on_record(void **state)
{
    struct trace t;

    (void)state;
    to_pre_switchover(&t);
    step(&t, SRC_EV_JOB_ENDED, 0);
    step(&t, SRC_EV_JOB_ENDED, 1);
    step(&t, SRC_EV_MIG_DEVICE, 0);
    assert_false(did(&t, SRC_DO_JOURNAL_RELINQUISHED));
    step(&t, SRC_EV_MIG_COMPLETED, 0);
    assert_true(did(&t, SRC_DO_JOURNAL_RELINQUISHED));
    assert_false(did(&t, SRC_DO_TELL_RELINQUISHED));
    assert_true(src_outgoing_is_paused(&t.move));
    step(&t, SRC_EV_JOURNALLED, 0);
    assert_true(did(&t, SRC_DO_TELL_RELINQUISHED));
    assert_int_equal(t.move.state, SRC_OUT_RELINQUISHED);
    assert_false(did(&t, SRC_DO_CLEAN));
}

static void without_disks_the_switchover_ends_no_mirror(void **state)
{
    struct trace t;

    (void)state;
    begin(&t, 0);
    step(&t, SRC_EV_PREPARED, 0);
    assert_int_equal(t.move.state, SRC_OUT_MEMORY);
    step(&t, SRC_EV_MIG_PRE_SWITCHOVER, 0);
    assert_int_equal(t.move.state, SRC_OUT_DEVICE);
    assert_true(did(&t, SRC_DO_CONTINUE));
    assert_false(did(&t, SRC_DO_END_MIRRORS));
}

static void a_record_that_cannot_be_written_keeps_the_guest(void **state)
{
    struct trace t;

    (void)state;
    begin(&t, 0);
    step(&t, SRC_EV_PREPARED, 0);
    step(&t, SRC_EV_MIG_PRE_SWITCHOVER, 0);
    step(&t, SRC_EV_MIG_COMPLETED, 0);
    step(&t, SRC_EV_JOURNAL_FAILED, 0);
    assert_int_equal(t.move.state, SRC_OUT_CLEANING);
    assert_false(did(&t, SRC_DO_TELL_RELINQUISHED));
    step(&t, SRC_EV_CLEANED, 0);
    assert_int_equal(t.move.state, SRC_OUT_FAILED);
    assert_true(did(&t, SRC_DO_TELL_FAILURE));
    assert_string_equal(src_outgoing_reason(&t.move), "JOURNAL_FAILED");
}

static void cancel_is_not_told_as_a_failure(void **state)
{
    struct trace t;

    (void)state;
    to_pre_switchover(&t);
    step(&t, SRC_EV_CANCEL, 0);
    assert_true(did(&t, SRC_DO_CANCEL_MIGRATION));
    step(&t, SRC_EV_MIG_ENDED_BADLY, 0);
    assert_true(did(&t, SRC_DO_CLEAN));
    step(&t, SRC_EV_CLEANED, 0);
    assert_true(src_outgoing_is_over(&t.move));
    assert_true(did(&t, SRC_DO_JOURNAL_HOLDING));
    assert_false(did(&t, SRC_DO_TELL_FAILURE));
}

static void completion_that_crosses_with_a_cancel_is_rolled_back(void **state)
{
    struct trace t;

    (void)state;
    to_pre_switchover(&t);
    step(&t, SRC_EV_JOB_ENDED, 0);
    step(&t, SRC_EV_JOB_ENDED, 1);
    step(&t, SRC_EV_CANCEL, 0);
    step(&t, SRC_EV_MIG_COMPLETED, 0);
    assert_int_equal(t.move.state, SRC_OUT_CLEANING);
    assert_false(did(&t, SRC_DO_JOURNAL_RELINQUISHED));
}

static void a_hung_switchover_is_broken_out_of_band(void **state)
{
    struct trace t;

    (void)state;
    to_pre_switchover(&t);
    step(&t, SRC_EV_SWITCHOVER_TIMER, 0);
    assert_int_equal(t.move.state, SRC_OUT_CANCELLING);
    assert_false(did(&t, SRC_DO_YANK));
    step(&t, SRC_EV_ABORT_TIMER, 0);
    assert_true(did(&t, SRC_DO_YANK));
    assert_string_equal(src_outgoing_reason(&t.move), "SWITCHOVER_TIMEOUT");
}

static void completion_without_checked_mirrors_is_rolled_back(void **state)
{
    struct trace t;

    (void)state;
    to_pre_switchover(&t);
    step(&t, SRC_EV_JOB_ENDED, 0);
    step(&t, SRC_EV_MIG_COMPLETED, 0);
    assert_int_equal(t.move.state, SRC_OUT_CLEANING);
    assert_false(did(&t, SRC_DO_JOURNAL_RELINQUISHED));
}

static void restart_in_pre_switchover_goes_on(void **state)
{
    struct trace t = {0};

    (void)state;
    src_outgoing_init(&t.move, 2);
    step(&t, SRC_EV_RESTARTED, 0);
    step(&t, SRC_EV_QMP_BACK, 0);
    assert_true(did(&t, SRC_DO_QUERY));
    step(&t, SRC_EV_JOB_ENDED, 0);
    step(&t, SRC_EV_JOB_READY, 1);
    step(&t, SRC_EV_MIG_PRE_SWITCHOVER, 0);
    assert_int_equal(t.move.state, SRC_OUT_PRE_SWITCHOVER);
    step(&t, SRC_EV_JOB_ENDED, 1);
    assert_int_equal(t.move.state, SRC_OUT_DEVICE);
}

static void restart_after_completed_relinquishes(void **state)
{
    struct trace t = {0};

    (void)state;
    src_outgoing_init(&t.move, 1);
    step(&t, SRC_EV_RESTARTED, 0);
    step(&t, SRC_EV_QMP_BACK, 0);
    step(&t, SRC_EV_JOB_ENDED, 0);
    step(&t, SRC_EV_MIG_COMPLETED, 0);
    assert_true(did(&t, SRC_DO_JOURNAL_RELINQUISHED));
}

static void lost_session_asks_again_when_it_is_back(void **state)
{
    struct trace t;

    (void)state;
    to_pre_switchover(&t);
    step(&t, SRC_EV_JOB_ENDED, 0);
    step(&t, SRC_EV_QMP_LOST, 0);
    assert_int_equal(t.move.state, SRC_OUT_ADOPTING);
    t.done = 0;
    src_outgoing_set_disks(&t.move, 2);
    step(&t, SRC_EV_QMP_BACK, 0);
    assert_true(did(&t, SRC_DO_QUERY));
    step(&t, SRC_EV_JOB_ENDED, 1);
    step(&t, SRC_EV_MIG_PRE_SWITCHOVER, 0);
    assert_int_equal(t.move.state, SRC_OUT_PRE_SWITCHOVER);
}

/* Whatever comes in whatever order: the guest is given up only after `completed`, with every mirror
 * ended, and never after an abort has begun. */
static void no_order_of_events_gives_the_guest_away(void **state)
{
    uint64_t seed = 0x9e3779b97f4a7c15U;

    (void)state;
    for (int run = 0; run < 20000; run++) {
        struct trace t;
        begin(&t, 2);
        bool was_completed = false;
        for (int i = 0; i < 40; i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            enum src_outgoing_event ev = (enum src_outgoing_event)((seed >> 33) % SRC_EV_COUNT);
            was_completed |= ev == SRC_EV_MIG_COMPLETED;
            bool was_aborted = t.move.cause != SRC_EV_COUNT;
            t.done = 0;
            step(&t, ev, (unsigned)(seed >> 60) % 2);
            if (did(&t, SRC_DO_JOURNAL_RELINQUISHED) || did(&t, SRC_DO_TELL_RELINQUISHED)) {
                assert_true(was_completed);
                assert_int_equal(t.move.ended, 3);
                assert_false(was_aborted);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_is_a_row_or_an_explicit_refusal),
        cmocka_unit_test(every_pair_leads_where_the_document_says),
        cmocka_unit_test(memory_waits_for_the_last_mirror),
        cmocka_unit_test(last_pages_wait_for_every_mirror_to_end),
        cmocka_unit_test(guest_is_given_up_only_when_it_is_on_record),
        cmocka_unit_test(without_disks_the_switchover_ends_no_mirror),
        cmocka_unit_test(a_record_that_cannot_be_written_keeps_the_guest),
        cmocka_unit_test(cancel_is_not_told_as_a_failure),
        cmocka_unit_test(completion_that_crosses_with_a_cancel_is_rolled_back),
        cmocka_unit_test(a_hung_switchover_is_broken_out_of_band),
        cmocka_unit_test(completion_without_checked_mirrors_is_rolled_back),
        cmocka_unit_test(restart_in_pre_switchover_goes_on),
        cmocka_unit_test(restart_after_completed_relinquishes),
        cmocka_unit_test(lost_session_asks_again_when_it_is_back),
        cmocka_unit_test(no_order_of_events_gives_the_guest_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
