/* gw-lab-peer --control SOCKET --beats PORT: see peer.h. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "peer/peer.h"

enum { RECEIVE_BUFFER = 4 << 20 }; /* some seconds of beats, should we not get a turn */

static uint64_t now_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t peer_now_ns(void)
{
    return now_of(CLOCK_MONOTONIC);
}

uint64_t peer_wall_ns(void)
{
    return now_of(CLOCK_REALTIME);
}

int peer_listen_to(struct peer *peer, int fd, uint32_t events, enum peer_event kind, uint32_t place)
{
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)kind << 32 | place};

    return epoll_ctl(peer->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_beats(unsigned long port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1, size = RECEIVE_BUFFER;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int unix_address(const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof out->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(out->sun_path, path, strlen(path) + 1);
    return 0;
}

static int open_control(const char *path)
{
    struct sockaddr_un address;
    int fd;

    if (unix_address(path, &address) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 8) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_tick(void)
{
    struct itimerspec every = {.it_interval.tv_nsec = PEER_TICK_MS * 1000000,
                               .it_value.tv_nsec = PEER_TICK_MS * 1000000};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd >= 0)
        timerfd_settime(fd, 0, &every, NULL);
    return fd;
}

static void on_tick(struct peer *peer)
{
    uint64_t n_ticks;

    if (read(peer->tick_fd, &n_ticks, sizeof n_ticks) != (ssize_t)sizeof n_ticks)
        return;
    for (int i = 0; i < PEER_GUESTS_MAX; i++)
        if (peer->guests[i].address.s_addr != 0)
            stream_on_tick(&peer->guests[i].stream, peer_now_ns());
    peer_settle(peer, NULL);
}

static void dispatch(struct peer *peer, uint64_t data)
{
    uint32_t place = (uint32_t)data;

    switch ((enum peer_event)(data >> 32)) {
    case PEER_ON_BEATS:
        peer_on_beats(peer);
        break;
    case PEER_ON_CONTROL:
        peer_on_control(peer);
        break;
    case PEER_ON_TICK:
        on_tick(peer);
        break;
    case PEER_ON_STREAM:
        stream_on_ready(&peer->guests[place].stream, peer_now_ns());
        peer_settle(peer, &peer->guests[place]);
        break;
    case PEER_ON_CLIENT:
        if (peer->clients[place].fd >= 0)
            peer_on_client(peer, &peer->clients[place]);
        break;
    }
}

/* Readiness in sd_notify's way. */
static void tell_ready(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    int fd;

    if (path == NULL || unix_address(path, &address) < 0)
        return;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&address, sizeof address) < 0)
        perror("gw-lab-peer: NOTIFY_SOCKET");
    close(fd);
}

static int setup(struct peer *peer, const char *control, unsigned long port)
{
    for (int i = 0; i < PEER_CLIENTS_MAX; i++)
        peer->clients[i].fd = -1;
    peer->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    peer->beats_fd = open_beats(port);
    peer->control_fd = open_control(control);
    peer->tick_fd = open_tick();
    if (peer->epoll_fd < 0 || peer->beats_fd < 0 || peer->control_fd < 0 || peer->tick_fd < 0)
        return -1;
    if (peer_listen_to(peer, peer->beats_fd, EPOLLIN, PEER_ON_BEATS, 0) < 0 ||
        peer_listen_to(peer, peer->control_fd, EPOLLIN, PEER_ON_CONTROL, 0) < 0 ||
        peer_listen_to(peer, peer->tick_fd, EPOLLIN, PEER_ON_TICK, 0) < 0)
        return -1;
    return 0;
}

static int run(struct peer *peer)
{
    for (;;) {
        struct epoll_event events[16];
        int n = epoll_wait(peer->epoll_fd, events, 16, -1);

        if (n < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < n; i++)
            dispatch(peer, events[i].data.u64);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"control", required_argument, NULL, 'c'}, {"beats", required_argument, NULL, 'b'}, {0}};
    const char *control = NULL;
    unsigned long port = 0;
    struct peer *peer = calloc(1, sizeof *peer);
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (option == 'c')
            control = optarg;
        else if (option == 'b')
            port = strtoul(optarg, NULL, 10);
    }
    if (peer == NULL || control == NULL || port == 0 || port > UINT16_MAX || optind != argc) {
        fprintf(stderr, "usage: gw-lab-peer --control SOCKET --beats PORT\n");
        free(peer);
        return 2;
    }
    if (setup(peer, control, port) < 0) {
        fprintf(stderr, "gw-lab-peer: cannot listen: %s\n", strerror(errno));
        free(peer);
        return 1;
    }
    tell_ready();
    return run(peer);
}
