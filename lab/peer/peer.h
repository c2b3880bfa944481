#ifndef GW_LAB_PEER_PEER_H
#define GW_LAB_PEER_PEER_H
/* gw-lab-peer: the onlooker on the guests' network. It hears their beats, keeps a TCP connection to
 * each of them, and answers questions about both on a unix socket, in lines:
 *
 *   stats IP                          what is known of the guest at IP
 *   mark IP                           the same, then begin a new window for gaps and losses
 *   connect IP PORT TIMEOUT_MS        open the connection; answered at its first echo
 *   wait IP WHAT NUMBER TIMEOUT_MS    answered when WHAT (beats since the mark, boots, passes,
 *                                     writes, scanned) has reached NUMBER
 * Each answer is one JSON object on a line: the guest's stats, or {"error": "..."}. */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "peer/stream.h"
#include "peer/tally.h"

enum {
    PEER_GUESTS_MAX = 8,
    PEER_CLIENTS_MAX = 16,
    PEER_LINE_MAX = 256,
    PEER_ANSWER_MAX = 2048,
    PEER_TICK_MS = 50, /* between two messages on a connection; also how exact deadlines are */
};

struct peer_guest {
    struct in_addr address; /* 0: free */
    struct tally tally;
    struct stream stream;
};

enum peer_goal {
    PEER_NO_GOAL,
    PEER_BEATS,
    PEER_BOOTS,
    PEER_PASSES,
    PEER_WRITES,
    PEER_SCANNED,
    PEER_ECHOES
};

struct peer_client {
    int fd; /* -1: free */
    char line[PEER_LINE_MAX];
    size_t n_line;
    /* What it waits for. */
    enum peer_goal goal;
    struct peer_guest *guest;
    uint64_t number;
    uint64_t deadline_ns; /* of CLOCK_MONOTONIC */
};

struct peer {
    int epoll_fd, beats_fd, control_fd, tick_fd;
    struct peer_guest guests[PEER_GUESTS_MAX];
    struct peer_client clients[PEER_CLIENTS_MAX];
};

/* What an epoll event is about: a kind, and the place in guests[] or clients[]. */
enum peer_event { PEER_ON_BEATS, PEER_ON_CONTROL, PEER_ON_TICK, PEER_ON_STREAM, PEER_ON_CLIENT };
int peer_listen_to(
    struct peer *peer, int fd, uint32_t events, enum peer_event kind, uint32_t place);

uint64_t peer_now_ns(void);  /* CLOCK_MONOTONIC */
uint64_t peer_wall_ns(void); /* CLOCK_REALTIME, the clock of packet time stamps */

/* The guest at @address, made when it is new; NULL when there are too many. */
struct peer_guest *peer_guest_at(struct peer *peer, struct in_addr address);
/* Print the guest's stats as one JSON line. */
void peer_guest_print(const struct peer_guest *guest, char *out, size_t size);

void peer_on_beats(struct peer *peer);
void peer_on_control(struct peer *peer);
void peer_on_client(struct peer *peer, struct peer_client *client);
/* Answer those whose goal is reached or whose time is over. @guest limits the look to those who
 * wait for it; NULL: all. */
void peer_settle(struct peer *peer, const struct peer_guest *guest);

#endif
