#ifndef GW_LOOP_CHILD_H
#define GW_LOOP_CHILD_H
/* Child processes, and processes that an earlier run of this program started: each watched through
 * a pidfd, so that an end is an event and a pid is never mistaken for another process. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "loop/loop.h"

struct gw_child;

struct gw_spawn {
    const char *const *argv; /* argv[0] is looked up in PATH; NULL at the end */
    const char *cwd;         /* NULL: as the caller */
    int stdout_fd;           /* -1: /dev/null */
    int stderr_fd;           /* -1: as the caller */
    const int *keep_fds;     /* descriptors the child gets under their own numbers */
    size_t n_keep_fds;
    bool is_detached; /* own session: outlives this program and its terminal */
};

/* How a process ended. @status as from waitpid(); -1 for an adopted process, whose status only its
 * parent can learn. */
typedef void (*gw_child_fn)(void *arg, int status);

/* Start a program (posix_spawn; every other descriptor is closed in it). @fn runs once, on the loop
 * thread, when it has ended; not after gw_child_free(). Errors: by errno; NOT_FOUND no such
 * program. */
struct gw_child *gw_child_spawn(struct gw_loop *loop,
                                const struct gw_spawn *spawn,
                                gw_child_fn fn,
                                void *arg,
                                struct gw_error *err);
/* Watch process @pid that was started at @start_ticks (field 22 of /proc/PID/stat).
 * Errors: NOT_FOUND it has ended, or the pid belongs to another process now. */
struct gw_child *gw_child_adopt(struct gw_loop *loop,
                                pid_t pid,
                                uint64_t start_ticks,
                                gw_child_fn fn,
                                void *arg,
                                struct gw_error *err);
pid_t gw_child_pid(const struct gw_child *child);
uint64_t gw_child_start_ticks(const struct gw_child *child);
/* Send @signo through the pidfd. Errors: NOT_FOUND it has ended. */
int gw_child_kill(struct gw_child *child, int signo, struct gw_error *err);
/* Stop watching; the process goes on. A callback may free its own child. */
void gw_child_free(struct gw_child *child);

/* Without a loop, for threads of a pool. */

/* posix_spawn @spawn; *out_pid is a child to be waited for. Errors: those of gw_child_spawn(). */
int gw_spawn_process(const struct gw_spawn *spawn, pid_t *out_pid, struct gw_error *err);

/* Start time of @pid, from /proc. Errors: NOT_FOUND no such process, or it has ended and only waits
 * for its parent to notice. */
int gw_proc_start_ticks(pid_t pid, uint64_t *out_ticks, struct gw_error *err);
#endif
