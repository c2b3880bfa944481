/* The echo server: gives back what it gets, on a few connections at a time. */
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "witness/witness.h"

enum { CONNECTIONS_MAX = 16, CHUNK = 4096, LOOK_UP_MS = 500 };

int wit_echo_listen(struct witness *witness)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(witness->settings.tcp_port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;

    witness->echo_fd = fd;
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 8) == 0)
        return 0;
    perror("witness: echo port");
    return -1;
}

static void accept_one(struct pollfd *polled, nfds_t *n_polled)
{
    int fd = accept4(polled[0].fd, NULL, NULL, SOCK_CLOEXEC);
    int yes = 1;

    if (fd < 0)
        return;
    if (*n_polled > CONNECTIONS_MAX) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    polled[(*n_polled)++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* False when the connection is over. */
static bool echo_once(int fd)
{
    char chunk[CHUNK];
    ssize_t n_read = recv(fd, chunk, sizeof chunk, 0);

    for (ssize_t done = 0; done < n_read;) {
        ssize_t n_sent = send(fd, chunk + done, (size_t)(n_read - done), MSG_NOSIGNAL);

        if (n_sent <= 0)
            return false;
        done += n_sent;
    }
    return n_read > 0;
}

void *wit_echo_run(void *argument)
{
    struct witness *witness = argument;
    struct pollfd polled[1 + CONNECTIONS_MAX] = {{.events = POLLIN}};
    nfds_t n_polled = 1;

    polled[0].fd = witness->echo_fd;
    while (!atomic_load(&witness->is_stopping)) {
        if (poll(polled, n_polled, LOOK_UP_MS) <= 0)
            continue;
        for (nfds_t i = n_polled - 1; i >= 1; i--) {
            if (polled[i].revents == 0 || echo_once(polled[i].fd))
                continue;
            close(polled[i].fd);
            polled[i] = polled[--n_polled];
        }
        if (polled[0].revents != 0)
            accept_one(polled, &n_polled);
    }
    return NULL;
}
