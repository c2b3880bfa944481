/* The connection for the memory, made here and handed to QEMU (getfd, migrate fd:NAME).
 *
 * Why not by QEMU: it would stand still while it connects, it would not come from the migration
 * address that the target admits, and it leaves Nagle's algorithm on, which holds the last piece of
 * the device state back until the receiver's delayed acknowledgement: 40 ms more of blackout. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "commands.h"
#include "live_priv.h"
#include "monitor.h"

#define FD_NAME "godwit-memory"

struct address {
    struct sockaddr_storage to;
    socklen_t len;
};

static bool parse(const char *text, uint32_t port, struct address *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->to;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->to;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        out->len = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
        return false;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    out->len = sizeof *v6;
    return true;
}

void src_live_end_connect(struct src_live *live)
{
    if (live->connect_timer != NULL)
        gw_timer_stop(live->connect_timer);
    gw_watch_free(gw_steal(live->connect_watch));
    if (live->connect_fd >= 0)
        close(gw_steal_fd(&live->connect_fd));
}

static void fail(struct src_live *live, const char *what, int e)
{
    src_live_end_connect(live);
    src_live_note(live, "%s %s port %" PRIu32 " for the memory: %s", what, live->begin.memory_host,
                  live->begin.memory_port, strerror(e));
    src_live_event(live, SRC_EV_COMMAND_FAILED, 0);
}

void src_live_connect_late(void *arg)
{
    fail(arg, "connecting to", ETIMEDOUT);
}

static void on_fd_taken(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    (void)result;
    src_live_end_connect(live);
    if (live->move.state != SRC_OUT_MEMORY || err->code == GW_UNAVAILABLE)
        return;
    if (gw_error_is_set(err)) {
        src_live_note(live, "QEMU did not take the connection for the memory: %s", err->message);
        src_live_event(live, SRC_EV_COMMAND_FAILED, 0);
        return;
    }
    src_live_command(live, "migrate", src_args_one("uri", "fd:" FD_NAME), SRC_QMP_SLOW_DEADLINE_MS);
}

static void on_connected(void *arg, unsigned events)
{
    struct src_live *live = arg;
    int e = 0;
    socklen_t len = sizeof e;

    (void)events;
    gw_watch_free(gw_steal(live->connect_watch));
    gw_timer_stop(live->connect_timer);
    if (live->move.state != SRC_OUT_MEMORY) {
        src_live_end_connect(live);
        return;
    }
    if (getsockopt(live->connect_fd, SOL_SOCKET, SO_ERROR, &e, &len) != 0)
        e = errno;
    if (e != 0)
        fail(live, "connecting to", e);
    else
        (void)src_monitor_send_fd(live->guest->monitor, live->connect_fd, FD_NAME,
                                  SRC_QMP_DEADLINE_MS, on_fd_taken, live);
}

static int open_socket(struct src_live *live, const struct address *to)
{
    const char *from = live->guest->daemon->settings->migration_address;
    struct address own;
    const int on = 1;

    live->connect_fd =
        socket(to->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (live->connect_fd < 0)
        return -1;
    if (setsockopt(live->connect_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        return -1;
    if (parse(from, 0, &own) && own.to.ss_family == to->to.ss_family &&
        bind(live->connect_fd, (const struct sockaddr *)&own.to, own.len) != 0)
        return -1;
    return connect(live->connect_fd, (const struct sockaddr *)&to->to, to->len) == 0 ||
                   errno == EINPROGRESS
               ? 0
               : -1;
}

void src_live_connect(struct src_live *live)
{
    struct gw_error err = {0};
    struct address to;

    src_live_end_connect(live);
    if (!parse(live->begin.memory_host, live->begin.memory_port, &to)) {
        fail(live, "reading the address", EINVAL);
        return;
    }
    if (open_socket(live, &to) != 0) {
        fail(live, "connecting to", errno);
        return;
    }
    live->connect_watch = gw_watch_new(live->guest->daemon->loop, live->connect_fd, GW_WATCH_WRITE,
                                       on_connected, live, &err);
    if (live->connect_watch == NULL)
        fail(live, "connecting to", ENOMEM);
    else
        gw_timer_start(live->connect_timer, SRC_CONNECT_MS);
}
