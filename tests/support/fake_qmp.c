#include "support/fake_qmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"

enum { BUFFER_MAX = 64 * 1024 * 1024 };

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            (void)fprintf(stderr, "fake_qmp: %s failed: %s\n", #what, strerror(errno));            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct fake_qmp {
    struct gw_loop *loop;
    struct fake_qmp_options options;
    char *path;
    int listen_fd, fd;
    struct gw_watch *listen_watch, *watch;
    struct gw_str in, out, heard;
    int came_fd; /* received, not yet given to a command */
    bool is_paused;
    bool is_leaving; /* hang up when all is out */
};

static void drop_client(struct fake_qmp *fake)
{
    if (fake->fd < 0)
        return;
    gw_watch_free(gw_steal(fake->watch));
    close(gw_steal_fd(&fake->fd));
    if (fake->came_fd >= 0)
        close(gw_steal_fd(&fake->came_fd));
    gw_str_reset(&fake->in);
    gw_str_reset(&fake->out);
    fake->is_leaving = false;
    MUST(gw_watch_set(fake->listen_watch, GW_WATCH_READ, NULL) == 0);
}

static void watch_again(struct fake_qmp *fake)
{
    unsigned events = fake->is_paused ? 0 : GW_WATCH_READ;
    if (fake->out.len || fake->is_leaving)
        events |= GW_WATCH_WRITE;
    MUST(gw_watch_set(fake->watch, events, NULL) == 0);
}

static void write_some(struct fake_qmp *fake)
{
    if (fake->out.len) {
        ssize_t n = send(fake->fd, fake->out.data, fake->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN) {
            drop_client(fake);
            return;
        }
        if (n > 0)
            gw_str_consume(&fake->out, (size_t)n);
    }
    if (!fake->out.len && fake->is_leaving)
        drop_client(fake);
}

void fake_qmp_send_bytes(struct fake_qmp *fake, const char *bytes, size_t len)
{
    MUST(fake->fd >= 0);
    gw_str_append_bytes(&fake->out, bytes, len);
    MUST(gw_str_ok(&fake->out));
    watch_again(fake);
}

void fake_qmp_send_text(struct fake_qmp *fake, const char *text)
{
    fake_qmp_send_bytes(fake, text, strlen(text));
}

static void send_made(struct fake_qmp *fake, char *text)
{
    MUST(text);
    fake_qmp_send_text(fake, text);
    free(text);
}

void fake_qmp_return(struct fake_qmp *fake, int64_t id, const char *json)
{
    send_made(fake, gw_strf("{\"return\": %s, \"id\": %lld}\r\n", json, (long long)id));
}

void fake_qmp_fail(struct fake_qmp *fake, int64_t id, const char *error_class, const char *text)
{
    send_made(fake, gw_strf("{\"id\": %lld, \"error\": {\"class\": \"%s\", \"desc\": \"%s\"}}\r\n",
                            (long long)id, error_class, text));
}

void fake_qmp_event(struct fake_qmp *fake, const char *name, const char *data_json)
{
    send_made(fake, gw_strf("{\"timestamp\": {\"seconds\": 1, \"microseconds\": 5}, "
                            "\"event\": \"%s\"%s%s}\r\n",
                            name, data_json ? ", \"data\": " : "", data_json ? data_json : ""));
}

void fake_qmp_hang_up(struct fake_qmp *fake)
{
    if (fake->fd < 0)
        return;
    fake->is_leaving = true;
    watch_again(fake);
}

void fake_qmp_pause(struct fake_qmp *fake, bool is_paused)
{
    fake->is_paused = is_paused;
    if (fake->fd >= 0)
        watch_again(fake);
}

const char *fake_qmp_heard(const struct fake_qmp *fake)
{
    return gw_str_text(&fake->heard);
}

