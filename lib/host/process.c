/* Programs run to their end on a pool thread, and processes looked up as records name them. */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "base/str.h"
#include "loop/child.h"

int gw_process_start_ticks(pid_t pid, uint64_t *out_ticks, struct gw_error *err)
{
    return gw_proc_start_ticks(pid, out_ticks, err);
}

bool gw_record_qemu_is_alive(const struct gw_record *record, const char *boot_id)
{
    uint64_t ticks = 0;
    if (record->qemu_pid <= 0 || strcmp(record->boot_id, boot_id) != 0)
        return false;
    return gw_proc_start_ticks(record->qemu_pid, &ticks, NULL) == 0 &&
           ticks == record->qemu_start_ticks;
}

static int ms_left(uint64_t deadline_us)
{
    uint64_t now = gw_clock_mono_us(gw_clock_system());
    return now >= deadline_us ? 0 : (int)((deadline_us - now) / 1000) + 1;
}

/* Read until the end of the output or the deadline. Returns 1 at the end, 0 at the deadline. */
static int
collect(int fd, uint64_t deadline_us, struct gw_str *text, const char *name, struct gw_error *err)
{
    char chunk[4096];
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int left = ms_left(deadline_us);
        int n_ready = left ? poll(&wait, 1, left) : 0;
        if (n_ready < 0 && errno == EINTR)
            continue;
        if (n_ready <= 0)
            return 0;
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 1;
        gw_str_append_bytes(text, chunk, (size_t)n);
        if (!gw_str_ok(text))
            return gw_error_set(err, GW_RESOURCE_EXHAUSTED, "%s said more than %zu bytes", name,
                                text->max_bytes);
    }
}

/* Wait for the end; past the deadline it is killed. Returns 1 when it ended by itself. */
static int await_end(pid_t pid, uint64_t deadline_us, int *out_status)
{
    GW_AUTO_FD int pidfd = pidfd_open(pid, 0);
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};
    int n_ready = 0;
    do
        n_ready = poll(&wait, 1, ms_left(deadline_us));
    while (n_ready < 0 && errno == EINTR);
    if (n_ready <= 0)
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, out_status, 0) < 0 && errno == EINTR)
        ;
    return n_ready > 0;
}

static pid_t start(const char *const *argv,
                   int stdout_fd,
                   const int *keep_fds,
                   size_t n_keep_fds,
                   struct gw_error *err)
{
    pid_t pid = -1;
    GW_AUTO_FD int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const struct gw_spawn spawn = {.argv = argv,
                                   .stdout_fd = stdout_fd,
                                   .stderr_fd = null,
                                   .keep_fds = keep_fds,
                                   .n_keep_fds = n_keep_fds};
    return gw_spawn_process(&spawn, &pid, err) < 0 ? -1 : pid;
}

int gw_process_run(const struct gw_process_plan *plan,
                   char **out_text,
                   int *out_status,
                   struct gw_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return gw_error_set_errno(err, errno, "can't make a pipe for %s", plan->argv[0]);
    GW_AUTO_FD int from = ends[0];
    GW_AUTO_FD int to = ends[1];
    uint64_t deadline_us = gw_clock_mono_us(gw_clock_system()) + (uint64_t)plan->deadline_ms * 1000;
    pid_t pid = start(plan->argv, to, plan->keep_fds, plan->n_keep_fds, err);
    if (pid < 0)
        return -1;
    close(gw_steal_fd(&to));
    GW_AUTO_STR text;
    gw_str_init(&text, plan->max_bytes);
    int status = 0;
    int got = collect(from, deadline_us, &text, plan->argv[0], err);
    int has_ended = await_end(pid, got == 1 ? deadline_us : 0, &status);
    if (got < 0)
        return -1;
    if (!has_ended)
        return gw_error_set(err, GW_DEADLINE_EXCEEDED, "%s did not end within %u ms", plan->argv[0],
                            plan->deadline_ms);
    if (out_text) {
        gw_str_append(&text, "");
        *out_text = text.data ? gw_str_take(&text) : strdup("");
        if (!*out_text)
            return gw_error_set_nomem(err, "reading a program's output");
    }
    *out_status = status;
    return 0;
}
