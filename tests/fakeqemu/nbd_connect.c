#include <errno.h>
#include <libnbd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "machine.h"

enum { TRY_AGAIN_MS = 100 };

struct connecting {
    struct fq_machine *m;
    char *host, *port, *export_name;
    uint64_t tries_left;
    fq_nbd_fn fn;
    void *arg;
    struct nbd_handle *nbd;
    int fd;
    char *error;
};

static void tell(void *arg)
{
    struct connecting *c = arg;
    c->fn(c->arg, c->nbd, c->fd, c->error);
    free(c->host);
    free(c->port);
    free(c->export_name);
    free(c->error);
    free(c);
}

static int connect_socket(const struct connecting *c)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    const int on = 1;
    struct addrinfo *found = NULL;
    if (getaddrinfo(c->host, c->port, &hints, &found) != 0 || !found) {
        errno = EINVAL;
        return -1;
    }
    GW_AUTO_FD int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = connect(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (failed < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return gw_steal_fd(&fd);
}

static void shake_hands(struct connecting *c)
{
    c->nbd = nbd_create();
    if (!c->nbd || nbd_set_export_name(c->nbd, c->export_name) < 0)
        abort();
    if (nbd_connect_socket(c->nbd, c->fd) == 0)
        return;
    c->error = gw_strf("%s", nbd_get_errno() == ENOENT ? "Requested export not available"
                                                       : nbd_get_error());
    nbd_close(c->nbd); /* the socket with it */
    c->nbd = NULL;
}

static void *run(void *arg)
{
    struct connecting *c = arg;
    const struct timespec pause = {.tv_nsec = TRY_AGAIN_MS * 1000000L};
    while ((c->fd = connect_socket(c)) < 0 && c->tries_left-- > 0)
        (void)nanosleep(&pause, NULL);
    if (c->fd < 0)
        c->error = gw_strf("Failed to connect to '%s:%s': %s", c->host, c->port, strerror(errno));
    else
        shake_hands(c);
    (void)gw_loop_post(c->m->loop, tell, c);
    return NULL;
}

void fq_nbd_connect(struct fq_machine *m,
                    const struct fq_nbd_address *address,
                    fq_nbd_fn fn,
                    void *arg)
{
    pthread_t thread;
    struct connecting *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    *c = (struct connecting){.m = m,
                             .host = strdup(address->host),
                             .port = strdup(address->port),
                             .export_name = strdup(address->export_name),
                             .tries_left = address->timeout_s * 1000 / TRY_AGAIN_MS,
                             .fn = fn,
                             .arg = arg,
                             .fd = -1};
    if (pthread_create(&thread, NULL, run, c))
        abort();
    (void)pthread_detach(thread);
}
