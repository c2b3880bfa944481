#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"

enum {
    BACKLOG = 16,
    V4_SOURCE_AT = 12, /* byte offset in the header: RFC 791, 3.1 */
    V6_SOURCE_AT = 8,  /* RFC 8200, 3 */
    V6_WORDS = 4,
};

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
    socklen_t len;
};

static int parse(const char *text, uint16_t port, struct address *out)
{
    *out = (struct address){0};
    if (inet_pton(AF_INET, text, &out->u.v4.sin_addr) == 1) {
        out->u.v4.sin_family = AF_INET;
        out->u.v4.sin_port = htons(port);
        out->len = sizeof out->u.v4;
        return 0;
    }
    if (inet_pton(AF_INET6, text, &out->u.v6.sin6_addr) != 1)
        return -1;
    out->u.v6.sin6_family = AF_INET6;
    out->u.v6.sin6_port = htons(port);
    out->len = sizeof out->u.v6;
    return 0;
}

bool tgt_address_is_valid(const char *text)
{
    struct address unused;
    return parse(text, 0, &unused) == 0;
}

/* Words to compare, and where in the network header they stand. */
static unsigned source_words(const struct address *peer, uint32_t words[V6_WORDS], unsigned *out_at)
{
    if (peer->u.any.sa_family == AF_INET) {
        words[0] = ntohl(peer->u.v4.sin_addr.s_addr);
        *out_at = V4_SOURCE_AT;
        return 1;
    }
    memcpy(words, &peer->u.v6.sin6_addr, sizeof(uint32_t) * V6_WORDS);
    for (unsigned i = 0; i < V6_WORDS; i++)
        words[i] = ntohl(words[i]);
    *out_at = V6_SOURCE_AT;
    return V6_WORDS;
}

/* Drop every packet whose source is not @peer; accepted sockets inherit it. Linux
 * Documentation/networking/filter.rst. */
static int admit_only(int fd, const struct address *peer)
{
    uint32_t words[V6_WORDS];
    unsigned at = 0;
    unsigned n_words = source_words(peer, words, &at);
    struct sock_filter code[2 * V6_WORDS + 2];
    unsigned short n = 0;
    for (unsigned i = 0; i < n_words; i++) {
        unsigned to_drop = 2 * (n_words - i) - 1;
        code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                 (uint32_t)SKF_NET_OFF + at + 4 * i);
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, words[i], 0,
                                                 (unsigned char)to_drop);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    const struct sock_fprog program = {.len = n, .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

int tgt_listen(const char *address,
               const char *peer,
               uint32_t port,
               int *out_fd,
               uint32_t *out_port,
               struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    struct address here;
    struct address there;
    const int on = 1;
    if (parse(address, (uint16_t)port, &here) < 0 || parse(peer, 0, &there) < 0 ||
        here.u.any.sa_family != there.u.any.sa_family)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "source address %s is not an IP address that can reach %s",
                            gw_error_quote(shown, peer), address);
    GW_AUTO_FD int fd = socket(here.u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* TCP_NODELAY is for those that QEMU accepts itself: they inherit it, and its NBD handshake of
     * small messages would wait for delayed acknowledgements (90 ms a disk, 5 ms with it). */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
        admit_only(fd, &there) < 0 || bind(fd, &here.u.any, here.len) < 0 ||
        listen(fd, BACKLOG) < 0 || getsockname(fd, &here.u.any, &here.len) < 0)
        return gw_error_set_errno(err, errno, "can't listen on %s port %u", address, port);
    *out_port = ntohs(here.u.any.sa_family == AF_INET ? here.u.v4.sin_port : here.u.v6.sin6_port);
    *out_fd = gw_steal_fd(&fd);
    return 0;
}

/* ---- one connection ---- */

struct tgt_listener {
    struct tgt_guest *guest;
    struct gw_watch *watch;
    tgt_accept_fn fn;
    int fd;
};

static void on_connection(void *arg, unsigned events)
{
    struct tgt_listener *listener = arg;
    struct tgt_guest *guest = listener->guest;
    tgt_accept_fn fn = listener->fn;
    const int on = 1;
    (void)events;
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return; /* gone again; the next one will do */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    tgt_listener_stop(guest);
    fn(guest, fd);
}

int tgt_listener_start(struct tgt_guest *guest, int fd, tgt_accept_fn fn, struct gw_error *err)
{
    struct tgt_listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        close(fd);
        return gw_error_set_nomem(err, "listening for a guest's memory");
    }
    *listener = (struct tgt_listener){.guest = guest, .fn = fn, .fd = fd};
    listener->watch =
        gw_watch_new(guest->daemon->loop, fd, GW_WATCH_READ, on_connection, listener, err);
    guest->listener = listener;
    if (listener->watch)
        return 0;
    tgt_listener_stop(guest);
    return -1;
}

void tgt_listener_stop(struct tgt_guest *guest)
{
    struct tgt_listener *listener = guest->listener;
    if (!listener)
        return;
    guest->listener = NULL;
    gw_watch_free(listener->watch);
    close(listener->fd);
    free(listener);
}
