/* What comes back to the caller. A closure may do anything, freeing the channel included: after one
 * has run, nothing is touched without knowing that it is still there. */
#include <inttypes.h>
#include <stdlib.h>

#include "rpc/channel_priv.h"
#include "rpc/status.h"

static void take_reply(struct gw_rpc_call *call, const Godwit__V1__Envelope *frame)
{
    gw_rpc_status_to_error(frame->status, &call->err);
    ProtobufCMessage *message = NULL;
    if (!gw_error_is_set(&call->err) && !call->is_stream) {
        message = protobuf_c_message_unpack(call->method->output, NULL, frame->payload.len,
                                            frame->payload.data);
        if (!message)
            gw_error_set(&call->err, GW_INTERNAL, "%s at %s answered %zu bytes that are no %s",
                         call->method->name, call->channel->url.text, frame->payload.len,
                         call->method->output->name);
    }
    gw_rpc_call_finish(call, message);
    if (message)
        protobuf_c_message_free_unpacked(message, NULL);
}

/* The stream brings what it should not: end it for both sides. */
static void drop_stream(struct gw_rpc_call *call, const struct gw_error *why)
{
    (void)gw_rpc_channel_signal(call->channel, call, GODWIT__V1__FRAME_KIND__FRAME_KIND_CANCEL, 0,
                                NULL);
    gw_rpc_call_fail(call, why);
}

static int
take_item(struct gw_rpc_call *call, const Godwit__V1__Envelope *frame, struct gw_error *err)
{
    if (!call->is_stream)
        return gw_error_set(err, GW_INTERNAL, "%s sent a stream item as reply of %s",
                            call->channel->url.text, call->method->name);
    if (call->n_unreturned >= GW_RPC_STREAM_CREDIT)
        return gw_error_set(err, GW_INTERNAL, "%s sent more items of %s than were asked for",
                            call->channel->url.text, call->method->name);
    ProtobufCMessage *item = protobuf_c_message_unpack(call->method->output, NULL,
                                                       frame->payload.len, frame->payload.data);
    if (!item) {
        struct gw_error why;
        gw_error_set(&why, GW_INTERNAL, "%s at %s sent an item of %zu bytes that is no %s",
                     call->method->name, call->channel->url.text, frame->payload.len,
                     call->method->output->name);
        drop_stream(call, &why);
        return 0;
    }
    call->n_unreturned++;
    gw_rpc_call_deliver(call, item);
    protobuf_c_message_free_unpacked(item, NULL);
    return 0;
}

/* A channel serves nothing: say so. */
static int refuse_request(struct gw_rpc_channel *channel, const Godwit__V1__Envelope *frame)
{
    struct gw_error why;
    gw_error_set(&why, GW_UNIMPLEMENTED, "nothing is served on this side of the connection");
    Godwit__V1__Status status = gw_rpc_status_from_error(&why);
    Godwit__V1__Envelope reply = GODWIT__V1__ENVELOPE__INIT;
    reply.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_REPLY;
    reply.call_id = frame->call_id;
    reply.status = &status;
    (void)gw_rpc_conn_send(channel->conn, &reply, NULL);
    return 0;
}

static int
take_answer(struct gw_rpc_channel *channel, const Godwit__V1__Envelope *frame, struct gw_error *err)
{
    if (frame->call_id == 0 || frame->call_id > channel->last_id)
        return gw_error_set(err, GW_INTERNAL, "%s answered call %" PRIu64 ", which was never made",
                            channel->url.text, frame->call_id);
    struct gw_rpc_id_node *node = gw_rpc_id_find(&channel->sent, frame->call_id);
    if (!node)
        return 0; /* given up before the answer came */
    struct gw_rpc_call *call = (struct gw_rpc_call *)node;
    if (frame->kind == GODWIT__V1__FRAME_KIND__FRAME_KIND_ITEM)
        return take_item(call, frame, err);
    take_reply(call, frame);
    return 0;
}

int gw_rpc_channel_take(struct gw_rpc_channel *channel,
                        const Godwit__V1__Envelope *frame,
                        struct gw_error *err)
{
    switch (frame->kind) {
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_REPLY:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_ITEM:
        return take_answer(channel, frame, err);
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_REQUEST:
        return refuse_request(channel, frame);
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_CANCEL:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_CREDIT:
        return 0; /* of a request that was refused */
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_UNSPECIFIED:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_PING:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_PONG:
    case _GODWIT__V1__FRAME_KIND_IS_INT_SIZE:
    default:
        return gw_error_set(err, GW_INTERNAL, "%s sent a frame of kind %d out of place",
                            channel->url.text, (int)frame->kind);
    }
}

void gw_rpc_channel_recall(struct gw_rpc_channel *channel, const struct gw_error *why)
{
    for (struct gw_rpc_id_node *node; (node = gw_rpc_id_lowest(&channel->sent));) {
        struct gw_rpc_call *call = (struct gw_rpc_call *)node;
        if (!call->is_idempotent || why->code == GW_INTERNAL) {
            gw_rpc_call_fail(call, why);
            continue;
        }
        gw_rpc_call_unlink(call);
        call->stage = GW_RPC_STAGE_WAITING;
        gw_rpc_call_put_last(&channel->waiting, call);
        channel->n_calls++;
    }
}

void gw_rpc_channel_deliver_failed(void *arg)
{
    struct gw_rpc_channel *channel = arg;
    bool is_freed = false;
    channel->freed_flag = &is_freed;
    size_t n = 0; /* those that fail meanwhile wait for the next round */
    for (const struct gw_rpc_call *call = channel->failed.first; call; call = call->next)
        n++;
    for (; n > 0 && channel->failed.first; n--) {
        gw_rpc_call_finish(channel->failed.first, NULL);
        if (is_freed)
            return;
    }
    channel->freed_flag = NULL;
}
