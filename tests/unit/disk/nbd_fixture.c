#include "nbd_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGS_MAX = 32, WAIT_MS = 20000 };

extern char **environ;

/* Run argv in the fixture's folder, its words into the file "log". */
static int run(struct nbd_fixture *f, const char *const *argv)
{
    posix_spawn_file_actions_t actions;
    char log[64];
    pid_t pid;
    int status = -1;
    (void)snprintf(log, sizeof log, "%s/log", f->dir);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_addchdir_np(&actions, f->dir);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    char *copy[ARGS_MAX + 1] = {0};
    for (int i = 0; argv[i]; i++)
        assert_non_null((copy[i] = strdup(argv[i])));
    assert_int_equal(posix_spawnp(&pid, copy[0], &actions, NULL, copy, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; copy[i]; i++)
        free(copy[i]);
    return status;
}

static void must_run(struct nbd_fixture *f, const char *const *argv)
{
    if (run(f, argv) == 0)
        return;
    char path[64], said[512] = "";
    (void)snprintf(path, sizeof path, "%s/log", f->dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = read(fd, said, sizeof said - 1);
        said[n > 0 ? n : 0] = '\0';
        close(fd);
    }
    fail_msg("%s failed: %s", argv[0], said);
}

/* argv from @n fixed words and @args, up to NULL. */
static void collect(const char **argv, int n, va_list args)
{
    do {
        assert_true(n < ARGS_MAX);
        argv[n] = va_arg(args, const char *);
    } while (argv[n++]);
}

void nbd_run(struct nbd_fixture *f, const char *program, ...)
{
    const char *argv[ARGS_MAX + 1] = {program};
    va_list args;
    va_start(args, program);
    collect(argv, 1, args);
    va_end(args);
    must_run(f, argv);
}

void nbd_make(struct nbd_fixture *f, const char *format, const char *name, const char *size)
{
    nbd_run(f, "qemu-img", "create", "-q", "-f", format, name, size, NULL);
}

void nbd_fill(struct nbd_fixture *f, const char *format, const char *name, ...)
{
    const char *argv[ARGS_MAX + 1] = {"qemu-io", "-f", format};
    int n = 3;
    va_list args;
    va_start(args, name);
    for (const char *word; (word = va_arg(args, const char *));) {
        assert_true(n + 3 < ARGS_MAX);
        argv[n++] = "-c";
        argv[n++] = word;
    }
    va_end(args);
    argv[n] = name;
    must_run(f, argv);
}

pid_t nbd_adopt(struct nbd_fixture *f)
{
    char path[64], text[16] = "";
    (void)snprintf(path, sizeof path, "%s/pid", f->dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    assert_int_equal(unlink(path), 0);
    assert_true(f->n_servers < NBD_SERVERS_MAX);
    f->servers[f->n_servers++] = (pid_t)strtol(text, NULL, 10);
    return f->servers[f->n_servers - 1];
}

/* --fork: qemu-nbd returns when it listens. */
static pid_t serve(struct nbd_fixture *f,
                   const char *socket,
                   const char *format,
                   const char *name,
                   int n_clients,
                   const char *flag)
{
    char shared[8];
    const char *argv[ARGS_MAX + 1] = {"qemu-nbd", "--fork", "--persistent", "--discard=unmap",
                                      "--socket", socket,   "--pid-file",   "pid",
                                      "--shared", shared};
    int n = 10;
    (void)snprintf(shared, sizeof shared, "%d", n_clients);
    if (format) {
        argv[n++] = "-f";
        argv[n++] = format;
    }
    if (flag)
        argv[n++] = flag;
    argv[n] = name;
    must_run(f, argv);
    return nbd_adopt(f);
}

pid_t nbd_serve_source(struct nbd_fixture *f, const char *format, const char *name, int n_clients)
{
    return serve(f, f->source_socket, format, name, n_clients, "--read-only");
}

pid_t nbd_serve_target(
    struct nbd_fixture *f, const char *format, const char *name, int n_clients, const char *flag)
{
    return serve(f, f->target_socket, format, name, n_clients, flag);
}

void nbd_stop(struct nbd_fixture *f, pid_t pid, int signo)
{
    for (unsigned i = 0; i < f->n_servers; i++) {
        if (f->servers[i] != pid)
            continue;
        f->servers[i] = f->servers[--f->n_servers];
        int pidfd = pidfd_open(pid, 0);
        if (pidfd < 0)
            return;
        struct pollfd waiting = {.fd = pidfd, .events = POLLIN};
        (void)pidfd_send_signal(pidfd, signo, NULL, 0);
        assert_int_equal(poll(&waiting, 1, WAIT_MS), 1);
        close(pidfd);
        return;
    }
}

void nbd_assert_same(
    struct nbd_fixture *f, const char *format_a, const char *a, const char *format_b, const char *b)
{
    while (f->n_servers)
        nbd_stop(f, f->servers[0], SIGTERM);
    nbd_run(f, "qemu-img", "compare", "-f", format_a, "-F", format_b, a, b, NULL);
}

uint64_t nbd_allocated(struct nbd_fixture *f, const char *name)
{
    char path[128];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
    assert_int_equal(stat(path, &st), 0);
    return (uint64_t)st.st_blocks * 512u;
}

int nbd_setup(void **state)
{
    struct nbd_fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/gw-disk-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->source_socket, sizeof f->source_socket, "%s/source.sock", f->dir);
    (void)snprintf(f->target_socket, sizeof f->target_socket, "%s/target.sock", f->dir);
    f->spec = (struct gw_disk_copy_spec){.disk = "root",
                                         .source = {.unix_path = f->source_socket},
                                         .target = {.unix_path = f->target_socket}};
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

int nbd_teardown(void **state)
{
    struct nbd_fixture *f = *state;
    while (f->n_servers)
        nbd_stop(f, f->servers[0], SIGKILL);
    (void)nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static void *copy_on_thread(void *arg)
{
    struct nbd_fixture *f = arg;
    f->result = gw_disk_copy(&f->spec, &f->progress, &f->is_cancelled, &f->err);
    return NULL;
}

void nbd_start_copy(struct nbd_fixture *f)
{
    f->err = (struct gw_error){0};
    atomic_store(&f->progress.done_bytes, 0);
    assert_int_equal(pthread_create(&f->thread, NULL, copy_on_thread, f), 0);
}

int nbd_wait(struct nbd_fixture *f)
{
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    return f->result;
}

void nbd_copy(struct nbd_fixture *f)
{
    nbd_start_copy(f);
    if (nbd_wait(f))
        fail_msg("%s", f->err.message);
}

void nbd_await_progress(struct nbd_fixture *f)
{
    for (int i = 0; !atomic_load(&f->progress.done_bytes); i++) {
        assert_true(i < WAIT_MS);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}
