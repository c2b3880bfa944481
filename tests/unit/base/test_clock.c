#include "base/clock.h"

#include "support/test.h"

static void monotonic_time_does_not_go_back(void **state)
{
    (void)state;
    const struct gw_clock *clock = gw_clock_system();
    uint64_t before = gw_clock_mono_us(clock);
    for (int i = 0; i < 1000; i++) {
        uint64_t now = gw_clock_mono_us(clock);
        assert_true(now >= before);
        before = now;
    }
}

static void wall_time_is_of_this_century(void **state)
{
    (void)state;
    const uint64_t year_2020_us = 1577836800ull * 1000000;
    assert_true(gw_clock_wall_us(gw_clock_system()) > year_2020_us);
}

static uint64_t fixed(void *arg)
{
    return *(uint64_t *)arg;
}

static void an_injected_clock_is_asked_with_its_argument(void **state)
{
    (void)state;
    uint64_t at = 42;
    const struct gw_clock clock = {.mono_us = fixed, .wall_us = fixed, .arg = &at};
    assert_int_equal(gw_clock_mono_us(&clock), 42);
    at = 43;
    assert_int_equal(gw_clock_wall_us(&clock), 43);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_time_does_not_go_back),
        cmocka_unit_test(wall_time_is_of_this_century),
        cmocka_unit_test(an_injected_clock_is_asked_with_its_argument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
