/* From a REQUEST frame to the handler of the generated service. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/server_priv.h"
#include "rpc/text.h"

static ProtobufCService *find_service(const struct gw_rpc_server *server, const char *name)
{
    for (unsigned i = 0; i < server->n_services; i++)
        if (strcmp(server->services[i]->descriptor->name, name) == 0)
            return server->services[i];
    return NULL;
}

/* A generated service keeps its handlers behind its base, in the order of the methods. */
static bool has_handler(const ProtobufCService *service, size_t method_index)
{
    typedef void (*handler_fn)(void);
    handler_fn handler;
    const char *table = (const char *)(service + 1);
    memcpy(&handler, table + method_index * sizeof handler, sizeof handler);
    return service->invoke != protobuf_c_service_invoke_internal || handler != NULL;
}

static const ProtobufCMethodDescriptor *
find_method(ProtobufCService *service, const Godwit__V1__Envelope *frame, struct gw_error *err)
{
    char service_name[GW_QUOTED_MAX];
    char method_name[GW_QUOTED_MAX];
    (void)gw_error_quote(service_name, frame->service);
    (void)gw_error_quote(method_name, frame->method);
    if (!service) {
        gw_error_set(err, GW_UNIMPLEMENTED, "service %s is not served here", service_name);
        return NULL;
    }
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(service->descriptor, frame->method);
    if (!method || !has_handler(service, (size_t)(method - service->descriptor->methods))) {
        gw_error_set(err, GW_UNIMPLEMENTED, "service %s has no method %s", service_name,
                     method_name);
        return NULL;
    }
    return method;
}

/* Request ids go to logs: only what can't break a line or a key=value pair is kept. */
static void keep_request_id(struct gw_rpc_request *r, const char *id)
{
    size_t n = 0;
    for (; *id && n < GW_RPC_REQUEST_ID_MAX; id++) {
        bool is_fine = (*id >= '0' && *id <= '9') || (*id >= 'a' && *id <= 'z') ||
                       (*id >= 'A' && *id <= 'Z') || strchr("-_.:/", *id);
        r->request_id[n++] = is_fine ? *id : '?';
    }
    r->request_id[n] = '\0';
}

/* The request's message; NULL with @err set for what is none. */
static ProtobufCMessage *unpack(const ProtobufCMethodDescriptor *method,
                                const Godwit__V1__Envelope *frame,
                                struct gw_error *err)
{
    ProtobufCMessage *input =
        protobuf_c_message_unpack(method->input, NULL, frame->payload.len, frame->payload.data);
    if (!input) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "%zu bytes sent to %s are no %s", frame->payload.len,
                     method->name, method->input->name);
        return NULL;
    }
    if (gw_rpc_check_text(input, err) < 0) {
        protobuf_c_message_free_unpacked(input, NULL);
        return NULL;
    }
    return input;
}

static struct gw_rpc_request *new_request(struct gw_rpc_session *session,
                                          const Godwit__V1__Envelope *frame,
                                          const ProtobufCMethodDescriptor *method,
                                          struct gw_error *err)
{
    if (session->requests.n >= session->server->limits.max_calls) {
        gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                     "%zu calls are under way on this connection, the limit is %" PRIu32,
                     session->requests.n, session->server->limits.max_calls);
        return NULL;
    }
    struct gw_rpc_request *r = calloc(1, sizeof *r);
    if (!r) {
        gw_error_set_nomem(err, "taking a call");
        return NULL;
    }
    r->input = unpack(method, frame, err);
    if (!r->input) {
        free(r);
        return NULL;
    }
    r->node.id = frame->call_id;
    r->session = session;
    r->loop = session->server->loop;
    r->method = method;
    r->credit = frame->credit;
    keep_request_id(r, frame->request_id);
    return r;
}

static void set_deadline(struct gw_rpc_request *r, uint32_t timeout_ms)
{
    if (timeout_ms > GW_RPC_DEADLINE_MAX_MS)
        timeout_ms = GW_RPC_DEADLINE_MAX_MS;
    if (timeout_ms > 0)
        r->deadline_us = gw_loop_now_us(r->loop) + (uint64_t)timeout_ms * 1000;
}

int gw_rpc_request_start(struct gw_rpc_session *session,
                         const Godwit__V1__Envelope *frame,
                         struct gw_error *err)
{
    (void)err; /* a refused call is no breach of the protocol */
    struct gw_error why = {0};
    ProtobufCService *service = find_service(session->server, frame->service);
    const ProtobufCMethodDescriptor *method = find_method(service, frame, &why);
    struct gw_rpc_request *r = method ? new_request(session, frame, method, &why) : NULL;
    if (!r) {
        gw_rpc_session_refuse(session, frame->call_id, &why);
        return 0;
    }
    set_deadline(r, frame->timeout_ms);
    gw_rpc_id_put(&session->requests, &r->node);
    gw_log_debug(&session->server->log, "rpc.request_started", "request=%s method=%s.%s",
                 r->request_id, service->descriptor->short_name, method->name);
    r->is_invoking = true;
    service->invoke(service, (unsigned)(method - service->descriptor->methods), r->input,
                    gw_rpc_request_closure, r);
    r->is_invoking = false;
    if (r->is_answered)
        gw_rpc_request_release(r);
    return 0;
}
