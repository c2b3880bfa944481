#include "support/test.h"

#include "base/scope.h"
#include "cli/numbers.h"

static void bytes_take_decimal_and_binary_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } rows[] = {
        {"0", 0},
        {"104857600", 104857600},
        {"5K", 5000},
        {"100M", 100000000},
        {"100Mi", 100ULL << 20},
        {"1G", 1000000000},
        {"2Ti", 2ULL << 40},
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(rows); i++) {
        uint64_t n = 1;
        struct gw_error err = {0};
        assert_int_equal(cli_take_bytes("bandwidth", rows[i].text, &n, &err), 0);
        assert_true(n == rows[i].bytes);
    }
}

static void rubbish_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "-1",
                                       "+1",
                                       " 1",
                                       "1 Mi",
                                       "Mi",
                                       "1MB",
                                       "1mi",
                                       "1.5",
                                       "0x10",
                                       "18446744073709551616",
                                       "16777216Ti"};
    for (size_t i = 0; i < GW_ARRAY_LEN(rows); i++) {
        uint64_t n = 77;
        struct gw_error err = {0};
        assert_int_equal(cli_take_bytes("bandwidth", rows[i], &n, &err), -1);
        assert_error(&err, GW_INVALID_ARGUMENT, "--bandwidth must be bytes");
        assert_true(n == 77);
    }
}

static void numbers_keep_to_their_range(void **state)
{
    (void)state;
    uint32_t n = 5;
    struct gw_error err = {0};
    assert_int_equal(cli_take_number("limit", NULL, 1, 10, &n, &err), 0);
    assert_int_equal(n, 5);
    assert_int_equal(cli_take_number("limit", "10", 1, 10, &n, &err), 0);
    assert_int_equal(n, 10);
    assert_int_equal(cli_take_number("limit", "11", 1, 10, &n, &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, "--limit must be a whole number from 1 to 10");
    assert_int_equal(cli_take_number("limit", "0", 1, 10, &n, &err), -1);
}

static void seconds_become_milliseconds(void **state)
{
    (void)state;
    uint32_t ms = 0;
    struct gw_error err = {0};
    assert_int_equal(cli_take_seconds("timeout", "3600", &ms, &err), 0);
    assert_int_equal(ms, 3600000);
    assert_int_equal(cli_take_seconds("timeout", "0", &ms, &err), -1);
    assert_int_equal(cli_take_seconds("timeout", "3601", &ms, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_take_decimal_and_binary_units),
        cmocka_unit_test(rubbish_is_refused_and_changes_nothing),
        cmocka_unit_test(numbers_keep_to_their_range),
        cmocka_unit_test(seconds_become_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
