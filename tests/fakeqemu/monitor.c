#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "machine.h"

enum {
    OUT_MAX_BYTES = 16 * 1024 * 1024, /* a client that reads nothing is hung up on */
    IN_BYTES = 16 * 1024,
    QUEUE_MAX = 8, /* monitor/qmp.c, QMP_REQ_QUEUE_LEN_MAX; without oob: 1 */
    FLUSH_MS = 200,
};

static void on_client(void *arg, unsigned events);

void fq_monitor_rewatch(struct fq_monitor *monitor)
{
    unsigned max = monitor->has_oob ? QUEUE_MAX : 1;
    bool may_read = !monitor->m->is_mute && monitor->n_queued < max;
    unsigned events = may_read ? GW_WATCH_READ : 0;
    if (monitor->fd < 0)
        return;
    if (monitor->out.len > 0)
        events |= GW_WATCH_WRITE;
    (void)gw_watch_set(monitor->watch, events, NULL);
}

static void hang_up(struct fq_monitor *monitor)
{
    gw_watch_free(monitor->watch);
    close(gw_steal_fd(&monitor->fd));
    gw_str_reset(&monitor->out);
    json_tokener_reset(monitor->tokener);
    if (monitor->passed_fd >= 0)
        close(gw_steal_fd(&monitor->passed_fd));
    monitor->is_ready = monitor->has_oob = false;
    fq_dispatch_drop(monitor);
    (void)gw_watch_set(monitor->listen_watch, GW_WATCH_READ, NULL);
}

static void write_out(struct fq_monitor *monitor)
{
    while (monitor->out.len > 0) {
        ssize_t n =
            send(monitor->fd, monitor->out.data, monitor->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            break; /* full, or gone; the latter is found by reading */
        gw_str_consume(&monitor->out, (size_t)n);
    }
    fq_monitor_rewatch(monitor);
}

void fq_send(struct fq_monitor *monitor, json_object *object)
{
    if (monitor->fd >= 0) {
        GW_AUTO_FREE char *line = fq_line(object);
        gw_str_append(&monitor->out, line);
        gw_str_append(&monitor->out, "\r\n");
        write_out(monitor);
    }
    json_object_put(object);
}

void fq_event(struct fq_machine *m, const char *name, json_object *data)
{
    uint64_t now_us = gw_clock_wall_us(gw_clock_system());
    const char *status = fq_get_text(data, "status");
    bool is_lost = fq_quirk(&m->quirks, "lose-event", name, NULL) ||
                   (status && fq_quirk(&m->quirks, "lose-event", status, NULL));
    for (struct fq_monitor *monitor = m->monitors; monitor; monitor = monitor->next) {
        if (!monitor->is_ready || is_lost)
            continue;
        fq_send(monitor,
                FQ_OBJECT({"timestamp", FQ_OBJECT({"seconds", fq_number(now_us / 1000000)},
                                                  {"microseconds", fq_number(now_us % 1000000)})},
                          {"event", fq_text(name)}, {"data", json_object_get(data)}));
    }
    json_object_put(data);
}

/* ---- input ---- */

static void take_bytes(struct fq_monitor *monitor, const char *bytes, size_t len)
{
    unsigned session = monitor->session;
    while (len > 0 && monitor->session == session && monitor->fd >= 0) {
        json_object *object = json_tokener_parse_ex(monitor->tokener, bytes, (int)len);
        size_t n_used = json_tokener_get_parse_end(monitor->tokener);
        if (object) {
            fq_dispatch(monitor, object);
        } else if (json_tokener_get_error(monitor->tokener) != json_tokener_continue) {
            json_tokener_reset(monitor->tokener);
            fq_send(monitor,
                    FQ_OBJECT({"error",
                               FQ_OBJECT({"class", fq_text("GenericError")},
                                         {"desc", fq_text("JSON parse error, invalid token")})}));
            return;
        }
        bytes += n_used;
        len -= n_used;
        size_t n_blank = len > 0 ? strspn(bytes, " \t\r\n") : 0;
        bytes += n_blank;
        len -= n_blank;
    }
}

static void take_passed_fd(struct fq_monitor *monitor, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        if (monitor->passed_fd >= 0)
            close(monitor->passed_fd);
        memcpy(&monitor->passed_fd, CMSG_DATA(c), sizeof monitor->passed_fd);
    }
}

