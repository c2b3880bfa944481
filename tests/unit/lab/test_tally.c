/* What the peer concludes from beats: blackout, losses, boots, errors, lost blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peer/tally.h"

enum { MS = 1000000 };

static struct lab_beat beat_of(uint8_t boot, uint64_t sequence)
{
    return (struct lab_beat){
        .boot_id = {boot}, .sequence = sequence, .disk_found = LAB_DISK_NOT_SCANNED};
}

static void add(struct tally *tally, uint8_t boot, uint64_t sequence, uint64_t at_ms)
{
    struct lab_beat beat = beat_of(boot, sequence);

    tally_add(tally, &beat, at_ms * MS);
}

static void regular_beats_have_no_blackout(void **state)
{
    struct tally tally = {0};

    (void)state;
    for (uint64_t i = 1; i <= 100; i++)
        add(&tally, 1, i, 1000 + i);
    assert_int_equal(tally.n_beats, 100);
    assert_int_equal(tally.n_lost, 0);
    assert_int_equal(tally_blackout_ns(&tally, 1100 * MS), 0);
}

static void longest_silence_less_one_period_is_the_blackout(void **state)
{
    struct tally tally = {0};

    (void)state;
    add(&tally, 1, 1, 1000);
    add(&tally, 1, 2, 1150);
    add(&tally, 1, 3, 1170);
    assert_int_equal(tally_blackout_ns(&tally, 1170 * MS), 149 * MS);
}

static void silence_that_lasts_counts_until_now(void **state)
{
    struct tally tally = {0};

    (void)state;
    add(&tally, 1, 1, 1000);
    assert_int_equal(tally_blackout_ns(&tally, 1301 * MS), 300 * MS);
}

static void beats_before_listening_are_not_lost(void **state)
{
    struct tally tally = {0};

    (void)state;
    add(&tally, 1, 5000, 1000);
    assert_int_equal(tally.n_lost, 0);
}

static void gap_in_the_numbers_is_lost_until_it_comes_late(void **state)
{
    struct tally tally = {0};

    (void)state;
    add(&tally, 1, 1, 1000);
    add(&tally, 1, 4, 1003);
    assert_int_equal(tally.n_lost, 2);
    add(&tally, 1, 2, 1004);
    assert_int_equal(tally.n_lost, 1);
    assert_int_equal(tally.n_late, 1);
    assert_int_equal(tally.last.sequence, 4);
}

static void mark_begins_a_new_window_but_keeps_the_last_arrival(void **state)
{
    struct tally tally = {0};

    (void)state;
    add(&tally, 1, 1, 1000);
    add(&tally, 1, 9, 1500);
    tally_mark(&tally);
    assert_int_equal(tally.n_lost, 0);
    assert_int_equal(tally.n_beats, 0);
    add(&tally, 1, 10, 1601);
    assert_int_equal(tally_blackout_ns(&tally, 1601 * MS), 100 * MS);
}

static void reboot_is_counted_and_its_numbers_start_anew(void **state)
{
    struct tally tally = {0};

    (void)state;
    add(&tally, 1, 100, 1000);
    add(&tally, 2, 1, 2000);
    assert_int_equal(tally.n_boots, 2);
    assert_int_equal(tally.n_lost, 0);
    add(&tally, 1, 101, 2001); /* a straggler changes nothing */
    assert_int_equal(tally.n_boots, 2);
    assert_int_equal(tally.last.sequence, 1);
}

static void errors_of_earlier_boots_are_not_forgotten(void **state)
{
    struct tally tally = {0};
    struct lab_beat first = beat_of(1, 1), second = beat_of(2, 1);

    (void)state;
    first.memory_errors = 3;
    first.disk_errors = 4;
    second.memory_errors = 1;
    tally_add(&tally, &first, 1 * MS);
    tally_add(&tally, &second, 2 * MS);
    assert_int_equal(tally_memory_errors(&tally), 4);
    assert_int_equal(tally_disk_errors(&tally), 4);
}

static void blocks_missing_after_a_reboot_are_lost(void **state)
{
    struct tally tally = {0};
    struct lab_beat beat = beat_of(1, 1);

    (void)state;
    beat.disk_found = 0;
    beat.disk_sequence = 500;
    tally_add(&tally, &beat, 1 * MS);
    beat = beat_of(2, 1);
    tally_add(&tally, &beat, 2 * MS);
    assert_false(tally_is_scanned(&tally));
    assert_int_equal(tally_disk_lost(&tally), 0);
    beat.sequence = 2;
    beat.disk_found = 498;
    tally_add(&tally, &beat, 3 * MS);
    assert_true(tally_is_scanned(&tally));
    assert_int_equal(tally_disk_lost(&tally), 2);
}

static void boots_beyond_the_table_are_still_counted(void **state)
{
    struct tally tally = {0};

    (void)state;
    for (unsigned boot = 1; boot <= TALLY_BOOTS_MAX + 3; boot++)
        add(&tally, (uint8_t)boot, 1, boot);
    assert_int_equal(tally.n_boots, TALLY_BOOTS_MAX + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regular_beats_have_no_blackout),
        cmocka_unit_test(longest_silence_less_one_period_is_the_blackout),
        cmocka_unit_test(silence_that_lasts_counts_until_now),
        cmocka_unit_test(beats_before_listening_are_not_lost),
        cmocka_unit_test(gap_in_the_numbers_is_lost_until_it_comes_late),
        cmocka_unit_test(mark_begins_a_new_window_but_keeps_the_last_arrival),
        cmocka_unit_test(reboot_is_counted_and_its_numbers_start_anew),
        cmocka_unit_test(errors_of_earlier_boots_are_not_forgotten),
        cmocka_unit_test(blocks_missing_after_a_reboot_are_lost),
        cmocka_unit_test(boots_beyond_the_table_are_still_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
