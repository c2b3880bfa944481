/* One call on the server's side.
 *
 * Normal course: a REQUEST frame becomes a request, the generated service's invoke() calls the
 * handler with it as closure_data, the handler answers now or later. A cancelled or abandoned
 * request is cut off from its session at once and lives on until the handler answers it. */
#include <stdlib.h>

#include "base/failpoint.h"
#include "rpc/server_priv.h"
#include "rpc/status.h"

void gw_rpc_request_release(struct gw_rpc_request *r)
{
    if (r->is_invoking)
        return; /* whoever called the handler will, when it has returned */
    gw_timer_free(r->deadline);
    if (r->input)
        protobuf_c_message_free_unpacked(r->input, NULL);
    free(r);
}

static int send_reply(struct gw_rpc_session *session,
                      uint64_t id,
                      const ProtobufCBinaryData *payload,
                      Godwit__V1__Status *status,
                      struct gw_error *err)
{
    if (!session->conn) /* being closed */
        return 0;
    Godwit__V1__Envelope reply = GODWIT__V1__ENVELOPE__INIT;
    reply.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_REPLY;
    reply.call_id = id;
    if (payload)
        reply.payload = *payload;
    reply.status = status;
    return gw_rpc_conn_send(session->conn, &reply, err);
}

void gw_rpc_session_refuse(struct gw_rpc_session *session, uint64_t id, const struct gw_error *why)
{
    Godwit__V1__Status status = gw_rpc_status_from_error(why);
    struct gw_error err = {0};
    if (send_reply(session, id, NULL, &status, &err) == 0)
        return;
    gw_log_failure(&session->server->log, GW_LOG_DEBUG, "rpc.reply_lost", &err);
    gw_rpc_session_close(session);
}

/* Take the request out of its session, which is returned; NULL when the caller has gone. */
static struct gw_rpc_session *detach(struct gw_rpc_request *r)
{
    struct gw_rpc_session *session = r->session;
    if (session)
        (void)gw_rpc_id_take(&session->requests, r->node.id);
    r->session = NULL;
    return session;
}

void gw_rpc_request_orphan(struct gw_rpc_request *r)
{
    (void)detach(r);
    if (r->deadline)
        gw_timer_stop(r->deadline);
    gw_loop_fn fn = r->on_cancel;
    r->on_cancel = NULL;
    if (fn && !r->is_answered)
        fn(r->cancel_arg); /* last: it may answer, which frees the request */
}

static void finish(struct gw_rpc_request *r)
{
    r->is_answered = true;
    r->on_cancel = NULL;
    gw_rpc_request_release(r);
}

void gw_rpc_fail(void *closure_data, const struct gw_error *err)
{
    struct gw_rpc_request *r = closure_data;
    uint64_t id = r->node.id;
    struct gw_rpc_session *session = detach(r);
    if (session)
        gw_rpc_session_refuse(session, id, err);
    finish(r);
}

/* Pack @message; malloc'd bytes in @out. */
static int pack(const ProtobufCMessage *message, ProtobufCBinaryData *out, struct gw_error *err)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    *out = (ProtobufCBinaryData){.data = malloc(len ? len : 1)};
    if (!out->data)
        return gw_error_set_nomem(err, "packing a reply");
    out->len = protobuf_c_message_pack(message, out->data);
    return 0;
}

static void answer(struct gw_rpc_request *r, const ProtobufCMessage *message)
{
    struct gw_error err = {0};
    ProtobufCBinaryData payload = {0};
    uint64_t id = r->node.id;
    struct gw_rpc_session *session = detach(r);
    if (GW_FAILPOINT(&err, "rpc.%s.reply", r->method->name) < 0) {
        err.code = GW_UNAVAILABLE; /* acted upon, and the caller does not learn it */
        if (session)
            gw_rpc_session_refuse(session, id, &err);
        finish(r);
        return;
    }
    if (session &&
        (pack(message, &payload, &err) < 0 || send_reply(session, id, &payload, NULL, &err) < 0))
        gw_rpc_session_refuse(session, id, &err);
    free(payload.data);
    finish(r);
}

