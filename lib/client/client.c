/* A client: a loop of its own, a channel on it, and the wait that makes a call blocking.
 *
 * Normal course: begin readies a call, the generated stub sends it, finish runs the loop until the
 * closure has copied the reply. Failure: the closure got NULL and the channel's reason is copied.
 * A wait lies on the caller's stack, and is never left before its closure ran for the last time.
 * Thread: the caller's. */
#include <stdlib.h>

#include "base/scope.h"
#include "client/client_priv.h"

struct gw_client *
gw_client_open(const char *url, const struct gw_rpc_tls *tls, struct gw_error *err)
{
    struct gw_client *client = calloc(1, sizeof *client);
    if (!client) {
        gw_error_set_nomem(err, "opening a client");
        return NULL;
    }
    client->deadline_ms = GW_CLIENT_DEADLINE_MS;
    client->loop = gw_loop_new(err);
    if (client->loop) {
        struct gw_log log = gw_log_none();
        client->channel = gw_rpc_channel_new(client->loop, url, tls, NULL, &log, err);
    }
    if (!client->channel) {
        gw_client_close(client);
        return NULL;
    }
    return client;
}

void gw_client_close(struct gw_client *client)
{
    if (!client)
        return;
    if (client->channel)
        gw_rpc_channel_free(client->channel);
    if (client->loop)
        gw_loop_free(client->loop);
    free(client);
}

void gw_client_set_deadline(struct gw_client *client, uint32_t deadline_ms)
{
    client->deadline_ms = deadline_ms;
}

void gw_client_interrupt(struct gw_client *client)
{
    client->was_interrupted = true;
    if (client->waiting)
        gw_rpc_call_cancel(client->waiting->call);
    gw_loop_stop(client->loop);
}

struct gw_loop *gw_client_loop(struct gw_client *client)
{
    return client->loop;
}

struct gw_rpc_channel *gw_client_channel(struct gw_client *client)
{
    return client->channel;
}

ProtobufCService *gw_client_begin(struct gw_client *client,
                                  struct gw_client_wait *wait,
                                  const struct gw_rpc_options *options,
                                  struct gw_error *err)
{
    *wait = (struct gw_client_wait){.client = client};
    wait->call =
        gw_rpc_call_new(client->channel, &godwit__v1__scheduler_service__descriptor, options);
    if (!wait->call) {
        gw_error_set_nomem(err, "calling the scheduler");
        return NULL;
    }
    client->waiting = wait;
    client->was_interrupted = false;
    return gw_rpc_call_stub(wait->call);
}

static ProtobufCMessage *copy_message(const ProtobufCMessage *message, struct gw_error *err)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    GW_AUTO_FREE uint8_t *packed = malloc(size ? size : 1);
    ProtobufCMessage *copy = NULL;
    if (packed) {
        protobuf_c_message_pack(message, packed);
        copy = protobuf_c_message_unpack(message->descriptor, NULL, size, packed);
    }
    if (!copy)
        gw_error_set_nomem(err, "taking the scheduler's answer");
    return copy;
}

void gw_client_take_reply(struct gw_client_wait *wait, const ProtobufCMessage *reply)
{
    if (reply)
        wait->reply = copy_message(reply, &wait->err);
    else
        wait->err = *gw_rpc_call_error(wait->call);
    wait->is_done = true;
    wait->client->waiting = NULL;
    gw_loop_stop(wait->client->loop);
}

ProtobufCMessage *gw_client_finish(struct gw_client_wait *wait, struct gw_error *err)
{
    while (!wait->is_done) {
        if (gw_loop_run(wait->client->loop, &wait->err) < 0)
            break;
    }
    if (!wait->reply && err)
        *err = wait->err;
    return wait->reply;
}
