#include "child_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs until killed, or until the test's own limit has long passed. */
static const char *const forever[] = {"sleep", "1000", NULL};

static void the_exit_status_arrives(void **state)
{
    struct watched w;
    watched_spawn(&w, *state, (const char *const[]){"sh", "-c", "exit 7", NULL});
    fixture_run(w.f);
    assert_true(WIFEXITED(w.status));
    assert_int_equal(WEXITSTATUS(w.status), 7);
    gw_child_free(w.child);
}

static void a_killed_child_ends_by_the_signal(void **state)
{
    struct watched w;
    watched_spawn(&w, *state, forever);
    assert_int_equal(gw_child_kill(w.child, SIGTERM, NULL), 0);
    fixture_run(w.f);
    assert_true(WIFSIGNALED(w.status));
    assert_int_equal(WTERMSIG(w.status), SIGTERM);
    gw_child_free(w.child);
}

static void an_ended_child_can_not_be_killed(void **state)
{
    struct watched w;
    struct gw_error err = {0};
    watched_spawn(&w, *state, (const char *const[]){"true", NULL});
    fixture_run(w.f);
    assert_int_equal(gw_child_kill(w.child, SIGTERM, &err), -1);
    assert_error(&err, GW_NOT_FOUND, "has ended");
    gw_child_free(w.child);
}

static void a_child_is_reaped_when_it_ends(void **state)
{
    struct watched w;
    watched_spawn(&w, *state, (const char *const[]){"true", NULL});
    pid_t pid = gw_child_pid(w.child);
    fixture_run(w.f);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
    gw_child_free(w.child);
}

static void a_freed_child_goes_on_and_is_reaped_later(void **state)
{
    struct fixture *f = *state;
    struct watched w;
    struct watched adopted = {.f = f};
    watched_spawn(&w, f, forever);
    pid_t pid = gw_child_pid(w.child);
    uint64_t ticks = gw_child_start_ticks(w.child);
    gw_child_free(w.child);
    assert_int_equal(kill(pid, 0), 0);
    adopted.child = gw_child_adopt(f->loop, pid, ticks, watched_end, &adopted, NULL);
    assert_non_null(adopted.child);
    assert_int_equal(gw_child_kill(adopted.child, SIGKILL, NULL), 0);
    fixture_run(f);
    assert_int_equal(w.n_ends, 0);
    assert_int_equal(adopted.n_ends, 1);
    /* Two watches saw the end, in either order: let the loop turn once more. */
    gw_loop_post(f->loop, fixture_stop, f);
    fixture_run(f);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
    gw_child_free(adopted.child);
}

static void a_loop_may_go_before_its_freed_children(void **state)
{
    (void)state;
    void *other = NULL;
    assert_int_equal(fixture_open(&other), 0);
    struct watched w;
    watched_spawn(&w, other, forever);
    pid_t pid = gw_child_pid(w.child);
    gw_child_free(w.child);
    fixture_close(&other);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void free_itself(void *arg, int status)
{
    struct watched *w = arg;
    w->status = status;
    gw_child_free(w->child);
    gw_loop_stop(w->f->loop);
}

static void a_callback_may_free_its_own_child(void **state)
{
    struct watched w = {.f = *state};
    const struct gw_spawn spawn = {
        .argv = (const char *const[]){"true", NULL}, .stdout_fd = -1, .stderr_fd = -1};
    w.child = gw_child_spawn(w.f->loop, &spawn, free_itself, &w, NULL);
    fixture_run(w.f);
    assert_int_equal(w.status, 0);
}

static void an_adopted_process_ends_without_a_status(void **state)
{
    struct fixture *f = *state;
    struct watched w;
    struct watched adopted = {.f = f};
    watched_spawn(&w, f, forever);
    adopted.child = gw_child_adopt(f->loop, gw_child_pid(w.child), gw_child_start_ticks(w.child),
                                   watched_end, &adopted, NULL);
    assert_non_null(adopted.child);
    assert_int_equal(gw_child_pid(adopted.child), gw_child_pid(w.child));
    assert_int_equal(gw_child_kill(adopted.child, SIGTERM, NULL), 0);
    while (adopted.n_ends == 0 || w.n_ends == 0)
        fixture_run(f);
    assert_int_equal(adopted.status, -1);
    assert_int_equal(WTERMSIG(w.status), SIGTERM);
    gw_child_free(adopted.child);
    gw_child_free(w.child);
}

static void a_pid_with_another_start_time_is_not_adopted(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct watched w;
    watched_spawn(&w, f, forever);
    assert_null(gw_child_adopt(f->loop, gw_child_pid(w.child), gw_child_start_ticks(w.child) - 1,
                               watched_end, &w, &err));
    assert_error(&err, GW_NOT_FOUND, "the pid belongs to another process now");
    assert_int_equal(gw_child_kill(w.child, SIGKILL, NULL), 0);
    fixture_run(f);
    assert_int_equal(w.n_ends, 1);
    gw_child_free(w.child);
}

static void what_has_ended_is_not_adopted(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct watched w;
    watched_spawn(&w, f, forever);
    pid_t pid = gw_child_pid(w.child);
    uint64_t ticks = gw_child_start_ticks(w.child);
    assert_int_equal(gw_child_kill(w.child, SIGKILL, NULL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_null(gw_child_adopt(f->loop, pid, ticks, watched_end, &w, &err)); /* a zombie */
    assert_error(&err, GW_NOT_FOUND, "has ended");
    fixture_run(f);
    assert_null(gw_child_adopt(f->loop, pid, ticks, watched_end, &w, &err)); /* and gone */
    assert_error_code(&err, GW_NOT_FOUND);
    assert_int_equal(w.n_ends, 1);
    gw_child_free(w.child);
}

static void pids_that_can_not_be_are_not_adopted(void **state)
{
    struct fixture *f = *state;
    const pid_t pids[] = {0, -1, 0x7fffffff};
    for (size_t i = 0; i < GW_ARRAY_LEN(pids); i++) {
        struct gw_error err = {0};
        assert_null(gw_child_adopt(f->loop, pids[i], 1, watched_end, NULL, &err));
        assert_error_code(&err, GW_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_loop(the_exit_status_arrives),
        with_loop(a_killed_child_ends_by_the_signal),
        with_loop(an_ended_child_can_not_be_killed),
        with_loop(a_child_is_reaped_when_it_ends),
        with_loop(a_freed_child_goes_on_and_is_reaped_later),
        with_loop(a_loop_may_go_before_its_freed_children),
        with_loop(a_callback_may_free_its_own_child),
        with_loop(an_adopted_process_ends_without_a_status),
        with_loop(a_pid_with_another_start_time_is_not_adopted),
        with_loop(what_has_ended_is_not_adopted),
        with_loop(pids_that_can_not_be_are_not_adopted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
