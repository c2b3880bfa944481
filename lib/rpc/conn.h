#ifndef GW_RPC_CONN_H
#define GW_RPC_CONN_H
/* One connection of either side: frames in and out of an nng stream, HELLO, and the watch over a
 * silent peer. What the frames mean is its owner's business. */

#include "rpc/frame.h"
#include "rpc/inbox.h"
#include "rpc/rpc.h"

enum {
    GW_RPC_VERSION = 1,
    GW_RPC_REQUEST_ID_MAX = 64,  /* longer ones are cut */
    GW_RPC_SILENT_TICKS_MAX = 3, /* whole ticks without a byte: the peer is taken for dead */
};

/* @limits with the constants of rpc.h where it has zeroes; NULL is all zeroes. */
struct gw_rpc_limits gw_rpc_limits_complete(const struct gw_rpc_limits *limits);

struct gw_rpc_conn;

/* Run on the loop thread, never inside a function of this file that the owner calls. Each may free
 * the connection. */
struct gw_rpc_conn_events {
    void (*on_open)(void *owner); /* the peer has said HELLO */
    /* A frame other than HELLO, PING, PONG. Returns -1 with @err set when the peer broke the rules:
     * the connection is then closed, with on_closed. A freed connection needs 0. */
    int (*on_frame)(void *owner, const Godwit__V1__Envelope *frame, struct gw_error *err);
    /* The connection is lost; nothing comes after this. The owner frees it. INTERNAL: the peer
     * broke the rules; anything else: the link. */
    void (*on_closed)(void *owner, const struct gw_error *why);
};

/* Start on @stream, which becomes the connection's, also when this fails. */
struct gw_rpc_conn *gw_rpc_conn_new(struct gw_loop *loop,
                                    struct gw_rpc_inbox *inbox,
                                    nng_stream *stream,
                                    const struct gw_rpc_limits *limits,
                                    const struct gw_rpc_conn_events *events,
                                    void *owner,
                                    struct gw_error *err);
/* Queue a frame. Errors: RESOURCE_EXHAUSTED longer than the peer takes, or too much is waiting. */
int gw_rpc_conn_send(struct gw_rpc_conn *conn,
                     const Godwit__V1__Envelope *frame,
                     struct gw_error *err);
/* Close and forget; no event comes any more. Allowed inside an event. */
void gw_rpc_conn_free(struct gw_rpc_conn *conn);

#endif