/* Cut a stream that can't go on; its handler still has to end it. */
static void break_stream(struct gw_rpc_request *r, const struct gw_error *why)
{
    uint64_t id = r->node.id;
    struct gw_rpc_session *session = detach(r);
    if (session)
        gw_rpc_session_refuse(session, id, why);
}

static void send_item(struct gw_rpc_request *r, const ProtobufCMessage *message)
{
    if (!r->session || !r->session->conn)
        return;
    struct gw_error err = {0};
    if (r->credit == 0) {
        gw_error_set(&err, GW_INTERNAL, "%s sent an item that its caller has no room for",
                     r->method->name);
        break_stream(r, &err);
        return;
    }
    ProtobufCBinaryData payload;
    if (pack(message, &payload, &err) < 0) {
        break_stream(r, &err);
        return;
    }
    r->credit--;
    Godwit__V1__Envelope item = GODWIT__V1__ENVELOPE__INIT;
    item.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_ITEM;
    item.call_id = r->node.id;
    item.payload = payload;
    if (gw_rpc_conn_send(r->session->conn, &item, &err) < 0)
        break_stream(r, &err);
    free(payload.data);
}

void gw_rpc_request_closure(const ProtobufCMessage *message, void *closure_data)
{
    struct gw_rpc_request *r = closure_data;
    if (!message)
        gw_rpc_fail(r, NULL);
    else if (r->is_stream)
        send_item(r, message);
    else
        answer(r, message);
}

bool gw_rpc_is_cancelled(const void *closure_data)
{
    const struct gw_rpc_request *r = closure_data;
    return !r->session || gw_rpc_time_left_ms(r) == 0;
}

uint32_t gw_rpc_time_left_ms(const void *closure_data)
{
    const struct gw_rpc_request *r = closure_data;
    if (!r->session)
        return 0;
    if (r->deadline_us == 0)
        return UINT32_MAX;
    uint64_t now_us = gw_loop_now_us(r->loop);
    return now_us >= r->deadline_us ? 0 : (uint32_t)((r->deadline_us - now_us + 999) / 1000);
}

static void on_deadline(void *arg)
{
    struct gw_rpc_request *r = arg;
    struct gw_error why;
    gw_error_set(&why, GW_DEADLINE_EXCEEDED, "%s did not answer within its deadline",
                 r->method->name);
    break_stream(r, &why);
    gw_rpc_request_orphan(r);
}

void gw_rpc_on_cancel(void *closure_data, gw_loop_fn fn, void *arg)
{
    struct gw_rpc_request *r = closure_data;
    r->on_cancel = fn;
    r->cancel_arg = arg;
    if (!fn || r->deadline || r->deadline_us == 0)
        return;
    r->deadline = gw_timer_new(r->loop, on_deadline, r);
    if (r->deadline) /* without memory the caller's own deadline will do */
        gw_timer_start(r->deadline, gw_rpc_time_left_ms(r));
}

const char *gw_rpc_request_id(const void *closure_data)
{
    const struct gw_rpc_request *r = closure_data;
    return r->request_id;
}

void gw_rpc_stream_open(void *closure_data, gw_loop_fn on_credit, void *arg)
{
    struct gw_rpc_request *r = closure_data;
    r->is_stream = true;
    r->on_credit = on_credit;
    r->credit_arg = arg;
}

uint32_t gw_rpc_stream_credit(const void *closure_data)
{
    const struct gw_rpc_request *r = closure_data;
    return r->session ? r->credit : 0;
}

void gw_rpc_stream_end(void *closure_data)
{
    struct gw_rpc_request *r = closure_data;
    struct gw_error err = {0};
    uint64_t id = r->node.id;
    struct gw_rpc_session *session = detach(r);
    if (session && send_reply(session, id, NULL, NULL, &err) < 0)
        gw_rpc_session_refuse(session, id, &err);
    finish(r);
}

void gw_rpc_request_add_credit(struct gw_rpc_request *r, uint32_t credit)
{
    bool was_empty = r->credit == 0;
    if (__builtin_add_overflow(r->credit, credit, &r->credit))
        r->credit = UINT32_MAX;
    if (was_empty && credit > 0 && r->on_credit)
        r->on_credit(r->credit_arg); /* last: it may end the stream */
}
