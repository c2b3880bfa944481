#include "daemon_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "support/tmp_folder.h"

enum { GIVE_UP_MS = 20000 };

static void give_up(void *arg)
{
    struct bench *bench = arg;
    bench->has_given_up = true;
    gw_loop_stop(bench->loop);
}

static int bind_notify_socket(struct bench *bench)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    GW_AUTO_FREE char *path = gw_strf("%s/notify", bench->folder);
    if (gw_str_copy(address.sun_path, sizeof address.sun_path, path) < 0)
        return -1;
    bench->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(bench->notify_fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return -1;
    return setenv("NOTIFY_SOCKET", path, 1);
}

int bench_open(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    *state = bench;
    bench->folder = tmp_folder_make();
    bench->config_path = gw_strf("%s/tiny.conf", bench->folder);
    bench->data_dir = gw_strf("%s/data", bench->folder);
    bench->loop = gw_loop_new(NULL);
    bench->guard = bench->loop ? gw_timer_new(bench->loop, give_up, bench) : NULL;
    return bench->guard ? bind_notify_socket(bench) : -1;
}

int bench_close(void **state)
{
    struct bench *bench = *state;
    (void)unsetenv("NOTIFY_SOCKET");
    close(bench->notify_fd);
    gw_timer_free(bench->guard);
    gw_loop_free(bench->loop);
    tmp_folder_remove(bench->folder);
    free(bench->config_path);
    free(bench->data_dir);
    free(bench);
    return 0;
}

void bench_configure(struct bench *bench, const char *more)
{
    GW_AUTO_FREE char *text = gw_strf("data_dir = %s\n%s", bench->data_dir, more);
    struct gw_error err = {0};
    if (gw_file_replace(bench->config_path, text, strlen(text), &err) < 0)
        fail_msg("%s", err.message);
}

static void on_end(void *arg, int status)
{
    struct run *run = arg;
    run->status = status;
    run->has_ended = true;
    gw_loop_stop(run->bench->loop);
}

static void on_notify(void *arg, unsigned events)
{
    struct run *run = arg;
    (void)events;
    char text[sizeof run->notified];
    ssize_t n = recv(run->bench->notify_fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    if (!strstr(text, "READY=1"))
        return;
    memcpy(run->notified, text, sizeof text);
    run->is_ready = true;
    gw_loop_stop(run->bench->loop);
}

static void turn_loop(struct run *run)
{
    gw_timer_start(run->bench->guard, GIVE_UP_MS);
    assert_int_equal(gw_loop_run(run->bench->loop, NULL), 0);
    gw_timer_stop(run->bench->guard);
    if (run->bench->has_given_up)
        fail_msg("the daemon neither got ready nor ended within %d ms", GIVE_UP_MS);
}

void run_start(struct run *run, struct bench *bench, const char *const *args)
{
    const char *argv[RUN_ARGS_MAX + 2] = {TINY_DAEMON};
    for (size_t i = 0; args[i] && i < RUN_ARGS_MAX; i++)
        argv[i + 1] = args[i];
    memset(run, 0, sizeof *run);
    run->bench = bench;
    run->out_fd = memfd_create("out", MFD_CLOEXEC);
    run->err_fd = memfd_create("err", MFD_CLOEXEC);
    struct gw_error err = {0};
    run->watch = gw_watch_new(bench->loop, bench->notify_fd, GW_WATCH_READ, on_notify, run, &err);
    const struct gw_spawn spawn = {
        .argv = argv, .stdout_fd = run->out_fd, .stderr_fd = run->err_fd};
    run->child = gw_child_spawn(bench->loop, &spawn, on_end, run, &err);
    if (!run->watch || !run->child)
        fail_msg("%s", err.message);
    turn_loop(run);
}

void run_start_configured(struct run *run, struct bench *bench)
{
    run_start(run, bench, (const char *const[]){"--config", bench->config_path, NULL});
}

static void keep_what_it_said(int fd, char *text)
{
    ssize_t n = pread(fd, text, SAID_MAX - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    close(fd);
}

void run_finish(struct run *run, int signo)
{
    if (signo)
        assert_int_equal(gw_child_kill(run->child, signo, NULL), 0);
    while (!run->has_ended)
        turn_loop(run);
    gw_child_free(run->child);
    gw_watch_free(run->watch);
    keep_what_it_said(run->out_fd, run->out);
    keep_what_it_said(run->err_fd, run->err);
}

int run_to_end(struct run *run, struct bench *bench, const char *const *args)
{
    run_start(run, bench, args);
    if (run->is_ready)
        fail_msg("the daemon got ready, but should have ended");
    run_finish(run, 0);
    return WIFEXITED(run->status) ? WEXITSTATUS(run->status) : -1;
}
