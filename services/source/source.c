/* Building and taking down the daemon. The order of taking down matters: the service first, then
 * the calls under way (their closures still find their owners), then the pool (its jobs come back
 * to their guests), the guests last. QEMUs live on: nothing here ends one. */
#include "source.h"

#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "beat.h"
#include "cold.h"
#include "guest.h"
#include "service_rpc.h"
#include "trash.h"

static const struct gw_rpc_tls *tls_of(const struct gw_host_settings *s, struct gw_rpc_tls *tls)
{
    if (s->tls_ca[0] == '\0')
        return NULL;
    *tls = (struct gw_rpc_tls){
        .ca_file = s->tls_ca, .cert_key_file = s->tls_cert_key, .server_name = s->tls_server_name};
    return tls;
}

static int start_server(struct src_daemon *d, const struct gw_rpc_tls *tls, struct gw_error *err)
{
    GW_AUTO_FREE char *local = gw_strf("ipc://%s/source.sock", d->settings->host_dir);

    d->service = src_service_new(d);
    if (local == NULL || d->service == NULL)
        return gw_error_set_nomem(err, "starting the service");
    d->server = gw_rpc_server_new(d->loop, NULL, &d->log, err);
    if (d->server == NULL || gw_rpc_server_add(d->server, src_service_base(d->service), err) != 0 ||
        gw_rpc_server_listen(d->server, d->settings->listen, tls, err) != 0 ||
        gw_rpc_server_listen(d->server, local, NULL, err) != 0)
        return -1;
    return 0;
}

static int start_parts(struct src_daemon *d, const struct gw_rpc_tls *tls, struct gw_error *err)
{
    if (gw_host_init(&d->host, d->settings, err) != 0)
        return -1;
    d->pool = gw_pool_new(d->loop, SRC_POOL_THREADS, SRC_POOL_QUEUE, err);
    if (d->pool == NULL)
        return -1;
    d->scheduler = gw_rpc_channel_new(d->loop, d->settings->scheduler, tls, NULL, &d->log, err);
    if (d->scheduler == NULL)
        return -1;
    if (start_server(d, tls, err) != 0)
        return -1;
    src_guests_scan(d);
    if (src_trash_start(d, &d->trash, err) != 0)
        return -1;
    return src_beat_start(d, gw_rpc_server_url(d->server, 0), err);
}

int src_source_start(const struct gw_daemon *daemon,
                     void **out_state,
                     char **out_status,
                     struct gw_error *err)
{
    struct src_daemon *d = calloc(1, sizeof *d);
    struct gw_rpc_tls tls;

    if (d == NULL)
        return gw_error_set_nomem(err, "starting");
    d->loop = daemon->loop;
    d->settings = daemon->settings;
    d->log = gw_log_with(&daemon->log, "host", d->settings->host_name);
    if (start_parts(d, tls_of(d->settings, &tls), err) == 0) {
        *out_status = gw_strf("listening on %s", gw_rpc_server_url(d->server, 0));
        *out_state = d;
        return 0;
    }
    src_source_stop(d);
    return -1;
}

void src_source_stop(void *state)
{
    struct src_daemon *d = state;

    for (struct src_guest *guest = d->guests; guest != NULL; guest = guest->next)
        src_cold_drop(guest); /* else the pool would wait for its copy */
    if (d->server != NULL)
        gw_rpc_server_free(d->server);
    if (d->heartbeat != NULL)
        gw_heartbeat_stop(d->heartbeat);
    if (d->scheduler != NULL)
        gw_rpc_channel_free(gw_steal(d->scheduler));
    if (d->pool != NULL)
        gw_pool_free(d->pool);
    src_trash_stop(d->trash);
    src_guests_free(d);
    src_service_free(d->service);
    free(d);
}
