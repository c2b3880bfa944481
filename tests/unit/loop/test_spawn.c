#include "child_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "support/tmp_folder.h"

/* What a shell script said on its standard output, its standard error, or both. */
struct said {
    int read_fd;
    int write_fd;
    char text[4096];
};

static void listen_to(struct said *said)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    *said = (struct said){.read_fd = fds[0], .write_fd = fds[1]};
}

static void run_spawn(struct fixture *f, const struct gw_spawn *spawn)
{
    struct gw_error err = {0};
    struct watched w = {.f = f};
    w.child = gw_child_spawn(f->loop, spawn, watched_end, &w, &err);
    if (!w.child)
        fail_msg("%s", err.message);
    fixture_run(f);
    assert_int_equal(w.status, 0);
    gw_child_free(w.child);
}

/* Close the writing end and read all that was written. */
static const char *hear(struct said *said)
{
    close(said->write_fd);
    size_t len = 0;
    for (ssize_t n; len + 1 < sizeof said->text; len += (size_t)n) {
        n = read(said->read_fd, said->text + len, sizeof said->text - 1 - len);
        if (n <= 0)
            break;
    }
    said->text[len] = '\0';
    close(said->read_fd);
    return said->text;
}

static const char *
run_script(struct fixture *f, struct said *said, struct gw_spawn *spawn, const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    listen_to(said);
    spawn->argv = argv;
    spawn->stdout_fd = said->write_fd;
    run_spawn(f, spawn);
    spawn->argv = NULL;
    return hear(said);
}

static void standard_output_is_the_given_descriptor(void **state)
{
    struct said said;
    struct gw_spawn spawn = {.stderr_fd = -1};
    assert_string_equal(run_script(*state, &said, &spawn, "echo hello"), "hello\n");
}

static void standard_input_is_empty(void **state)
{
    struct said said;
    struct gw_spawn spawn = {.stderr_fd = -1};
    assert_string_equal(run_script(*state, &said, &spawn, "cat; readlink /proc/self/fd/0"),
                        "/dev/null\n");
}

static void standard_error_can_go_elsewhere(void **state)
{
    struct said out;
    struct said errors;
    listen_to(&errors);
    struct gw_spawn spawn = {.stderr_fd = errors.write_fd};
    assert_string_equal(run_script(*state, &out, &spawn, "echo one; echo two >&2"), "one\n");
    assert_string_equal(hear(&errors), "two\n");
}

static void output_and_error_can_share_a_descriptor(void **state)
{
    struct said said;
    listen_to(&said);
    const struct gw_spawn spawn = {
        .argv = (const char *const[]){"sh", "-c", "echo one; echo two >&2", NULL},
        .stdout_fd = said.write_fd,
        .stderr_fd = said.write_fd};
    run_spawn(*state, &spawn);
    assert_string_equal(hear(&said), "one\ntwo\n");
}

static void the_folder_can_be_given(void **state)
{
    struct said said;
    char *folder = tmp_folder_make();
    char real[PATH_MAX];
    assert_non_null(realpath(folder, real));
    struct gw_spawn spawn = {.stderr_fd = -1, .cwd = folder};
    const char *text = run_script(*state, &said, &spawn, "pwd -P");
    assert_memory_equal(text, real, strlen(real));
    tmp_folder_remove(folder);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    const struct gw_spawn spawn = {.argv = (const char *const[]){"true", NULL},
                                   .cwd = "/nowhere",
                                   .stdout_fd = -1,
                                   .stderr_fd = -1};
    assert_null(gw_child_spawn(f->loop, &spawn, watched_end, NULL, &err));
    assert_error_code(&err, GW_NOT_FOUND);
}

