#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "disk/copy_priv.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

static int setup(void **state)
{
    static struct gw_disk_extents extents;
    *state = &extents;
    return gw_disk_extents_init(&extents, 100 * MIB, 4 * KIB, NULL);
}

static int teardown(void **state)
{
    gw_disk_extents_fini(*state);
    return 0;
}

static void
assert_next(struct gw_disk_extents *extents, uint64_t offset, uint64_t len, bool is_zero)
{
    struct gw_disk_extent piece;
    assert_true(gw_disk_extents_take(extents, 4 * MIB, 64 * MIB, &piece));
    assert_int_equal(piece.offset, offset);
    assert_int_equal(piece.len, len);
    assert_int_equal(piece.is_zero, is_zero);
}

static void assert_empty(struct gw_disk_extents *extents)
{
    struct gw_disk_extent piece;
    assert_false(gw_disk_extents_take(extents, 4 * MIB, 64 * MIB, &piece));
}

static void data_comes_in_pieces_that_end_on_their_own_size(void **state)
{
    struct gw_disk_extents *x = *state;
    gw_disk_extents_add(x, 1 * MIB, true);
    gw_disk_extents_add(x, 9 * MIB, false);
    assert_next(x, 0, 1 * MIB, true);
    assert_next(x, 1 * MIB, 3 * MIB, false);
    assert_next(x, 4 * MIB, 4 * MIB, false);
    assert_next(x, 8 * MIB, 1 * MIB, false);
    assert_empty(x);
    assert_int_equal(x->mapped, 9 * MIB);
}

static void zeroes_come_in_longer_pieces(void **state)
{
    struct gw_disk_extents *x = *state;
    gw_disk_extents_add(x, 100 * MIB, true);
    assert_next(x, 0, 64 * MIB, true);
    assert_next(x, 64 * MIB, 36 * MIB, true);
    assert_empty(x);
}

static void neighbours_of_one_kind_are_joined(void **state)
{
    struct gw_disk_extents *x = *state;
    gw_disk_extents_add(x, 1 * MIB, false);
    gw_disk_extents_add(x, 2 * MIB, false);
    assert_int_equal(gw_disk_extents_left(x), 2 * MIB);
    assert_next(x, 0, 2 * MIB, false);
    assert_empty(x);
    assert_int_equal(gw_disk_extents_left(x), 0);
}

static void a_zero_extent_is_cut_to_whole_blocks(void **state)
{
    struct gw_disk_extents *x = *state;
    gw_disk_extents_add(x, 512, false);
    gw_disk_extents_add(x, 10 * KIB, true);
    gw_disk_extents_add(x, 20 * KIB, false);
    assert_next(x, 0, 4 * KIB, false);
    assert_next(x, 4 * KIB, 4 * KIB, true);
    assert_next(x, 8 * KIB, 12 * KIB, false);
    assert_empty(x);
}

static void a_zero_extent_under_a_block_is_left_to_the_data(void **state)
{
    struct gw_disk_extents *x = *state;
    gw_disk_extents_add(x, 512, true);
    assert_empty(x);
    assert_int_equal(x->mapped, 0);
    gw_disk_extents_add(x, 1024, false);
    assert_next(x, 0, 4 * KIB, false);
}

static void nothing_lies_past_the_end_of_the_disk(void **state)
{
    struct gw_disk_extents *x = *state;
    x->size = 4 * KIB + 512;
    gw_disk_extents_add(x, 4 * KIB + 100, false);
    assert_next(x, 0, 4 * KIB + 512, false);
    gw_disk_extents_add(x, 1 * MIB, true);
    assert_empty(x);
    assert_int_equal(x->mapped, 4 * KIB + 512);
}

static void a_zero_end_of_the_disk_stays_zero(void **state)
{
    struct gw_disk_extents *x = *state;
    x->size = 4 * KIB + 512;
    gw_disk_extents_add(x, 4 * KIB + 512, true);
    assert_next(x, 0, 4 * KIB + 512, true);
}

static void a_full_map_says_so_and_goes_on_when_taken_from(void **state)
{
    struct gw_disk_extents *x = *state;
    struct gw_disk_extent piece;
    x->size = 1024ull * 1024 * MIB;
    for (uint64_t i = 1; i <= GW_DISK_EXTENTS_MAX; i++)
        assert_true(gw_disk_extents_add(x, i * 4 * KIB, i % 2));
    uint64_t end = (GW_DISK_EXTENTS_MAX + 1) * 4ull * KIB;
    assert_false(gw_disk_extents_add(x, end, true));
    assert_false(gw_disk_extents_has_room(x));
    for (int i = 0; i < GW_DISK_EXTENTS_MAX / 2 + 1; i++)
        assert_true(gw_disk_extents_take(x, 4 * MIB, 64 * MIB, &piece));
    assert_true(gw_disk_extents_has_room(x));
    assert_true(gw_disk_extents_add(x, end, true));
    uint64_t next = piece.offset + piece.len;
    while (gw_disk_extents_take(x, 4 * MIB, 64 * MIB, &piece)) {
        assert_int_equal(piece.offset, next);
        next += piece.len;
    }
    assert_int_equal(next, end);
}

#define EXTENTS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXTENTS_TEST(data_comes_in_pieces_that_end_on_their_own_size),
        EXTENTS_TEST(zeroes_come_in_longer_pieces),
        EXTENTS_TEST(neighbours_of_one_kind_are_joined),
        EXTENTS_TEST(a_zero_extent_is_cut_to_whole_blocks),
        EXTENTS_TEST(a_zero_extent_under_a_block_is_left_to_the_data),
        EXTENTS_TEST(nothing_lies_past_the_end_of_the_disk),
        EXTENTS_TEST(a_zero_end_of_the_disk_stays_zero),
        EXTENTS_TEST(a_full_map_says_so_and_goes_on_when_taken_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
