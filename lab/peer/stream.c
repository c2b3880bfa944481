#include "peer/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void stream_init(struct stream *stream)
{
    *stream = (struct stream){.fd = -1};
}

void stream_close(struct stream *stream)
{
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
    stream->is_connected = false;
}

static void fail(struct stream *stream, const char *what, int number)
{
    snprintf(stream->trouble, sizeof stream->trouble, "%s: %s", what, strerror(number));
    stream->is_broken = true;
    stream_close(stream);
}

int stream_open(struct stream *stream, const struct sockaddr_in *to)
{
    int yes = 1;

    stream_close(stream);
    stream_init(stream);
    stream->was_opened = true;
    stream->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (stream->fd < 0) {
        fail(stream, "socket", errno);
        return -1;
    }
    setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(stream->fd, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS) {
        fail(stream, "connect", errno);
        return -1;
    }
    return 0;
}

/* Number each message, so that an echo of another one is noticed. */
static void send_message(struct stream *stream, uint64_t now_ns)
{
    for (uint32_t i = 0; i < STREAM_MESSAGE_BYTES; i++)
        stream->sent[i] = (uint8_t)((stream->n_echoes + 1) * 31 + i);
    if (send(stream->fd, stream->sent, sizeof stream->sent, MSG_NOSIGNAL) !=
        (ssize_t)sizeof stream->sent) {
        fail(stream, "send", errno);
        return;
    }
    stream->sent_at_ns = now_ns;
    stream->n_got = 0;
}

static void take_echo(struct stream *stream, uint64_t now_ns)
{
    uint64_t took_ns = now_ns - stream->sent_at_ns;

    if (memcmp(stream->sent, stream->got, sizeof stream->sent) != 0) {
        fail(stream, "echo differs from what was sent", 0);
        return;
    }
    stream->sent_at_ns = 0;
    stream->n_got = 0;
    stream->n_echoes++;
    stream->n_bytes += 2 * STREAM_MESSAGE_BYTES;
    if (took_ns > stream->longest_echo_ns)
        stream->longest_echo_ns = took_ns;
}

void stream_on_ready(struct stream *stream, uint64_t now_ns)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    ssize_t n;

    if (stream->fd < 0)
        return;
    if (!stream->is_connected) {
        getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
        if (problem != 0) {
            fail(stream, "connect", problem);
            return;
        }
        stream->is_connected = true;
        send_message(stream, now_ns);
        return;
    }
    n = recv(stream->fd, stream->got + stream->n_got, STREAM_MESSAGE_BYTES - stream->n_got,
             MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        fail(stream, n == 0 ? "closed by the guest" : "receive", n == 0 ? 0 : errno);
        return;
    }
    stream->n_got += (uint32_t)n;
    if (stream->n_got == STREAM_MESSAGE_BYTES)
        take_echo(stream, now_ns);
}

void stream_on_tick(struct stream *stream, uint64_t now_ns)
{
    if (stream->is_connected && stream->sent_at_ns == 0)
        send_message(stream, now_ns);
}

void stream_mark(struct stream *stream)
{
    stream->longest_echo_ns = 0;
}

bool stream_is_kept(const struct stream *stream)
{
    return stream->was_opened && stream->is_connected && !stream->is_broken;
}

uint64_t stream_longest_echo_ns(const struct stream *stream, uint64_t now_ns)
{
    uint64_t open_ns = stream->sent_at_ns != 0 ? now_ns - stream->sent_at_ns : 0;

    return open_ns > stream->longest_echo_ns ? open_ns : stream->longest_echo_ns;
}
