#ifndef GW_CLIENT_PRIV_H
#define GW_CLIENT_PRIV_H
/* A blocking call under way: shared by the calls and the watch. */

#include "godwit/client.h"
#include "loop/loop.h"
#include "rpc/rpc.h"

struct gw_client_wait {
    struct gw_client *client;
    struct gw_rpc_call *call;
    const ProtobufCMessageDescriptor *reply_type;
    ProtobufCMessage *reply; /* our copy, unary calls only */
    struct gw_error err;     /* of the call, or of copying the reply */
    bool is_done;
};

struct gw_client {
    struct gw_loop *loop;
    struct gw_rpc_channel *channel;
    struct gw_client_wait *waiting; /* NULL: no call under way */
    uint32_t deadline_ms;
    bool was_interrupted; /* the call under way, or the pause of a watch, is to end */
};

/* Ready a call whose generated stub is to be called at once with @wait as the closure's data.
 * NULL without memory. */
ProtobufCService *gw_client_begin(struct gw_client *client,
                                  struct gw_client_wait *wait,
                                  const struct gw_rpc_options *options,
                                  struct gw_error *err);
/* Closure of a unary call: copies @reply (NULL: failed) and ends the wait. */
void gw_client_take_reply(struct gw_client_wait *wait, const ProtobufCMessage *reply);
/* Run the loop until the wait is over. The reply, or NULL and @err. */
ProtobufCMessage *gw_client_finish(struct gw_client_wait *wait, struct gw_error *err);
/* Ask for the version, to learn within @deadline_ms whether the scheduler is there. */
int gw_client_probe(struct gw_client *client, uint32_t deadline_ms, struct gw_error *err);

#endif
