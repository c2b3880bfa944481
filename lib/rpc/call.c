/* One call on the caller's side, from the stub to the closure.
 *
 * Normal course: NEW -> (stub used) WAITING -> SENT -> FINISHED. What fails on the way becomes
 * FAILED and is finished from the loop, so that no closure runs inside the call that started it.
 * The call is freed when its closure has returned from its last run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/id.h"
#include "base/str.h"
#include "rpc/channel_priv.h"
#include "rpc/status.h"

void gw_rpc_call_put_last(struct gw_rpc_call_list *list, struct gw_rpc_call *call)
{
    call->next = NULL;
    call->prev = list->last;
    if (list->last)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
}

static void list_remove(struct gw_rpc_call_list *list, struct gw_rpc_call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else
        list->first = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        list->last = call->prev;
}

void gw_rpc_call_unlink(struct gw_rpc_call *call)
{
    struct gw_rpc_channel *channel = call->channel;
    switch (call->stage) {
    case GW_RPC_STAGE_WAITING:
        list_remove(&channel->waiting, call);
        channel->n_calls--;
        break;
    case GW_RPC_STAGE_SENT:
        (void)gw_rpc_id_take(&channel->sent, call->node.id);
        channel->n_calls--;
        break;
    case GW_RPC_STAGE_FAILED:
        list_remove(&channel->failed, call);
        break;
    case GW_RPC_STAGE_NEW:
    case GW_RPC_STAGE_FINISHED:
        break;
    }
    call->stage = GW_RPC_STAGE_NEW;
}

void gw_rpc_call_fail(struct gw_rpc_call *call, const struct gw_error *why)
{
    gw_rpc_call_unlink(call);
    gw_timer_stop(call->deadline);
    call->err = *why;
    call->stage = GW_RPC_STAGE_FAILED;
    gw_rpc_call_put_last(&call->channel->failed, call);
    gw_timer_start(call->channel->deliver, 0);
}

static void release(struct gw_rpc_call *call)
{
    gw_timer_free(call->deadline);
    free(call->payload.data);
    free(call);
}

void gw_rpc_call_finish(struct gw_rpc_call *call, const ProtobufCMessage *message)
{
    gw_rpc_call_unlink(call);
    gw_timer_stop(call->deadline);
    call->stage = GW_RPC_STAGE_FINISHED;
    if (call->method)
        (void)GW_FAILPOINT(NULL, "rpc.%s.answered", call->method->name);
    call->busy++;
    call->closure(message, call->closure_data);
    if (--call->busy == 0)
        release(call);
}

void gw_rpc_call_deliver(struct gw_rpc_call *call, const ProtobufCMessage *item)
{
    call->busy++;
    call->closure(item, call->closure_data);
    call->busy--;
    if (call->stage != GW_RPC_STAGE_FINISHED)
        gw_rpc_call_return_credit(call);
    else if (call->busy == 0)
        release(call);
}

static void on_deadline(void *arg)
{
    struct gw_rpc_call *call = arg;
    const struct gw_rpc_channel *channel = call->channel;
    if (call->stage == GW_RPC_STAGE_SENT) {
        (void)gw_rpc_channel_signal(call->channel, call, GODWIT__V1__FRAME_KIND__FRAME_KIND_CANCEL,
                                    0, NULL);
        gw_error_set(&call->err, GW_DEADLINE_EXCEEDED,
                     "%s at %s was not answered within %" PRIu32 " ms", call->method->name,
                     channel->url.text, call->deadline_ms);
    } else {
        gw_error_set(&call->err, GW_UNAVAILABLE, "%s: no connection within %" PRIu32 " ms: %s",
                     channel->url.text, call->deadline_ms,
                     gw_error_is_set(&channel->last_error) ? channel->last_error.message
                                                           : "no answer yet");
    }
    gw_rpc_call_finish(call, NULL);
}

/* Why the call can't even be queued; 0 when it can. */
static int check(const struct gw_rpc_call *call, struct gw_error *err)
{
    const struct gw_rpc_channel *channel = call->channel;
    if (call->deadline_ms == 0 && !call->is_stream)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "a call of %s needs a deadline",
                            call->method->name);
    if (channel->n_calls >= channel->limits.max_calls)
        return gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                            "%zu calls to %s are under way, the limit is %" PRIu32,
                            channel->n_calls, channel->url.text, channel->limits.max_calls);
    return 0;
}

static int pack(struct gw_rpc_call *call, const ProtobufCMessage *input, struct gw_error *err)
{
    size_t len = protobuf_c_message_get_packed_size(input);
    if (len > GW_RPC_FRAME_MAX_BYTES) /* the server's own limit is seen when it is sent */
        return gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                            "a request of %zu bytes is over the limit of %d bytes", len,
                            GW_RPC_FRAME_MAX_BYTES);
    call->payload.data = malloc(len ? len : 1);
    if (!call->payload.data)
        return gw_error_set_nomem(err, "packing a request");
    call->payload.len = protobuf_c_message_pack(input, call->payload.data);
    return 0;
}

