/* migrate --wait and migration watch: progress, outcome, interruption. */
#include "cli_case.h"

#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "sample.h"

/* A migration that goes its way to @end while it is watched. */
static void play(struct cli_case *c, const char *end)
{
    fake_scheduler_reply(c->fake, "SubmitPlan", SAMPLE_PLAN);
    fake_scheduler_reply(c->fake, "GetMigration", SAMPLE_PLANNED);
    fake_scheduler_event(c->fake, SAMPLE_EVENT("4", SAMPLE_PLANNED));
    fake_scheduler_event(c->fake,
                         SAMPLE_EVENT("5", SAMPLE_MIGRATION("PREPARING", "UNSPECIFIED", "0", "")));
    fake_scheduler_event(c->fake,
                         SAMPLE_EVENT("6", SAMPLE_MIGRATION("COPYING", "DISKS", "134217728", "")));
    fake_scheduler_event(c->fake,
                         SAMPLE_EVENT("7", SAMPLE_MIGRATION("COPYING", "MEMORY", "268435456", "")));
    fake_scheduler_event(c->fake, end);
}

static void *interrupt_watch(void *arg)
{
    struct cli_case *c = arg;
    fake_scheduler_await(c->fake, "Watch", 1);
    (void)kill(getpid(), SIGINT);
    return NULL;
}

/* Run @line, and have it get SIGINT once it watches. */
static int run_interrupted(struct cli_case *c, const char *line)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_watch, c), 0);
    int status = cli_case_run(c, line);
    (void)pthread_join(thread, NULL);
    return status;
}

static void wait_tells_each_phase_and_the_outcome(void **state)
{
    struct cli_case *c = *state;
    play(c, SAMPLE_EVENT("8", SAMPLE_SUCCEEDED));
    assert_int_equal(cli_case_run(c, "migrate g1 --to h2 --wait"), 0);
    assert_string_equal(c->err, "g1 h1 -> h2: planned   0%  0 B of 512 MiB, 118 MiB/s\n"
                                "g1 h1 -> h2: preparing   0%  0 B of 512 MiB, 118 MiB/s\n"
                                "g1 h1 -> h2: copying disks  25%  128 MiB of 512 MiB, 118 MiB/s\n"
                                "g1 h1 -> h2: copying memory  50%  256 MiB of 512 MiB, 118 MiB/s\n"
                                "g1 h1 -> h2: succeeded 100%  512 MiB of 512 MiB\n");
    assert_string_equal(c->out,
                        "MIGRATION  GUEST  FROM  TO  RESULT      TOTAL  BLACKOUT    MOVED\n"
                        "m-1        g1     h1    h2  succeeded  1.82 s    142 ms  132 MiB\n");
}

static void a_failed_migration_is_exit_6_with_its_reason(void **state)
{
    struct cli_case *c = *state;
    play(c, SAMPLE_EVENT("8", SAMPLE_FAILED));
    assert_int_equal(cli_case_run(c, "migrate g1 --wait"), 6);
    assert_contains(c->err, "godwit: migration m-1 failed: host h2 is gone [TARGET_LOST]\n");
    assert_contains(c->out, "failed");
}

static void a_cancelled_migration_is_exit_8(void **state)
{
    struct cli_case *c = *state;
    play(c, SAMPLE_EVENT("8", SAMPLE_CANCELLED));
    assert_int_equal(cli_case_run(c, "migrate g1 --wait"), 8);
    assert_contains(c->err, "godwit: migration m-1 cancelled\n");
}

static void a_broken_watch_goes_on_where_it_was(void **state)
{
    struct cli_case *c = *state;
    play(c, SAMPLE_EVENT("8", SAMPLE_SUCCEEDED));
    fake_scheduler_break_watch_after(c->fake, 3);
    assert_int_equal(cli_case_run(c, "migrate g1 --wait"), 0);
    assert_int_equal(fake_scheduler_count(c->fake, "Watch"), 2);
    char *asked = fake_scheduler_asked(c->fake, "Watch");
    assert_string_equal(asked, "{\"after\":\"6\",\"migrationId\":\"m-1\"}");
    free(asked);
    char *copying = strstr(c->err, "copying disks");
    assert_non_null(copying);
    assert_null(strstr(copying + 1, "copying disks"));
}

