#include "channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"

enum { IN_MAX_BYTES = 64 * 1024, PIECE_BYTES = 4096 };

static bool take_line(struct fq_channel *channel)
{
    const char *end = channel->in.len ? memchr(channel->in.data, '\n', channel->in.len) : NULL;
    /* What does not begin like ours is told at once: it may never send an end of line. */
    if (!end && (channel->in.len == 0 || channel->in.data[0] == '{'))
        return false;
    size_t len = end ? (size_t)(end - channel->in.data) : channel->in.len;
    GW_AUTO_FREE char *line = strndup(channel->in.data, len);
    gw_str_consume(&channel->in, end ? len + 1 : len);
    json_object *object = line ? json_tokener_parse(line) : NULL;
    channel->on_line(channel->arg, json_object_is_type(object, json_type_object) ? object : NULL);
    json_object_put(object);
    return true;
}

static void on_readable(void *arg, unsigned events)
{
    struct fq_channel *channel = arg;
    char piece[PIECE_BYTES];
    (void)events;
    ssize_t n = recv(channel->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (!channel->is_greeted && channel->on_first)
        channel->on_first(channel->arg);
    channel->is_greeted = true;
    if (n <= 0) {
        (void)gw_watch_set(channel->watch, 0, NULL);
        channel->on_end(channel->arg);
        return;
    }
    gw_str_append_bytes(&channel->in, piece, (size_t)n);
    while (fq_channel_is_open(channel) && take_line(channel))
        ;
}

void fq_channel_open(struct fq_channel *channel, struct gw_loop *loop, int fd)
{
    channel->fd = fd;
    channel->is_greeted = false;
    gw_str_init(&channel->in, IN_MAX_BYTES);
    channel->watch = gw_watch_new(loop, fd, 0, on_readable, channel, NULL);
    if (!channel->watch)
        abort();
}

void fq_channel_read(struct fq_channel *channel)
{
    (void)gw_watch_set(channel->watch, GW_WATCH_READ, NULL);
}

int fq_channel_send(struct fq_channel *channel, json_object *object)
{
    GW_AUTO_FREE char *line = fq_line(object);
    GW_AUTO_FREE char *text = gw_strf("%s\n", line);
    size_t len = strlen(text);
    json_object_put(object);
    ssize_t n = send(channel->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n == (ssize_t)len ? 0 : -1;
}

void fq_channel_break(struct fq_channel *channel)
{
    if (fq_channel_is_open(channel))
        (void)shutdown(channel->fd, SHUT_RDWR);
}

void fq_channel_close(struct fq_channel *channel)
{
    if (!fq_channel_is_open(channel))
        return;
    gw_watch_free(channel->watch);
    close(gw_steal_fd(&channel->fd));
    gw_str_fini(&channel->in);
}

bool fq_channel_is_open(const struct fq_channel *channel)
{
    return channel->fd >= 0;
}

static int parse(const char *text, struct sockaddr_in *out)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    *out = (struct sockaddr_in){.sin_family = AF_INET};
    if (!colon)
        return -1;
    (void)snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    out->sin_port = htons((uint16_t)atoi(colon + 1));
    return inet_pton(AF_INET, host, &out->sin_addr) == 1 ? 0 : -1;
}

int fq_connect_tcp(const char *address)
{
    struct sockaddr_in to;
    GW_AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (parse(address, &to) < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        return -1;
    return gw_steal_fd(&fd);
}

int fq_listen_tcp(const char *address)
{
    struct sockaddr_in at;
    GW_AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (parse(address, &at) < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
        listen(fd, 1) < 0)
        return -1;
    return gw_steal_fd(&fd);
}
