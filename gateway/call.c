/* A request's call: straight, or after a short one that finds out whether the scheduler is there.
 *
 * Normal course: the closure turns the reply into the answer and wakes the connection.
 * Failure: NULL came; the channel's reason becomes the problem.
 * Ownership: the request outlives its call, because a suspended request does not end and the
 * channel finishes all calls when it is freed. Thread: loop thread. */
#include "call.h"

#include <godwit/v1/scheduler.pb-c.h>

#include "answer.h"

static const ProtobufCServiceDescriptor *service(void)
{
    return &godwit__v1__scheduler_service__descriptor;
}

static unsigned index_of(const char *method)
{
    const ProtobufCMethodDescriptor *found =
        protobuf_c_service_descriptor_get_method_by_name(service(), method);
    return found ? (unsigned)(found - service()->methods) : service()->n_methods;
}

/* What a generated stub does, for a method known by its index. */
static void invoke(struct gwy_request *request,
                   unsigned index,
                   const struct gw_rpc_options *options,
                   const ProtobufCMessage *message,
                   ProtobufCClosure closure)
{
    request->call = gw_rpc_call_new(request->gateway->channel, service(), options);
    if (!request->call || index >= service()->n_methods) {
        struct gw_error err;
        (void)gw_error_set_nomem(&err, "calling the scheduler");
        gwy_answer_error(request, &err);
        gwy_request_wake(request);
        return;
    }
    ProtobufCService *stub = gw_rpc_call_stub(request->call);
    stub->invoke(stub, index, message, closure, request);
}

static bool has_failed(struct gwy_request *request, const ProtobufCMessage *reply)
{
    if (reply)
        return false;
    struct gw_error err = *gw_rpc_call_error(request->call);
    if (err.code == GW_UNAVAILABLE)
        (void)gw_error_wrap(&err, "scheduler");
    gwy_answer_error(request, &err);
    gwy_request_wake(request);
    return true;
}

static void on_reply(const ProtobufCMessage *reply, void *arg)
{
    struct gwy_request *request = arg;
    if (has_failed(request, reply))
        return;
    request->on_reply(request, reply);
    gwy_request_wake(request);
}

static void on_found(const ProtobufCMessage *reply, void *arg)
{
    struct gwy_request *request = arg;
    if (!has_failed(request, reply))
        invoke(request, request->method_index, &request->options, request->message, on_reply);
}

void gwy_call(struct gwy_request *request, const struct gwy_call_spec *spec, gwy_reply_fn fn)
{
    request->message = spec->message;
    request->method_index = index_of(spec->method);
    request->on_reply = fn;
    request->options = (struct gw_rpc_options){.deadline_ms = spec->deadline_ms,
                                               .is_idempotent = spec->is_idempotent,
                                               .request_id = request->id};
    if (spec->deadline_ms <= GWY_ANSWER_MS) {
        invoke(request, request->method_index, &request->options, request->message, on_reply);
        return;
    }
    struct gw_rpc_options find = {
        .deadline_ms = GWY_ANSWER_MS, .is_idempotent = true, .request_id = request->id};
    Godwit__V1__GetVersionRequest version = GODWIT__V1__GET_VERSION_REQUEST__INIT;
    invoke(request, index_of("GetVersion"), &find, &version.base, on_found);
}
