/* Starting a program. posix_spawn, because fork is unsafe once threads run; everything that is not
 * asked for is taken away from the child: descriptors, blocked signals, changed dispositions. */
#include "loop/child_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

enum { FIRST_OTHER_FD = 3 };

/* Copies of the caller's descriptors above 2, so that their order below does not matter. */
struct stdio_fds {
    int out;
    int err;
};

static bool is_kept(const struct gw_spawn *spawn, int fd)
{
    for (size_t i = 0; i < spawn->n_keep_fds; i++) {
        if (spawn->keep_fds[i] == fd)
            return true;
    }
    return false;
}

static int add_stdio(posix_spawn_file_actions_t *actions, const struct stdio_fds *fds)
{
    int e = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!e)
        e = fds->out >= 0 ? posix_spawn_file_actions_adddup2(actions, fds->out, STDOUT_FILENO)
                          : posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null",
                                                             O_WRONLY, 0);
    if (!e && fds->err >= 0)
        e = posix_spawn_file_actions_adddup2(actions, fds->err, STDERR_FILENO);
    return e;
}

/* Keep what is asked for (dup2 to the same number clears FD_CLOEXEC), close all else above 2. */
static int add_kept_fds(posix_spawn_file_actions_t *actions, const struct gw_spawn *spawn)
{
    int last = FIRST_OTHER_FD - 1;
    int e = 0;
    for (size_t i = 0; !e && i < spawn->n_keep_fds; i++) {
        int fd = spawn->keep_fds[i];
        e = fd < FIRST_OTHER_FD ? EBADF : posix_spawn_file_actions_adddup2(actions, fd, fd);
        last = fd > last ? fd : last;
    }
    for (int fd = FIRST_OTHER_FD; !e && fd < last; fd++) {
        if (!is_kept(spawn, fd))
            e = posix_spawn_file_actions_addclose(actions, fd);
    }
    return e ? e : posix_spawn_file_actions_addclosefrom_np(actions, last + 1);
}

static int fill_attributes(posix_spawnattr_t *attr, const struct gw_spawn *spawn)
{
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (spawn->is_detached)
        flags |= POSIX_SPAWN_SETSID;
    int e = posix_spawnattr_setflags(attr, (short)flags);
    if (!e)
        e = posix_spawnattr_setsigmask(attr, &none);
    return e ? e : posix_spawnattr_setsigdefault(attr, &all);
}

static int spawn_with(const struct gw_spawn *spawn,
                      const struct stdio_fds *fds,
                      posix_spawn_file_actions_t *actions,
                      posix_spawnattr_t *attr,
                      pid_t *out_pid)
{
    int e = spawn->cwd ? posix_spawn_file_actions_addchdir_np(actions, spawn->cwd) : 0;
    if (!e)
        e = add_stdio(actions, fds);
    if (!e)
        e = add_kept_fds(actions, spawn);
    if (!e)
        e = fill_attributes(attr, spawn);
    char **argv; /* POSIX promises not to change the strings; the prototype can't say so */
    memcpy(&argv, &spawn->argv, sizeof argv);
    return e ? e : posix_spawnp(out_pid, argv[0], actions, attr, argv, environ);
}

static int copy_fd(int fd, int *out_copy)
{
    if (fd < 0)
        return 0;
    *out_copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OTHER_FD);
    return *out_copy < 0 ? errno : 0;
}

int gw_spawn_process(const struct gw_spawn *spawn, pid_t *out_pid, struct gw_error *err)
{
    GW_AUTO_FD int out_copy = -1;
    GW_AUTO_FD int err_copy = -1;
    int e = copy_fd(spawn->stdout_fd, &out_copy);
    if (!e)
        e = copy_fd(spawn->stderr_fd, &err_copy);
    const struct stdio_fds fds = {.out = out_copy, .err = err_copy};

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    (void)posix_spawn_file_actions_init(&actions); /* neither allocates in glibc */
    (void)posix_spawnattr_init(&attr);
    if (!e)
        e = spawn_with(spawn, &fds, &actions, &attr, out_pid);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    if (e)
        return gw_error_set_errno(err, e, "can't start %s", spawn->argv[0]);
    return 0;
}