static void take_command(struct fake_qmp *fake, json_object *line)
{
    struct fake_qmp_command command = {.fd = -1};
    json_object *name = NULL, *id = NULL;
    command.is_oob = json_object_object_get_ex(line, "exec-oob", &name);
    MUST(command.is_oob || json_object_object_get_ex(line, "execute", &name));
    MUST(json_object_object_get_ex(line, "id", &id));
    (void)json_object_object_get_ex(line, "arguments", &command.arguments);
    command.name = json_object_get_string(name);
    command.id = json_object_get_int64(id);
    if (strcmp(command.name, "qmp_capabilities") == 0) {
        if (fake->options.refuses_handshake)
            fake_qmp_fail(fake, command.id, "GenericError", "no");
        else
            fake_qmp_return(fake, command.id, "{}");
        return;
    }
    gw_str_appendf(&fake->heard, "%s ", command.name);
    if (strcmp(command.name, "getfd") == 0)
        command.fd = gw_steal_fd(&fake->came_fd);
    if (fake->options.fn)
        fake->options.fn(fake->options.arg, fake, &command);
    else
        fake_qmp_return(fake, command.id, "{}");
    if (command.fd >= 0)
        close(command.fd);
}

static ssize_t receive(struct fake_qmp *fake, char *bytes, size_t size)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(fake->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    struct cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (head && head->cmsg_type == SCM_RIGHTS) {
        MUST(fake->came_fd < 0); /* QEMU would close the first one */
        memcpy(&fake->came_fd, CMSG_DATA(head), sizeof(int));
    }
    return n;
}

static void read_some(struct fake_qmp *fake)
{
    char bytes[4096];
    ssize_t n = receive(fake, bytes, sizeof bytes);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        drop_client(fake);
        return;
    }
    gw_str_append_bytes(&fake->in, bytes, (size_t)n);
    MUST(gw_str_ok(&fake->in));
    char *end;
    while (fake->fd >= 0 && fake->in.len && (end = strchr(fake->in.data, '\n'))) {
        *end = '\0';
        json_object *line = json_tokener_parse(fake->in.data);
        MUST(line);
        gw_str_consume(&fake->in, (size_t)(end - fake->in.data) + 1);
        take_command(fake, line);
        json_object_put(line);
    }
}

static void on_client(void *arg, unsigned events)
{
    struct fake_qmp *fake = arg;
    if (events & GW_WATCH_READ)
        read_some(fake);
    if (fake->fd >= 0 && (events & GW_WATCH_WRITE))
        write_some(fake);
    if (fake->fd >= 0)
        watch_again(fake);
}

static void on_listener(void *arg, unsigned events)
{
    struct fake_qmp *fake = arg;
    (void)events;
    fake->fd = accept4(fake->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fake->fd < 0)
        return;
    fake->watch = gw_watch_new(fake->loop, fake->fd, GW_WATCH_READ, on_client, fake, NULL);
    MUST(fake->watch);
    MUST(gw_watch_set(fake->listen_watch, 0, NULL) == 0);
    if (fake->options.is_silent)
        return;
    send_made(fake, gw_strf("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, "
                            "\"major\": 7}, \"package\": \"fake\"}, \"capabilities\": [%s]}}\r\n",
                            fake->options.has_no_oob ? "" : "\"oob\""));
}

struct fake_qmp *
fake_qmp_new(struct gw_loop *loop, const char *path, const struct fake_qmp_options *options)
{
    struct fake_qmp *fake = calloc(1, sizeof *fake);
    MUST(fake);
    *fake = (struct fake_qmp){.loop = loop, .options = *options, .fd = -1, .came_fd = -1};
    gw_str_init(&fake->in, BUFFER_MAX);
    gw_str_init(&fake->out, BUFFER_MAX);
    gw_str_init(&fake->heard, BUFFER_MAX);
    MUST((fake->path = strdup(path)));

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    MUST(gw_str_copy(address.sun_path, sizeof address.sun_path, path) == 0);
    fake->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    MUST(fake->listen_fd >= 0);
    MUST(bind(fake->listen_fd, (struct sockaddr *)&address, sizeof address) == 0);
    MUST(listen(fake->listen_fd, 1) == 0);
    fake->listen_watch =
        gw_watch_new(loop, fake->listen_fd, GW_WATCH_READ, on_listener, fake, NULL);
    MUST(fake->listen_watch);
    return fake;
}

void fake_qmp_free(struct fake_qmp *fake)
{
    if (!fake)
        return;
    drop_client(fake);
    gw_watch_free(fake->listen_watch);
    close(fake->listen_fd);
    (void)unlink(fake->path);
    gw_str_fini(&fake->in);
    gw_str_fini(&fake->out);
    gw_str_fini(&fake->heard);
    free(fake->path);
    free(fake);
}
