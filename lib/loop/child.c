/* Watching processes.
 *
 * A pidfd becomes readable when its process ends, whoever the parent is. Our own children are
 * reaped then; of an adopted one only the end is known. A pidfd is opened first and the start time
 * compared after, so that a pid that was given to another process meanwhile is never taken.
 * A child whose owner stopped watching stays on the loop's list, to be reaped when it ends: else
 * it would be a zombie, which looks alive to whoever only asks for its pid. */
#include "loop/child_priv.h"
#include "loop/loop_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct gw_child {
    struct gw_loop *loop;
    struct event *event;
    int pidfd;
    pid_t pid;
    uint64_t start_ticks;
    bool is_ours;   /* its status is ours to collect */
    bool has_ended; /* and was collected */
    gw_child_fn fn;
    void *arg;
    struct gw_child *next; /* among loop->unwatched */
};

static void destroy(struct gw_child *child)
{
    if (child->event)
        event_free(child->event);
    if (child->pidfd >= 0)
        close(child->pidfd);
    free(child);
}

static void leave_unwatched(struct gw_child *child)
{
    for (struct gw_child **at = &child->loop->unwatched; *at; at = &(*at)->next) {
        if (*at == child) {
            *at = child->next;
            return;
        }
    }
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
    struct gw_child *child = arg;
    (void)fd;
    (void)what;
    int status = -1;
    if (child->is_ours && waitpid(child->pid, &status, WNOHANG) <= 0)
        status = -1; /* someone else in this process collected it */
    child->has_ended = true;
    if (!child->fn) {
        leave_unwatched(child);
        destroy(child);
        return;
    }
    child->fn(child->arg, status); /* last: it may free the child */
}

/* Open the pidfd and watch it. */
static struct gw_child *
watch_process(struct gw_loop *loop, pid_t pid, gw_child_fn fn, void *arg, struct gw_error *err)
{
    struct gw_child *child = calloc(1, sizeof *child);
    if (!child) {
        gw_error_set_nomem(err, "watching a process");
        return NULL;
    }
    *child = (struct gw_child){.loop = loop, .pid = pid, .fn = fn, .arg = arg, .pidfd = -1};
    child->pidfd = pidfd_open(pid, 0); /* always close-on-exec */
    if (child->pidfd < 0) {
        if (errno == ESRCH || errno == EINVAL)
            gw_error_set(err, GW_NOT_FOUND, "there is no process %d", (int)pid);
        else
            gw_error_set_errno(err, errno, "can't watch process %d", (int)pid);
        destroy(child);
        return NULL;
    }
    child->event = event_new(loop->base, child->pidfd, EV_READ, on_end, child);
    if (!child->event || event_add(child->event, NULL) < 0) {
        gw_error_set(err, GW_RESOURCE_EXHAUSTED, "can't watch process %d: no memory", (int)pid);
        destroy(child);
        return NULL;
    }
    return child;
}

struct gw_child *gw_child_spawn(struct gw_loop *loop,
                                const struct gw_spawn *spawn,
                                gw_child_fn fn,
                                void *arg,
                                struct gw_error *err)
{
    pid_t pid = -1;
    if (gw_spawn_process(spawn, &pid, err) < 0)
        return NULL;
    struct gw_child *child = watch_process(loop, pid, fn, arg, err);
    if (!child) {
        (void)kill(pid, SIGKILL); /* not reaped yet, so the pid is still its own */
        (void)waitpid(pid, NULL, 0);
        return NULL;
    }
    child->is_ours = true;
    /* One that has ended already has no start time worth knowing; its end is told by @fn. */
    (void)gw_proc_start_ticks(pid, &child->start_ticks, NULL);
    return child;
}

struct gw_child *gw_child_adopt(struct gw_loop *loop,
                                pid_t pid,
                                uint64_t start_ticks,
                                gw_child_fn fn,
                                void *arg,
                                struct gw_error *err)
{
    struct gw_child *child = watch_process(loop, pid, fn, arg, err);
    if (!child)
        return NULL;
    if (gw_proc_start_ticks(pid, &child->start_ticks, err) == 0) {
        if (child->start_ticks == start_ticks)
            return child;
        gw_error_set(err, GW_NOT_FOUND,
                     "process %d started at tick %llu, not %llu: the pid belongs to another "
                     "process now",
                     (int)pid, (unsigned long long)child->start_ticks,
                     (unsigned long long)start_ticks);
    }
    destroy(child);
    return NULL;
}

pid_t gw_child_pid(const struct gw_child *child)
{
    return child->pid;
}

uint64_t gw_child_start_ticks(const struct gw_child *child)
{
    return child->start_ticks;
}

int gw_child_kill(struct gw_child *child, int signo, struct gw_error *err)
{
    struct pollfd end = {.fd = child->pidfd, .events = POLLIN};
    if (child->has_ended || poll(&end, 1, 0) > 0)
        return gw_error_set(err, GW_NOT_FOUND, "process %d has ended", (int)child->pid);
    if (pidfd_send_signal(child->pidfd, signo, NULL, 0) == 0)
        return 0;
    if (errno == ESRCH)
        return gw_error_set(err, GW_NOT_FOUND, "process %d has ended", (int)child->pid);
    return gw_error_set_errno(err, errno, "can't send signal %d to process %d", signo,
                              (int)child->pid);
}

void gw_child_free(struct gw_child *child)
{
    if (!child)
        return;
    if (!child->is_ours || child->has_ended) {
        destroy(child);
        return;
    }
    child->fn = NULL;
    child->next = child->loop->unwatched;
    child->loop->unwatched = child;
}

void gw_loop_forget_children(struct gw_loop *loop)
{
    while (loop->unwatched) {
        struct gw_child *child = loop->unwatched;
        loop->unwatched = child->next;
        (void)waitpid(child->pid, NULL, WNOHANG);
        destroy(child);
    }
}
