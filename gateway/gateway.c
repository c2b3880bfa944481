/* Start and stop of the gateway: a channel to the scheduler and the HTTP side.
 *
 * Stopping: the channel goes first, which finishes every call under way, so that no connection is
 * suspended any more when libmicrohttpd is stopped (it must not be). Thread: loop thread. */
#include "gateway.h"

#include <stdlib.h>

#include "http.h"

static struct gw_rpc_channel *
open_channel(struct gwy_gateway *gateway, const struct gwy_settings *settings, struct gw_error *err)
{
    struct gw_rpc_tls tls = {
        .ca_file = settings->tls_ca,
        .cert_key_file = settings->tls_cert_key,
        .server_name = *settings->tls_server_name ? settings->tls_server_name : NULL,
    };
    const struct gw_rpc_tls *used = *settings->tls_ca ? &tls : NULL;
    return gw_rpc_channel_new(gateway->loop, settings->scheduler, used, NULL, &gateway->log, err);
}

struct gwy_gateway *gwy_gateway_start(struct gw_loop *loop,
                                      const struct gw_log *log,
                                      const struct gwy_settings *settings,
                                      struct gw_error *err)
{
    struct gwy_gateway *gateway = calloc(1, sizeof *gateway);
    if (!gateway) {
        gw_error_set_nomem(err, "starting the gateway");
        return NULL;
    }
    gateway->loop = loop;
    gateway->log = *log;
    gateway->channel = open_channel(gateway, settings, err);
    if (!gateway->channel || gwy_http_start(gateway, settings->listen, err) < 0) {
        gwy_gateway_stop(gateway);
        return NULL;
    }
    return gateway;
}

void gwy_gateway_stop(struct gwy_gateway *gateway)
{
    if (!gateway)
        return;
    if (gateway->channel)
        gw_rpc_channel_free(gateway->channel);
    gwy_http_stop(gateway);
    free(gateway);
}
