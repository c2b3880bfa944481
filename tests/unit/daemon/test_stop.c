#include <signal.h>

#include "daemon_fixture.h"

static void ends_in_good_order_by(struct bench *bench, int signo)
{
    struct run run;
    bench_configure(bench, "");
    run_start_configured(&run, bench);
    assert_true(run.is_ready);
    run_finish(&run, signo);
    assert_int_equal(run.status, 0);
    assert_contains(run.err, "tiny.stopped in_good_order=true");
    assert_contains(run.err, "daemon.stopped");
}

static void sigterm_ends_it_with_status_zero(void **state)
{
    ends_in_good_order_by(*state, SIGTERM);
}

static void sigint_ends_it_with_status_zero(void **state)
{
    ends_in_good_order_by(*state, SIGINT);
}

static void a_reader_that_went_away_does_not_end_it(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "is_piping = true\n");
    run_start_configured(&run, bench);
    assert_true(run.is_ready);
    run_finish(&run, SIGTERM);
    assert_int_equal(run.status, 0);
}

static void the_log_level_is_obeyed(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "log_level = warn\n");
    run_start_configured(&run, bench);
    run_finish(&run, SIGTERM);
    assert_string_equal(run.err, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_bench(sigterm_ends_it_with_status_zero),
        with_bench(sigint_ends_it_with_status_zero),
        with_bench(a_reader_that_went_away_does_not_end_it),
        with_bench(the_log_level_is_obeyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