static void a_migration_that_is_over_is_not_watched(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "GetMigration", SAMPLE_SUCCEEDED);
    assert_int_equal(cli_case_run(c, "migration watch m-1"), 0);
    assert_int_equal(fake_scheduler_count(c->fake, "Watch"), 0);
    assert_contains(c->out, "succeeded");
}

static void an_unknown_migration_is_not_watched(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_fail(c->fake, "GetMigration", GW_NOT_FOUND, "MIGRATION_NOT_FOUND", "",
                        "no migration m-9");
    assert_int_equal(cli_case_run(c, "migration watch m-9"), 4);
    assert_int_equal(cli_case_run(c, "migration watch m-1 --after 3"), 2);
    assert_int_equal(cli_case_run(c, "migration watch --after -3"), 2);
    assert_int_equal(cli_case_run(c, "migration watch --after yesterday"), 2);
    assert_int_equal(fake_scheduler_count(c->fake, "Watch"), 0);
}

static void ctrl_c_leaves_the_migration_alone(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "SubmitPlan", SAMPLE_PLAN);
    fake_scheduler_reply(c->fake, "GetMigration", SAMPLE_PLANNED);
    assert_int_equal(run_interrupted(c, "migrate g1 --wait"), 130);
    assert_contains(c->err, "migration m-1 goes on");
    assert_contains(c->err, "godwit migration cancel m-1");
    assert_int_equal(fake_scheduler_count(c->fake, "CancelMigration"), 0);
    assert_string_equal(c->out, "");
}

static void wait_with_json_prints_the_migration_alone(void **state)
{
    struct cli_case *c = *state;
    play(c, SAMPLE_EVENT("8", SAMPLE_SUCCEEDED));
    assert_int_equal(cli_case_run(c, "migrate g1 --wait -o json"), 0);
    assert_int_equal(c->out[0], '{');
    assert_contains(c->out, "\"blackoutUs\": \"142000\"");
}

static void a_terminal_gets_a_bar(void **state)
{
    struct cli_case *c = *state;
    int master = -1;
    int slave = -1;
    struct winsize size = {.ws_row = 24, .ws_col = 90};
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    play(c, SAMPLE_EVENT("8", SAMPLE_SUCCEEDED));
    assert_int_equal(cli_case_run_err(c, "migrate g1 --wait", slave), 0);
    (void)close(slave);
    char seen[8192] = "";
    size_t n = 0;
    /* The kernel hands a terminal's output on in pieces; EIO says that the last writer has gone. */
    for (ssize_t got; (got = read(master, seen + n, sizeof seen - 1 - n)) > 0;)
        n += (size_t)got;
    assert_true(n > 4);
    assert_contains(seen, "\r\033[Kg1 h1 -> h2: copying memory [");
    assert_contains(seen, "]  50%  256 MiB of 512 MiB, 118 MiB/s");
    assert_null(strchr(seen, '\n'));
    assert_string_equal(seen + n - 4, "\r\033[K");
    (void)close(master);
}

static void all_events_are_lines_until_interrupted(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_event(c->fake, SAMPLE_EVENT("5", SAMPLE_PLANNED));
    fake_scheduler_event(c->fake, "{\"cursor\":\"6\",\"kind\":\"guest.state_changed\",\"guest\":"
                                  "{\"spec\":{\"name\":\"g1\"},\"host\":\"h1\",\"state\":4}}");
    assert_int_equal(run_interrupted(c, "migration watch"), 130);
    char *asked = fake_scheduler_asked(c->fake, "Watch");
    assert_string_equal(asked, "{\"fromNow\":true}");
    free(asked);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_case_setup, cli_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wait_tells_each_phase_and_the_outcome),
        TEST(a_failed_migration_is_exit_6_with_its_reason),
        TEST(a_cancelled_migration_is_exit_8),
        TEST(a_broken_watch_goes_on_where_it_was),
        TEST(a_migration_that_is_over_is_not_watched),
        TEST(an_unknown_migration_is_not_watched),
        TEST(ctrl_c_leaves_the_migration_alone),
        TEST(wait_with_json_prints_the_migration_alone),
        TEST(a_terminal_gets_a_bar),
        TEST(all_events_are_lines_until_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
