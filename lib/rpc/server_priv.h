#ifndef GW_RPC_SERVER_PRIV_H
#define GW_RPC_SERVER_PRIV_H
/* What the server's files share: server.c services and listeners, listener.c accepting, session.c
 * one connection, request.c one call. */

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "rpc/conn.h"
#include "rpc/id_table.h"
#include "rpc/rpc.h"
#include "rpc/url.h"

enum {
    GW_RPC_SERVICES_MAX = 8,     /* a program serves one or two */
    GW_RPC_LISTENERS_MAX = 8,    /* management address, local socket, and some */
    GW_RPC_ACCEPT_RETRY_MS = 100 /* after accept failed, e.g. without descriptors */
};

struct gw_rpc_listener {
    struct gw_rpc_server *server;
    struct gw_rpc_url url;
    nng_stream_listener *listener;
    nng_tls_config *tls;
    struct gw_rpc_op accept;
    struct gw_timer *retry;
};

struct gw_rpc_server {
    struct gw_loop *loop;
    struct gw_rpc_limits limits;
    struct gw_log log;
    struct gw_rpc_inbox *inbox;
    ProtobufCService *services[GW_RPC_SERVICES_MAX];
    unsigned n_services;
    struct gw_rpc_listener *listeners[GW_RPC_LISTENERS_MAX];
    unsigned n_listeners;
    struct gw_rpc_session *sessions;
    uint32_t n_sessions;
};

/* One accepted connection and the requests under way on it. */
struct gw_rpc_session {
    struct gw_rpc_session *next;
    struct gw_rpc_session **at; /* the pointer that points here */
    struct gw_rpc_server *server;
    struct gw_rpc_conn *conn;
    struct gw_rpc_id_table requests;
    uint64_t last_id;
};

/* One call under way: what a handler gets as closure_data. It lives until it is answered, though
 * its session may be gone. */
struct gw_rpc_request {
    struct gw_rpc_id_node node;     /* first: found by number */
    struct gw_rpc_session *session; /* NULL: the caller has cancelled or gone */
    struct gw_loop *loop;
    ProtobufCMessage *input;
    const ProtobufCMethodDescriptor *method;
    uint64_t deadline_us; /* 0: none */
    struct gw_timer *deadline;
    gw_loop_fn on_cancel;
    void *cancel_arg;
    gw_loop_fn on_credit;
    void *credit_arg;
    uint32_t credit;
    bool wants_credit; /* the handler found no room: tell it */
    bool is_stream;
    bool is_invoking; /* the handler is on the stack: its input must stay */
    bool is_answered;
    char request_id[GW_RPC_REQUEST_ID_MAX + 1];
};

struct gw_rpc_listener *gw_rpc_listener_new(struct gw_rpc_server *server,
                                            const char *url,
                                            const struct gw_rpc_tls *tls,
                                            struct gw_error *err);
void gw_rpc_listener_free(struct gw_rpc_listener *listener);

/* Serve @stream, which becomes the session's; over the limit of connections it is closed. */
void gw_rpc_session_start(struct gw_rpc_server *server, nng_stream *stream);
/* Close; the requests under way are told that their caller is gone. */
void gw_rpc_session_close(struct gw_rpc_session *session);

/* End call @id with @why. A session that can't even take that is closed. */
void gw_rpc_session_refuse(struct gw_rpc_session *session, uint64_t id, const struct gw_error *why);

/* A frame of kind REQUEST: find the method, unpack, call the handler. Returns -1 with @err set only
 * when the peer broke the protocol. */
int gw_rpc_request_start(struct gw_rpc_session *session,
                         const Godwit__V1__Envelope *frame,
                         struct gw_error *err);
/* The caller is gone: taken out of its session, on_cancel run. */
void gw_rpc_request_orphan(struct gw_rpc_request *request);
/* What the handler calls with its reply: a ProtobufCClosure. */
void gw_rpc_request_closure(const ProtobufCMessage *message, void *closure_data);
/* Free an answered request, unless its handler is on the stack. */
void gw_rpc_request_release(struct gw_rpc_request *request);
void gw_rpc_request_add_credit(struct gw_rpc_request *request, uint32_t credit);

#endif
