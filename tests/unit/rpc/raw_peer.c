#include "raw_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address_of(const struct rpc_case *c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/echo.sock", c->dir);
    return address;
}

static int make_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    return fd;
}

int raw_connect(struct rpc_case *c)
{
    int fd = make_socket();
    struct sockaddr_un address = address_of(c);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

int raw_listen(struct rpc_case *c)
{
    int fd = make_socket();
    struct sockaddr_un address = address_of(c);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

int raw_accept(struct rpc_case *c, int listener)
{
    int fd = -1;
    RUN_UNTIL(c, (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0);
    return fd;
}

int raw_client(struct rpc_case *c)
{
    int fd = raw_connect(c);
    raw_send_hello(fd);
    raw_expect(c, fd, RAW_HELLO, 0);
    return fd;
}

int raw_server(struct rpc_case *c, int listener)
{
    int fd = raw_accept(c, listener);
    raw_send_hello(fd);
    raw_expect(c, fd, RAW_HELLO, 0);
    return fd;
}

void raw_send(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

void raw_send_frame(int fd, const Godwit__V1__Envelope *frame)
{
    size_t len = godwit__v1__envelope__get_packed_size(frame);
    uint8_t *bytes = malloc(4 + len);
    uint32_t head = htonl((uint32_t)len);
    memcpy(bytes, &head, 4);
    godwit__v1__envelope__pack(frame, bytes + 4);
    raw_send(fd, bytes, 4 + len);
    free(bytes);
}

void raw_send_kind(int fd, enum raw_kind kind, uint64_t id)
{
    Godwit__V1__Envelope frame = GODWIT__V1__ENVELOPE__INIT;
    frame.kind = (Godwit__V1__FrameKind)kind;
    frame.call_id = id;
    raw_send_frame(fd, &frame);
}

void raw_send_hello(int fd)
{
    Godwit__V1__Envelope hello = GODWIT__V1__ENVELOPE__INIT;
    hello.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO;
    hello.version = 1;
    hello.max_frame_bytes = 1024 * 1024;
    raw_send_frame(fd, &hello);
}

void raw_send_say(int fd, uint64_t id, const char *text)
{
    char service[] = "godwit.test.Echo";
    char method[] = "Say";
    uint8_t payload[256];
    char *copy = strdup(text);
    Godwit__Test__Text input = GODWIT__TEST__TEXT__INIT;
    input.text = copy;
    Godwit__V1__Envelope frame = GODWIT__V1__ENVELOPE__INIT;
    frame.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_REQUEST;
    frame.call_id = id;
    frame.service = service;
    frame.method = method;
    frame.timeout_ms = 10000;
    frame.payload.len = godwit__test__text__pack(&input, payload);
    frame.payload.data = payload;
    raw_send_frame(fd, &frame);
    free(copy);
}

static void read_exactly(struct rpc_case *c, int fd, uint8_t *bytes, size_t len)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = recv(fd, bytes + got, len - got, 0);
        if (n > 0)
            got += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            rpc_case_step(c);
        else
            fail_msg("the connection ended after %zu of %zu bytes", got, len);
    }
}

Godwit__V1__Envelope *raw_read_frame(struct rpc_case *c, int fd)
{
    uint32_t head;
    read_exactly(c, fd, (uint8_t *)&head, sizeof head);
    size_t len = ntohl(head);
    uint8_t *bytes = malloc(len);
    read_exactly(c, fd, bytes, len);
    Godwit__V1__Envelope *frame = godwit__v1__envelope__unpack(NULL, len, bytes);
    free(bytes);
    assert_non_null(frame);
    if (frame->kind != GODWIT__V1__FRAME_KIND__FRAME_KIND_PING)
        return frame;
    godwit__v1__envelope__free_unpacked(frame, NULL);
    return raw_read_frame(c, fd);
}

void raw_expect(struct rpc_case *c, int fd, enum raw_kind kind, uint64_t id)
{
    Godwit__V1__Envelope *frame = raw_read_frame(c, fd);
    assert_int_equal(frame->kind, kind);
    assert_int_equal(frame->call_id, id);
    godwit__v1__envelope__free_unpacked(frame, NULL);
}

static bool is_closed(int fd)
{
    char bytes[65536];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    return n == 0 || (n < 0 && errno != EAGAIN);
}

void raw_expect_closed(struct rpc_case *c, int fd)
{
    RUN_UNTIL(c, is_closed(fd));
    close(fd);
}
