/* The smallest program on lib/daemon: it does nothing but start, say so, and stop. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "daemon/daemon.h"

struct tiny_settings {
    struct gw_daemon_settings daemon;
    uint64_t size;
    bool is_broken; /* start() fails */
    bool is_piping; /* start() writes into a pipe that nobody reads */
    bool is_brief;  /* stops by itself, once it runs */
};

static const struct gw_config_key keys[] = {
    GW_DAEMON_KEYS(struct tiny_settings),
    {.key = "size",
     .type = GW_CONFIG_U64,
     .offset = offsetof(struct tiny_settings, size),
     .otherwise = "8",
     .max = 100,
     .help = "an even number"},
    {.key = "is_broken",
     .type = GW_CONFIG_BOOL,
     .offset = offsetof(struct tiny_settings, is_broken),
     .otherwise = "false",
     .help = "whether it fails to start"},
    {.key = "is_piping",
     .type = GW_CONFIG_BOOL,
     .offset = offsetof(struct tiny_settings, is_piping),
     .otherwise = "false",
     .help = "whether it writes to nobody"},
    {.key = "is_brief",
     .type = GW_CONFIG_BOOL,
     .offset = offsetof(struct tiny_settings, is_brief),
     .otherwise = "false",
     .help = "whether it stops by itself"},
};

static int check(const void *settings, struct gw_error *err)
{
    const struct tiny_settings *s = settings;
    if (s->size % 2)
        return gw_error_set(err, GW_OUT_OF_RANGE, "key size must be even, not %u",
                            (unsigned)s->size);
    return 0;
}

static int write_to_nobody(struct gw_error *err)
{
    int fds[2];
    if (pipe(fds) < 0)
        return gw_error_set_errno(err, errno, "can't make a pipe");
    close(fds[0]);
    GW_AUTO_FD int fd = fds[1];
    if (write(fd, "x", 1) < 0 && errno == EPIPE)
        return 0;
    return gw_error_set(err, GW_INTERNAL, "a pipe without a reader took a byte");
}

static void stop_loop(void *arg)
{
    gw_loop_stop(arg);
}

static int
start(const struct gw_daemon *daemon, void **out_state, char **out_status, struct gw_error *err)
{
    const struct tiny_settings *s = daemon->settings;
    if (s->is_broken)
        return gw_error_set(err, GW_UNAVAILABLE, "the tiny daemon is broken as asked");
    if (s->is_piping && write_to_nobody(err) < 0)
        return -1;
    if (s->is_brief && gw_loop_post(daemon->loop, stop_loop, daemon->loop) < 0)
        return gw_error_set_nomem(err, "starting");
    *out_status = strdup("listening nowhere");
    struct gw_log *log = malloc(sizeof *log);
    if (!log)
        return gw_error_set_nomem(err, "starting");
    *log = daemon->log;
    *out_state = log;
    return 0;
}

static void stop(void *state)
{
    gw_log_info((struct gw_log *)state, "tiny.stopped", "in_good_order=true");
    free(state);
}

int main(int argc, char **argv)
{
    const struct gw_daemon_program program = {
        .name = "tiny-daemon",
        .summary = "does nothing, and stops",
        .keys = keys,
        .n_keys = GW_ARRAY_LEN(keys),
        .settings_size = sizeof(struct tiny_settings),
        .check = check,
        .start = start,
        .stop = stop,
    };
    return gw_daemon_main(&program, argc, argv);
}
