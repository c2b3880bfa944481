#ifndef GW_LAB_PEER_STREAM_H
#define GW_LAB_PEER_STREAM_H
/* One TCP connection to a guest's echo port, kept for as long as it lives: a numbered message goes
 * out at each tick, unless the one before is still on its way. Never reopened by itself: whether it
 * outlived a migration is what we want to know. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { STREAM_MESSAGE_BYTES = 64 };

struct stream {
    int fd; /* -1: none */
    bool was_opened, is_connected, is_broken;
    char trouble[96]; /* why it broke */
    uint64_t n_echoes, n_bytes;
    uint64_t longest_echo_ns; /* since the last mark */
    uint64_t sent_at_ns;      /* 0: nothing on its way */
    uint8_t sent[STREAM_MESSAGE_BYTES];
    uint8_t got[STREAM_MESSAGE_BYTES];
    uint32_t n_got;
};

void stream_init(struct stream *stream);
/* Begin to connect; -1 with `trouble` set when that fails at once. An open connection is closed. */
int stream_open(struct stream *stream, const struct sockaddr_in *to);
void stream_close(struct stream *stream);
/* The descriptor is readable, writable or in error. */
void stream_on_ready(struct stream *stream, uint64_t now_ns);
/* Time for the next message. */
void stream_on_tick(struct stream *stream, uint64_t now_ns);
void stream_mark(struct stream *stream);
/* The connection that was opened is still the same, and echoes what it gets. */
bool stream_is_kept(const struct stream *stream);
/* Longest time from sending to echo since the mark, a missing echo up to @now_ns included. */
uint64_t stream_longest_echo_ns(const struct stream *stream, uint64_t now_ns);

#endif
