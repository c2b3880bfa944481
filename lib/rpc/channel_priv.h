#ifndef GW_RPC_CHANNEL_PRIV_H
#define GW_RPC_CHANNEL_PRIV_H
/* What the caller's files share: channel.c connects and mends, call.c one call from its stub to its
 * closure, delivery.c what comes back. */

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "rpc/conn.h"
#include "rpc/id_table.h"
#include "rpc/rpc.h"
#include "rpc/url.h"

enum {
    GW_RPC_BACK_OFF_MIN_MS = 50,
    GW_RPC_BACK_OFF_MAX_MS = 2000,
    GW_RPC_CONNECT_MAX_MS = 5000 /* for one attempt: three SYNs */
};

enum gw_rpc_link {
    GW_RPC_LINK_IDLE,       /* nothing is wanted */
    GW_RPC_LINK_DIALING,    /* nng connects */
    GW_RPC_LINK_GREETING,   /* connected, the server's HELLO is to come */
    GW_RPC_LINK_READY,      /* calls can be sent */
    GW_RPC_LINK_BACKING_OFF /* the next attempt waits for its time */
};

/* Where a call is. */
enum gw_rpc_stage {
    GW_RPC_STAGE_NEW,      /* its stub was not used yet */
    GW_RPC_STAGE_WAITING,  /* in channel->waiting, to be sent */
    GW_RPC_STAGE_SENT,     /* in channel->sent, to be answered */
    GW_RPC_STAGE_FAILED,   /* in channel->failed, its closure is due */
    GW_RPC_STAGE_FINISHED, /* its closure has run or is running for the last time */
};

struct gw_rpc_call_list {
    struct gw_rpc_call *first;
    struct gw_rpc_call *last;
};

struct gw_rpc_call {
    struct gw_rpc_id_node node; /* first: found by number */
    ProtobufCService stub;
    struct gw_rpc_call *next; /* doubly linked, in one of the channel's lists */
    struct gw_rpc_call *prev;
    struct gw_rpc_channel *channel;
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method;
    struct gw_timer *deadline;
    uint64_t deadline_us; /* 0: none */
    ProtobufCBinaryData payload;
    ProtobufCClosure closure;
    void *closure_data;
    struct gw_error err;
    enum gw_rpc_stage stage;
    bool is_idempotent;
    bool is_stream;
    bool is_held;          /* the caller takes no more items for now */
    unsigned busy;         /* its closure on the stack: don't free */
    uint32_t n_unreturned; /* items taken whose credit was not given back */
    uint32_t deadline_ms;
    char request_id[GW_RPC_REQUEST_ID_MAX + 1];
};

struct gw_rpc_channel {
    struct gw_loop *loop;
    struct gw_rpc_url url;
    struct gw_rpc_limits limits;
    struct gw_log log;
    struct gw_rpc_inbox *inbox;
    nng_tls_config *tls;
    nng_stream_dialer *dialer;
    struct gw_rpc_op dial;
    struct gw_rpc_conn *conn;
    enum gw_rpc_link link;
    struct gw_timer *back_off;
    uint32_t back_off_ms;
    struct gw_error last_error; /* of the last attempt to connect */
    uint64_t last_id;
    size_t n_calls; /* waiting and sent */
    struct gw_rpc_call_list waiting;
    struct gw_rpc_call_list failed;
    struct gw_timer *deliver; /* runs the closures of failed calls */
    struct gw_rpc_id_table sent;
    bool *freed_flag; /* of the delivery that is running, if one is */
    bool is_freeing;
};

/* ---- channel.c ---- */
/* Something waits to be sent: connect or send. */
void gw_rpc_channel_kick(struct gw_rpc_channel *channel);
/* Tell the server about @call by a frame of @kind. Returns -1 when it could not be queued. */
int gw_rpc_channel_signal(struct gw_rpc_channel *channel,
                          const struct gw_rpc_call *call,
                          Godwit__V1__FrameKind kind,
                          uint32_t credit,
                          struct gw_error *err);

/* ---- call.c ---- */
/* Put @call on the wire under the next number. On failure it has been failed. */
void gw_rpc_call_send(struct gw_rpc_call *call);
/* Let the closure run soon with @why. */
void gw_rpc_call_fail(struct gw_rpc_call *call, const struct gw_error *why);
/* Take @call out of wherever it is. */
void gw_rpc_call_unlink(struct gw_rpc_call *call);
void gw_rpc_call_put_last(struct gw_rpc_call_list *list, struct gw_rpc_call *call);
/* Run the closure for the last time, with @message or with NULL and call->err, and free the call.
 * The channel may be gone afterwards. */
void gw_rpc_call_finish(struct gw_rpc_call *call, const ProtobufCMessage *message);

/* Hand a stream's @item over. */
void gw_rpc_call_deliver(struct gw_rpc_call *call, const ProtobufCMessage *item);
/* Give the server credit again for what was taken, if that is due. */
void gw_rpc_call_return_credit(struct gw_rpc_call *call);

/* ---- delivery.c ---- */
/* A frame from the server. Returns -1 with @err set when it broke the protocol. */
int gw_rpc_channel_take(struct gw_rpc_channel *channel,
                        const Godwit__V1__Envelope *frame,
                        struct gw_error *err);
/* The connection is lost: what may be sent again waits, the rest fails with @why. */
void gw_rpc_channel_recall(struct gw_rpc_channel *channel, const struct gw_error *why);
/* Run the closures of the failed calls. */
void gw_rpc_channel_deliver_failed(void *channel);

#endif