static void on_client(void *arg, unsigned events)
{
    struct fq_monitor *monitor = arg;
    char bytes[IN_BYTES + 1];
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec vector = {.iov_base = bytes, .iov_len = IN_BYTES};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    if (events & GW_WATCH_WRITE)
        write_out(monitor);
    if (!(events & GW_WATCH_READ) || monitor->fd < 0)
        return;
    ssize_t n = recvmsg(monitor->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || !gw_str_ok(&monitor->out)) {
        hang_up(monitor);
        return;
    }
    take_passed_fd(monitor, &message);
    bytes[n] = '\0';
    take_bytes(monitor, bytes, (size_t)n);
    fq_monitor_rewatch(monitor);
}

/* ---- clients ---- */

static json_object *greeting(void)
{
    json_object *capabilities = fq_array();
    fq_push(capabilities, fq_text("oob"));
    json_object *qemu =
        FQ_OBJECT({"micro", fq_number(22)}, {"minor", fq_number(2)}, {"major", fq_number(7)});
    json_object *version = FQ_OBJECT({"qemu", qemu}, {"package", fq_text("gw-fake-qemu")});
    return FQ_OBJECT({"QMP", FQ_OBJECT({"version", version}, {"capabilities", capabilities})});
}

static void on_connection(void *arg, unsigned events)
{
    struct fq_monitor *monitor = arg;
    (void)events;
    int fd = accept4(monitor->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    monitor->fd = fd;
    monitor->session++;
    monitor->watch = gw_watch_new(monitor->m->loop, fd, GW_WATCH_READ, on_client, monitor, NULL);
    (void)gw_watch_set(monitor->listen_watch, 0, NULL); /* one at a time */
    fq_point(monitor->m, "greeting");
    if (!monitor->m->is_mute)
        fq_send(monitor, greeting());
}

int fq_take_fd(struct fq_monitor *monitor, const char *name)
{
    for (struct fq_named_fd **slot = &monitor->fds; *slot; slot = &(*slot)->next) {
        struct fq_named_fd *named = *slot;
        if (strcmp(named->name, name) != 0)
            continue;
        int fd = named->fd;
        *slot = named->next;
        free(named->name);
        free(named);
        return fd;
    }
    return -1;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    (void)unlink(path);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, 1) < 0)
        return -1;
    return fd;
}

static void open_one(struct fq_machine *m, const struct fq_monitor_option *option)
{
    struct fq_monitor *monitor = calloc(1, sizeof *monitor);
    if (!monitor)
        abort();
    *monitor = (struct fq_monitor){
        .next = m->monitors, .m = m, .id = option->id, .fd = -1, .passed_fd = -1};
    monitor->listen_fd = option->path ? listen_at(option->path) : option->fd;
    gw_str_init(&monitor->out, OUT_MAX_BYTES);
    TAILQ_INIT(&monitor->queue);
    monitor->tokener = json_tokener_new();
    monitor->listen_watch =
        gw_watch_new(m->loop, monitor->listen_fd, GW_WATCH_READ, on_connection, monitor, NULL);
    if (!monitor->tokener || !monitor->listen_watch) {
        (void)fprintf(stderr, "gw-fake-qemu: monitor %s: no listening socket\n", option->id);
        exit(1);
    }
    (void)fcntl(monitor->listen_fd, F_SETFL, fcntl(monitor->listen_fd, F_GETFL) | O_NONBLOCK);
    m->monitors = monitor;
}

void fq_monitors_open(struct fq_machine *m)
{
    for (size_t i = m->options.n_monitors; i-- > 0;)
        open_one(m, &m->options.monitors[i]);
}

void fq_monitors_flush(struct fq_machine *m)
{
    for (struct fq_monitor *monitor = m->monitors; monitor; monitor = monitor->next) {
        struct pollfd wait = {.fd = monitor->fd, .events = POLLOUT};
        while (monitor->fd >= 0 && monitor->out.len > 0 && poll(&wait, 1, FLUSH_MS) == 1 &&
               !(wait.revents & (POLLERR | POLLHUP)))
            write_out(monitor);
    }
}