static void only_kept_descriptors_arrive_under_their_own_numbers(void **state)
{
    struct said said;
    /* Three descriptors a child would inherit, as if somebody had forgotten O_CLOEXEC. */
    int low = fcntl(STDERR_FILENO, F_DUPFD, 50);
    int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 60);
    int high = fcntl(STDERR_FILENO, F_DUPFD, 200);
    assert_true(low >= 50 && kept >= 60 && high >= 200);
    struct gw_spawn spawn = {.stderr_fd = -1, .keep_fds = &kept, .n_keep_fds = 1};
    GW_AUTO_FREE char *script =
        gw_strf("for fd in %d %d %d; do test -e /proc/$$/fd/$fd && echo $fd; done; "
                "set -- /proc/$$/fd/*; echo $#",
                low, kept, high);
    GW_AUTO_FREE char *wanted = gw_strf("%d\n", kept);
    const char *text = run_script(*state, &said, &spawn, script);
    assert_memory_equal(text, wanted, strlen(wanted));
    /* 0, 1, 2 and the kept one; the shell itself holds one more while it looks. */
    int n_open = atoi(text + strlen(wanted));
    assert_true(n_open == 4 || n_open == 5);
    close(low);
    close(kept);
    close(high);
}

static void a_descriptor_that_is_not_open_can_not_be_kept(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    const int closed[] = {999};
    struct gw_spawn spawn = {.argv = (const char *const[]){"true", NULL},
                             .stdout_fd = -1,
                             .stderr_fd = -1,
                             .keep_fds = closed,
                             .n_keep_fds = 1};
    assert_null(gw_child_spawn(f->loop, &spawn, watched_end, NULL, &err));
    assert_int_equal(err.sys_errno, EBADF);
    const int standard[] = {1};
    spawn.keep_fds = standard;
    assert_null(gw_child_spawn(f->loop, &spawn, watched_end, NULL, &err));
    assert_int_equal(err.sys_errno, EBADF);
}

static void a_detached_child_has_its_own_session(void **state)
{
    struct said said;
    struct gw_spawn spawn = {.stderr_fd = -1, .is_detached = true};
    int sid = 0;
    int pid = 0;
    const char *text =
        run_script(*state, &said, &spawn, "echo $$; sed 's/.*) //' /proc/$$/stat | cut -d' ' -f4");
    assert_int_equal(sscanf(text, "%d %d", &pid, &sid), 2);
    assert_int_equal(pid, sid);
}

static void signals_are_as_new(void **state)
{
    struct said said;
    struct gw_spawn spawn = {.stderr_fd = -1};
    sigset_t some;
    sigset_t before;
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    sigprocmask(SIG_BLOCK, &some, &before);
    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    const char *text =
        run_script(*state, &said, &spawn, "grep -E '^Sig(Blk|Ign)' /proc/self/status");
    signal(SIGPIPE, old);
    sigprocmask(SIG_SETMASK, &before, NULL);
    unsigned long long blocked = 0;
    unsigned long long ignored = 0;
    assert_int_equal(sscanf(text, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
    const unsigned long long standard = 0x7fffffff; /* signals 32 and 33 are the C library's own */
    assert_int_equal(blocked & standard, 0);
    assert_int_equal(ignored & standard, 0);
}

static void a_program_that_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    const struct gw_spawn spawn = {.argv = (const char *const[]){"no-such-program-here", NULL},
                                   .stdout_fd = -1,
                                   .stderr_fd = -1};
    assert_null(gw_child_spawn(f->loop, &spawn, watched_end, NULL, &err));
    assert_error(&err, GW_NOT_FOUND, "can't start no-such-program-here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_loop(standard_output_is_the_given_descriptor),
        with_loop(standard_input_is_empty),
        with_loop(standard_error_can_go_elsewhere),
        with_loop(output_and_error_can_share_a_descriptor),
        with_loop(the_folder_can_be_given),
        with_loop(a_folder_that_is_not_there_is_an_error),
        with_loop(only_kept_descriptors_arrive_under_their_own_numbers),
        with_loop(a_descriptor_that_is_not_open_can_not_be_kept),
        with_loop(a_detached_child_has_its_own_session),
        with_loop(signals_are_as_new),
        with_loop(a_program_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
