#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "daemon_fixture.h"

static void ready_is_told_with_where_it_listens(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "");
    run_start_configured(&run, bench);
    assert_true(run.is_ready);
    assert_contains(run.notified, "STATUS=listening nowhere\n");
    GW_AUTO_FREE char *pid = gw_strf("MAINPID=%d\n", (int)gw_child_pid(run.child));
    assert_contains(run.notified, pid);
    run_finish(&run, SIGTERM);
    assert_contains(run.err, "info daemon.started");
}

static void a_daemon_nobody_asks_about_runs_too(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "is_brief = true\n");
    unsetenv("NOTIFY_SOCKET");
    run_start_configured(&run, bench);
    run_finish(&run, 0);
    assert_int_equal(run.status, 0);
    assert_contains(run.err, "info daemon.started");
}

static void the_data_folder_is_made_for_the_owner_alone(void **state)
{
    struct bench *bench = *state;
    struct run run;
    struct stat st;
    bench_configure(bench, "");
    run_start_configured(&run, bench);
    GW_AUTO_FREE char *lock = gw_strf("%s/tiny-daemon.lock", bench->data_dir);
    assert_int_equal(stat(bench->data_dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(lock, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    run_finish(&run, SIGTERM);
}

static void a_second_daemon_on_the_same_folder_is_refused(void **state)
{
    struct bench *bench = *state;
    struct run first;
    struct run second;
    bench_configure(bench, "");
    run_start_configured(&first, bench);
    assert_true(first.is_ready);
    const char *const args[] = {"--config", bench->config_path, NULL};
    assert_int_equal(run_to_end(&second, bench, args), 5);
    GW_AUTO_FREE char *pid = gw_strf("(pid %d)", (int)gw_child_pid(first.child));
    assert_contains(second.err, pid);
    assert_contains(second.err, "tiny-daemon.lock is held by another process");
    assert_false(first.has_ended);
    run_finish(&first, SIGTERM);
    assert_int_equal(first.status, 0);
}

static void a_killed_daemon_leaves_no_lock(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "");
    run_start_configured(&run, bench);
    run_finish(&run, SIGKILL);
    run_start_configured(&run, bench);
    assert_true(run.is_ready);
    run_finish(&run, SIGTERM);
    assert_int_equal(run.status, 0);
}

/* A path below a plain file can't be made even by root. */
static void a_data_folder_that_can_not_be_made_is_named(void **state)
{
    struct bench *bench = *state;
    struct run run;
    GW_AUTO_FREE char *file = gw_strf("%s/file", bench->folder);
    assert_int_equal(gw_file_replace(file, "", 0, NULL), 0);
    free(bench->data_dir);
    bench->data_dir = gw_strf("%s/data", file);
    bench_configure(bench, "");
    const char *const args[] = {"--config", bench->config_path, NULL};
    assert_int_equal(run_to_end(&run, bench, args), 6);
    assert_contains(run.err, bench->data_dir);
    assert_contains(run.err, "can't be used; set data_dir to another");
}

static void a_start_that_fails_decides_message_and_status(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "is_broken = true\n");
    const char *const args[] = {"--config", bench->config_path, NULL};
    assert_int_equal(run_to_end(&run, bench, args), 9);
    assert_string_equal(run.err, "tiny-daemon: the tiny daemon is broken as asked\n");
}

static void a_bad_notify_socket_is_refused(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "");
    setenv("NOTIFY_SOCKET", "relative/path", 1);
    const char *const args[] = {"--config", bench->config_path, NULL};
    assert_int_equal(run_to_end(&run, bench, args), 2);
    assert_contains(run.err, "$NOTIFY_SOCKET must be an absolute path");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_bench(ready_is_told_with_where_it_listens),
        with_bench(a_daemon_nobody_asks_about_runs_too),
        with_bench(the_data_folder_is_made_for_the_owner_alone),
        with_bench(a_second_daemon_on_the_same_folder_is_refused),
        with_bench(a_killed_daemon_leaves_no_lock),
        with_bench(a_data_folder_that_can_not_be_made_is_named),
        with_bench(a_start_that_fails_decides_message_and_status),
        with_bench(a_bad_notify_socket_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
