/* One accepted connection: sorts what the caller sends to the requests under way. */
#include <inttypes.h>
#include <stdlib.h>

#include "rpc/server_priv.h"

static int take_cancel(struct gw_rpc_session *session, uint64_t id)
{
    struct gw_rpc_id_node *node = gw_rpc_id_find(&session->requests, id);
    if (!node)
        return 0; /* answered while the cancel was on its way */
    Godwit__V1__Status status = GODWIT__V1__STATUS__INIT;
    status.code = GW_CANCELLED;
    Godwit__V1__Envelope reply = GODWIT__V1__ENVELOPE__INIT;
    reply.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_REPLY;
    reply.call_id = id;
    reply.status = &status;
    (void)gw_rpc_conn_send(session->conn, &reply, NULL); /* the caller no longer waits for it */
    gw_rpc_request_orphan((struct gw_rpc_request *)node);
    return 0;
}

static int take_credit(struct gw_rpc_session *session, uint64_t id, uint32_t credit)
{
    struct gw_rpc_id_node *node = gw_rpc_id_find(&session->requests, id);
    if (node)
        gw_rpc_request_add_credit((struct gw_rpc_request *)node, credit);
    return 0;
}

static int on_frame(void *owner, const Godwit__V1__Envelope *frame, struct gw_error *err)
{
    struct gw_rpc_session *session = owner;
    switch (frame->kind) {
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_REQUEST:
        if (frame->call_id != session->last_id + 1)
            return gw_error_set(err, GW_INTERNAL,
                                "the peer numbered a call %" PRIu64 " after %" PRIu64,
                                frame->call_id, session->last_id);
        session->last_id = frame->call_id;
        return gw_rpc_request_start(session, frame, err);
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_CANCEL:
        return take_cancel(session, frame->call_id);
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_CREDIT:
        return take_credit(session, frame->call_id, frame->credit);
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_UNSPECIFIED:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_ITEM:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_REPLY:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_PING:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_PONG:
    case _GODWIT__V1__FRAME_KIND_IS_INT_SIZE:
    default: /* we never called it, so there is nothing to answer */
        return gw_error_set(err, GW_INTERNAL, "the peer sent a frame of kind %d to a server",
                            (int)frame->kind);
    }
}

static void on_open(void *owner)
{
    (void)owner;
}

static void on_closed(void *owner, const struct gw_error *why)
{
    struct gw_rpc_session *session = owner;
    gw_log_debug(&session->server->log, "rpc.session_closed", "error=\"%s\"", why->message);
    gw_rpc_session_close(session);
}

static const struct gw_rpc_conn_events session_events = {
    .on_open = on_open, .on_frame = on_frame, .on_closed = on_closed};

void gw_rpc_session_start(struct gw_rpc_server *server, nng_stream *stream)
{
    struct gw_error err = {0};
    struct gw_rpc_session *session = NULL;
    if (server->n_sessions >= server->limits.max_connections)
        gw_error_set(&err, GW_RESOURCE_EXHAUSTED, "the limit of %" PRIu32 " connections is reached",
                     server->limits.max_connections);
    else if (!(session = calloc(1, sizeof *session)))
        gw_error_set_nomem(&err, "accepting a connection");
    if (!session) {
        gw_log_failure(&server->log, GW_LOG_DEBUG, "rpc.connection_refused", &err);
        nng_stream_free(stream);
        return;
    }
    session->server = server;
    session->conn = gw_rpc_conn_new(server->loop, server->inbox, stream, &server->limits,
                                    &session_events, session, &err);
    if (!session->conn) {
        gw_log_failure(&server->log, GW_LOG_DEBUG, "rpc.connection_refused", &err);
        free(session);
        return;
    }
    session->next = server->sessions;
    session->at = &server->sessions;
    if (session->next)
        session->next->at = &session->next;
    server->sessions = session;
    server->n_sessions++;
}

void gw_rpc_session_close(struct gw_rpc_session *session)
{
    *session->at = session->next;
    if (session->next)
        session->next->at = session->at;
    session->server->n_sessions--;
    gw_rpc_conn_free(session->conn);
    session->conn = NULL;
    for (struct gw_rpc_id_node *node; (node = gw_rpc_id_lowest(&session->requests));)
        gw_rpc_request_orphan((struct gw_rpc_request *)node);
    free(session);
}