/* The stub's service: what the generated function of a method calls. */
static void on_invoke(ProtobufCService *service,
                      unsigned method_index,
                      const ProtobufCMessage *input,
                      ProtobufCClosure closure,
                      void *closure_data)
{
    char *base = (char *)service - offsetof(struct gw_rpc_call, stub);
    struct gw_rpc_call *call = (void *)base;
    struct gw_error err = {0};
    call->method = &call->service->methods[method_index];
    call->closure = closure;
    call->closure_data = closure_data;
    if (GW_FAILPOINT(&err, "rpc.%s.request", call->method->name) < 0)
        err.code = GW_UNAVAILABLE; /* as a network fails, not as a disk does */
    if (gw_error_is_set(&err) || check(call, &err) < 0 || pack(call, input, &err) < 0) {
        gw_rpc_call_fail(call, &err);
        return;
    }
    if (call->deadline_ms > 0) {
        call->deadline_us =
            gw_loop_now_us(call->channel->loop) + (uint64_t)call->deadline_ms * 1000;
        gw_timer_start(call->deadline, call->deadline_ms);
    }
    call->stage = GW_RPC_STAGE_WAITING;
    gw_rpc_call_put_last(&call->channel->waiting, call);
    call->channel->n_calls++;
    gw_rpc_channel_kick(call->channel);
}

static uint32_t time_left_ms(const struct gw_rpc_call *call)
{
    if (call->deadline_us == 0)
        return 0;
    uint64_t now_us = gw_loop_now_us(call->channel->loop);
    return now_us + 1000 >= call->deadline_us ? 1 : (uint32_t)((call->deadline_us - now_us) / 1000);
}

void gw_rpc_call_send(struct gw_rpc_call *call)
{
    struct gw_rpc_channel *channel = call->channel;
    gw_rpc_call_unlink(call);
    Godwit__V1__Envelope request = GODWIT__V1__ENVELOPE__INIT;
    request.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_REQUEST;
    request.call_id = channel->last_id + 1;
    request.service = gw_rpc_unconst(call->service->name);
    request.method = gw_rpc_unconst(call->method->name);
    request.payload = call->payload;
    request.timeout_ms = time_left_ms(call);
    request.credit = call->is_stream ? GW_RPC_STREAM_CREDIT : 0;
    request.request_id = call->request_id;
    struct gw_error err = {0};
    if (gw_rpc_conn_send(channel->conn, &request, &err) < 0) {
        gw_error_wrap(&err, "can't send %s to %s", call->method->name, channel->url.text);
        gw_rpc_call_fail(call, &err);
        return;
    }
    if (!call->is_idempotent) {
        free(call->payload.data);
        call->payload = (ProtobufCBinaryData){0};
    }
    call->node.id = ++channel->last_id;
    call->stage = GW_RPC_STAGE_SENT;
    gw_rpc_id_put(&channel->sent, &call->node);
    channel->n_calls++;
}

struct gw_rpc_call *gw_rpc_call_new(struct gw_rpc_channel *channel,
                                    const ProtobufCServiceDescriptor *service,
                                    const struct gw_rpc_options *options)
{
    struct gw_rpc_call *call = channel->is_freeing ? NULL : calloc(1, sizeof *call);
    if (!call)
        return NULL;
    call->deadline = gw_timer_new(channel->loop, on_deadline, call);
    if (!call->deadline) {
        free(call);
        return NULL;
    }
    call->channel = channel;
    call->service = service;
    call->stub = (ProtobufCService){.descriptor = service, .invoke = on_invoke};
    call->is_idempotent = options->is_idempotent && !options->is_stream;
    call->is_stream = options->is_stream;
    call->deadline_ms = options->deadline_ms > GW_RPC_DEADLINE_MAX_MS ? GW_RPC_DEADLINE_MAX_MS
                                                                      : options->deadline_ms;
    enum { MADE_ID_DIGITS = 16 };
    if (!options->request_id ||
        gw_str_copy(call->request_id, sizeof call->request_id, options->request_id) < 0)
        gw_hex_make(gw_random_system(), call->request_id, MADE_ID_DIGITS);
    return call;
}

ProtobufCService *gw_rpc_call_stub(struct gw_rpc_call *call)
{
    return &call->stub;
}

const struct gw_error *gw_rpc_call_error(const struct gw_rpc_call *call)
{
    return &call->err;
}

void gw_rpc_call_cancel(struct gw_rpc_call *call)
{
    if (call->stage != GW_RPC_STAGE_WAITING && call->stage != GW_RPC_STAGE_SENT)
        return;
    if (call->stage == GW_RPC_STAGE_SENT)
        (void)gw_rpc_channel_signal(call->channel, call, GODWIT__V1__FRAME_KIND__FRAME_KIND_CANCEL,
                                    0, NULL);
    struct gw_error err;
    gw_error_set(&err, GW_CANCELLED, "%s was cancelled by its caller", call->method->name);
    gw_rpc_call_fail(call, &err);
}

void gw_rpc_call_return_credit(struct gw_rpc_call *call)
{
    if (call->stage != GW_RPC_STAGE_SENT || call->is_held ||
        call->n_unreturned < GW_RPC_STREAM_CREDIT / 2)
        return;
    struct gw_error err = {0};
    if (gw_rpc_channel_signal(call->channel, call, GODWIT__V1__FRAME_KIND__FRAME_KIND_CREDIT,
                              call->n_unreturned, &err) < 0)
        gw_rpc_call_fail(call, &err);
    call->n_unreturned = 0;
}

void gw_rpc_call_hold(struct gw_rpc_call *call, bool is_held)
{
    call->is_held = is_held;
    gw_rpc_call_return_credit(call);
}
