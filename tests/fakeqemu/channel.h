#ifndef FQ_CHANNEL_H
#define FQ_CHANNEL_H
/* A stream of JSON objects, one per line: what two fake QEMUs say to each other instead of a
 * migration stream. Thread: loop. */

#include <stdbool.h>

#include "base/str.h"
#include "json.h"
#include "loop/loop.h"

struct fq_channel {
    int fd; /* -1: closed */
    struct gw_watch *watch;
    struct gw_str in;
    bool is_greeted; /* something has come */
    /* @object is borrowed; NULL: a line that is no object. May close the channel. */
    void (*on_line)(void *arg, json_object *object);
    /* The other end is gone; may close the channel. */
    void (*on_end)(void *arg);
    void (*on_first)(void *arg); /* the first sign of the other end, be it its end; may be NULL */
    void *arg;
};

/* @fd is taken over; the handlers are set. Nothing is read before fq_channel_read(). */
void fq_channel_open(struct fq_channel *channel, struct gw_loop *loop, int fd);
void fq_channel_read(struct fq_channel *channel);
/* Send @object (taken over). Returns -1 with errno when the other end is gone or takes nothing. */
int fq_channel_send(struct fq_channel *channel, json_object *object);
/* Break the connection; the end is noticed later, as any other. */
void fq_channel_break(struct fq_channel *channel);
void fq_channel_close(struct fq_channel *channel);
bool fq_channel_is_open(const struct fq_channel *channel);

/* A connection to, or a listening socket at, "HOST:PORT"; -1 with errno. */
int fq_connect_tcp(const char *address);
int fq_listen_tcp(const char *address);

#endif
