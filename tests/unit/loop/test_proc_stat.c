#include "loop/child_priv.h"

#include <unistd.h>

#include "base/scope.h"
#include "support/test.h"

#define NUMBERS "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "

static void start_time_is_the_22nd_field(void **state)
{
    (void)state;
    char letter = 0;
    uint64_t ticks = 0;
    assert_int_equal(gw_proc_stat_parse("7 (sh) S " NUMBERS "987654321 20 21\n", &letter, &ticks),
                     0);
    assert_int_equal(letter, 'S');
    assert_int_equal(ticks, 987654321);
}

static void a_name_with_parentheses_and_spaces_is_skipped(void **state)
{
    (void)state;
    char letter = 0;
    uint64_t ticks = 0;
    assert_int_equal(gw_proc_stat_parse("7 (a) Z 1 (b) c) R " NUMBERS "42 20\n", &letter, &ticks),
                     0);
    assert_int_equal(letter, 'R');
    assert_int_equal(ticks, 42);
}

static void other_text_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {"", "7 (sh", "7 (sh)", "7 (sh) S 1 2 3", "7 (sh) S " NUMBERS "x"};
    for (size_t i = 0; i < GW_ARRAY_LEN(texts); i++) {
        char letter = 0;
        uint64_t ticks = 0;
        assert_int_equal(gw_proc_stat_parse(texts[i], &letter, &ticks), -1);
    }
}

static void this_process_has_a_start_time(void **state)
{
    (void)state;
    uint64_t first = 0;
    uint64_t second = 0;
    struct gw_error err = {0};
    assert_int_equal(gw_proc_start_ticks(getpid(), &first, &err), 0);
    assert_int_equal(gw_proc_start_ticks(getpid(), &second, &err), 0);
    assert_int_equal(first, second);
}

static void no_process_is_not_found(void **state)
{
    (void)state;
    uint64_t ticks = 0;
    struct gw_error err = {0};
    assert_int_equal(gw_proc_start_ticks(-1, &ticks, &err), -1);
    assert_error_code(&err, GW_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_time_is_the_22nd_field),
        cmocka_unit_test(a_name_with_parentheses_and_spaces_is_skipped),
        cmocka_unit_test(other_text_is_refused),
        cmocka_unit_test(this_process_has_a_start_time),
        cmocka_unit_test(no_process_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
