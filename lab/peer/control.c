/* Questions and answers on the control socket. A client asks one thing at a time. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/peer.h"

static void drop(struct peer_client *client)
{
    close(client->fd); /* epoll forgets a closed descriptor */
    *client = (struct peer_client){.fd = -1};
}

static void answer(struct peer_client *client, const char *text)
{
    client->goal = PEER_NO_GOAL;
    if (send(client->fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        drop(client);
}

__attribute__((format(printf, 2, 3))) static void
refuse(struct peer_client *client, const char *format, ...)
{
    char reason[PEER_LINE_MAX], line[PEER_LINE_MAX + 32];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    for (char *at = reason; *at != '\0'; at++)
        if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ')
            *at = '\'';
    snprintf(line, sizeof line, "{\"error\": \"%s\"}\n", reason);
    answer(client, line);
}

static void answer_stats(struct peer_client *client, const struct peer_guest *guest)
{
    char text[PEER_ANSWER_MAX];

    peer_guest_print(guest, text, sizeof text);
    answer(client, text);
}

static uint64_t reached(const struct peer_guest *guest, enum peer_goal goal)
{
    switch (goal) {
    case PEER_BEATS:
        return guest->tally.n_beats;
    case PEER_BOOTS:
        return guest->tally.n_boots;
    case PEER_PASSES:
        return guest->tally.last.memory_passes;
    case PEER_WRITES:
        return guest->tally.last.disk_writes;
    case PEER_SCANNED:
        return tally_is_scanned(&guest->tally);
    case PEER_ECHOES:
        return guest->stream.n_echoes;
    case PEER_NO_GOAL:
        break;
    }
    return 0;
}

void peer_settle(struct peer *peer, const struct peer_guest *guest)
{
    uint64_t now_ns = peer_now_ns();

    for (int i = 0; i < PEER_CLIENTS_MAX; i++) {
        struct peer_client *client = &peer->clients[i];

        if (client->goal == PEER_NO_GOAL || (guest != NULL && client->guest != guest))
            continue;
        if (reached(client->guest, client->goal) >= client->number)
            answer_stats(client, client->guest);
        else if (client->goal == PEER_ECHOES && client->guest->stream.is_broken)
            refuse(client, "the connection failed: %s", client->guest->stream.trouble);
        else if (now_ns >= client->deadline_ns)
            refuse(client, "not reached in time: %llu of %llu",
                   (unsigned long long)reached(client->guest, client->goal),
                   (unsigned long long)client->number);
    }
}

static void wait_for(struct peer *peer,
                     struct peer_client *client,
                     struct peer_guest *guest,
                     enum peer_goal goal,
                     uint64_t number,
                     uint64_t timeout_ms)
{
    client->goal = goal;
    client->guest = guest;
    client->number = number;
    client->deadline_ns = peer_now_ns() + timeout_ms * 1000000u;
    peer_settle(peer, guest);
}

static enum peer_goal goal_named(const char *name)
{
    static const struct {
        const char *name;
        enum peer_goal goal;
    } goals[] = {{"beats", PEER_BEATS},
                 {"boots", PEER_BOOTS},
                 {"passes", PEER_PASSES},
                 {"writes", PEER_WRITES},
                 {"scanned", PEER_SCANNED}};

    for (size_t i = 0; i < sizeof goals / sizeof goals[0]; i++)
        if (strcmp(goals[i].name, name) == 0)
            return goals[i].goal;
    return PEER_NO_GOAL;
}

static void do_connect(struct peer *peer,
                       struct peer_client *client,
                       struct peer_guest *guest,
                       const char *arguments)
{
    unsigned port, timeout_ms;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = guest->address};

    if (sscanf(arguments, "%u %u", &port, &timeout_ms) != 2 || port == 0 || port > UINT16_MAX) {
        refuse(client, "say: connect IP PORT TIMEOUT_MS");
        return;
    }
    to.sin_port = htons((uint16_t)port);
    if (stream_open(&guest->stream, &to) < 0 ||
        peer_listen_to(peer, guest->stream.fd, EPOLLIN | EPOLLOUT | EPOLLET, PEER_ON_STREAM,
                       (uint32_t)(guest - peer->guests))) {
        refuse(client, "cannot connect: %s", guest->stream.trouble);
        return;
    }
    wait_for(peer, client, guest, PEER_ECHOES, 1, timeout_ms);
}

static void do_wait(struct peer *peer,
                    struct peer_client *client,
                    struct peer_guest *guest,
                    const char *arguments)
{
    char what[16];
    unsigned long long number, timeout_ms;

    if (sscanf(arguments, "%15s %llu %llu", what, &number, &timeout_ms) != 3 ||
        goal_named(what) == PEER_NO_GOAL) {
        refuse(client, "say: wait IP beats|boots|passes|writes|scanned NUMBER TIMEOUT_MS");
        return;
    }
    wait_for(peer, client, guest, goal_named(what), number, timeout_ms);
}

static void obey(struct peer *peer, struct peer_client *client, const char *line)
{
    char verb[16], ip[INET_ADDRSTRLEN];
    struct in_addr address;
    struct peer_guest *guest;
    int rest = 0;

    if (sscanf(line, "%15s %15s %n", verb, ip, &rest) < 2 ||
        inet_pton(AF_INET, ip, &address) != 1 || address.s_addr == 0) {
        refuse(client, "say: VERB IP ...");
        return;
    }
    guest = peer_guest_at(peer, address);
    if (guest == NULL)
        refuse(client, "more than %d guests", (int)PEER_GUESTS_MAX);
    else if (strcmp(verb, "stats") == 0)
        answer_stats(client, guest);
    else if (strcmp(verb, "connect") == 0)
        do_connect(peer, client, guest, line + rest);
    else if (strcmp(verb, "wait") == 0)
        do_wait(peer, client, guest, line + rest);
    else if (strcmp(verb, "mark") != 0)
        refuse(client, "no such verb: %s", verb);
    else {
        answer_stats(client, guest);
        tally_mark(&guest->tally);
        stream_mark(&guest->stream);
    }
}

void peer_on_client(struct peer *peer, struct peer_client *client)
{
    ssize_t n = recv(client->fd, client->line + client->n_line,
                     sizeof client->line - 1 - client->n_line, MSG_DONTWAIT);
    char *end;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(client);
        return;
    }
    client->n_line += (size_t)n;
    client->line[client->n_line] = '\0';
    end = strchr(client->line, '\n');
    if (end == NULL && client->n_line < sizeof client->line - 1)
        return;
    if (end != NULL)
        *end = '\0';
    client->n_line = 0;
    obey(peer, client, client->line);
}

void peer_on_control(struct peer *peer)
{
    int fd = accept4(peer->control_fd, NULL, NULL, SOCK_CLOEXEC);

    for (uint32_t i = 0; fd >= 0 && i < PEER_CLIENTS_MAX; i++) {
        if (peer->clients[i].fd >= 0)
            continue;
        peer->clients[i] = (struct peer_client){.fd = fd};
        if (peer_listen_to(peer, fd, EPOLLIN, PEER_ON_CLIENT, i) < 0)
            drop(&peer->clients[i]);
        return;
    }
    if (fd >= 0)
        close(fd);
}
