#include "loop_fixture.h"

static void a_new_timer_is_stopped(void **state)
{
    struct fixture *f = *state;
    struct gw_timer *timer = gw_timer_new(f->loop, fixture_count, f);
    assert_false(gw_timer_is_running(timer));
    gw_timer_start(timer, 1000);
    assert_true(gw_timer_is_running(timer));
    gw_timer_stop(timer);
    assert_false(gw_timer_is_running(timer));
    gw_timer_free(timer);
}

static void a_timer_runs_once_and_not_before_its_time(void **state)
{
    struct fixture *f = *state;
    struct gw_timer *first = gw_timer_new(f->loop, fixture_count, f);
    struct gw_timer *last = gw_timer_new(f->loop, fixture_stop, f);
    uint64_t start_us = gw_loop_now_us(f->loop);
    gw_timer_start(first, 1);
    gw_timer_start(last, 20);
    fixture_run(f);
    assert_true(gw_loop_now_us(f->loop) - start_us >= 20000);
    assert_int_equal(f->n_calls, 1);
    assert_false(gw_timer_is_running(first));
    gw_timer_free(first);
    gw_timer_free(last);
}

static void starting_anew_replaces_the_old_time(void **state)
{
    struct fixture *f = *state;
    struct gw_timer *counted = gw_timer_new(f->loop, fixture_count, f);
    struct gw_timer *last = gw_timer_new(f->loop, fixture_stop, f);
    gw_timer_start(counted, 1);
    gw_timer_start(counted, 60000);
    gw_timer_start(last, 10);
    fixture_run(f);
    assert_int_equal(f->n_calls, 0);
    assert_true(gw_timer_is_running(counted));
    gw_timer_free(counted);
    gw_timer_free(last);
}

static void a_stopped_timer_does_not_run(void **state)
{
    struct fixture *f = *state;
    struct gw_timer *counted = gw_timer_new(f->loop, fixture_count, f);
    struct gw_timer *last = gw_timer_new(f->loop, fixture_stop, f);
    gw_timer_start(counted, 1);
    gw_timer_stop(counted);
    gw_timer_start(last, 10);
    fixture_run(f);
    assert_int_equal(f->n_calls, 0);
    gw_timer_free(counted);
    gw_timer_free(last);
}

struct own {
    struct fixture *f;
    struct gw_timer *timer;
};

static void free_itself(void *arg)
{
    struct own *own = arg;
    gw_timer_free(own->timer);
    gw_loop_stop(own->f->loop);
}

static void a_callback_may_free_its_own_timer(void **state)
{
    struct own own = {.f = *state};
    own.timer = gw_timer_new(own.f->loop, free_itself, &own);
    gw_timer_start(own.timer, 0);
    fixture_run(own.f);
}

static void start_again(void *arg)
{
    struct own *own = arg;
    if (++own->f->n_calls == 3)
        gw_loop_stop(own->f->loop);
    else
        gw_timer_start(own->timer, 0);
}

static void a_callback_may_start_its_own_timer_again(void **state)
{
    struct own own = {.f = *state};
    own.timer = gw_timer_new(own.f->loop, start_again, &own);
    gw_timer_start(own.timer, 0);
    fixture_run(own.f);
    assert_int_equal(own.f->n_calls, 3);
    gw_timer_free(own.timer);
}

static void the_longest_delay_is_accepted(void **state)
{
    struct fixture *f = *state;
    struct gw_timer *far_off = gw_timer_new(f->loop, fixture_count, f);
    struct gw_timer *last = gw_timer_new(f->loop, fixture_stop, f);
    gw_timer_start(far_off, UINT64_MAX);
    gw_timer_start(last, 5);
    fixture_run(f);
    assert_int_equal(f->n_calls, 0);
    assert_true(gw_timer_is_running(far_off));
    gw_timer_free(far_off);
    gw_timer_free(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_loop(a_new_timer_is_stopped),
        with_loop(a_timer_runs_once_and_not_before_its_time),
        with_loop(starting_anew_replaces_the_old_time),
        with_loop(a_stopped_timer_does_not_run),
        with_loop(a_callback_may_free_its_own_timer),
        with_loop(a_callback_may_start_its_own_timer_again),
        with_loop(the_longest_delay_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
