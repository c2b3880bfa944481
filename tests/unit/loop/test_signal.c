#include <signal.h>

#include "loop_fixture.h"

static void a_signal_runs_its_callback_on_the_loop(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct gw_signal *sig = gw_signal_new(f->loop, SIGUSR1, fixture_stop, f, &err);
    assert_non_null(sig);
    assert_int_equal(raise(SIGUSR1), 0);
    fixture_run(f);
    gw_signal_free(sig);
}

static void each_signal_has_its_own_callback(void **state)
{
    struct fixture *f = *state;
    struct gw_signal *counted = gw_signal_new(f->loop, SIGUSR1, fixture_count, f, NULL);
    struct gw_signal *last = gw_signal_new(f->loop, SIGUSR2, fixture_stop, f, NULL);
    assert_int_equal(raise(SIGUSR2), 0);
    fixture_run(f);
    assert_int_equal(f->n_calls, 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(raise(SIGUSR2), 0);
    fixture_run(f);
    assert_int_equal(f->n_calls, 1);
    gw_signal_free(counted);
    gw_signal_free(last);
}

static void freeing_gives_the_old_disposition_back(void **state)
{
    struct fixture *f = *state;
    struct sigaction before;
    struct sigaction after;
    assert_int_equal(sigaction(SIGUSR1, NULL, &before), 0);
    gw_signal_free(gw_signal_new(f->loop, SIGUSR1, fixture_count, f, NULL));
    assert_int_equal(sigaction(SIGUSR1, NULL, &after), 0);
    assert_ptr_equal(before.sa_handler, after.sa_handler);
}

static void a_signal_that_can_not_be_caught_is_refused(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    assert_null(gw_signal_new(f->loop, SIGKILL, fixture_count, f, &err));
    assert_contains(err.message, "can't watch signal 9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_loop(a_signal_runs_its_callback_on_the_loop),
        with_loop(each_signal_has_its_own_callback),
        with_loop(freeing_gives_the_old_disposition_back),
        with_loop(a_signal_that_can_not_be_caught_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
