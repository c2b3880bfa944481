/* godwit-target put together: host, channels, service, heartbeats, and what an agent before this
 * one left. */
#include "target.h"

#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "godwit/v1/target.pb-c.h"
#include "guest.h"
#include "wire_rpc.h"

static const struct gw_rpc_tls *tls_of(const struct gw_host_settings *settings,
                                       struct gw_rpc_tls *tls)
{
    if (!settings->tls_ca[0])
        return NULL;
    *tls = (struct gw_rpc_tls){.ca_file = settings->tls_ca,
                               .cert_key_file = settings->tls_cert_key,
                               .server_name = settings->tls_server_name};
    return tls;
}

const struct gw_host_facts *tgt_facts(const struct tgt_daemon *daemon, struct gw_error *err)
{
    const struct gw_host_facts *facts =
        daemon->heartbeat ? gw_heartbeat_facts(daemon->heartbeat) : NULL;
    if (facts)
        return facts;
    (void)gw_error_set(err, GW_UNAVAILABLE,
                       "host \"%s\" is still finding out what its QEMU can do; ask again",
                       daemon->settings->host_name);
    (void)gw_error_reason(err, "NOT_READY");
    return NULL;
}

static void on_facts(void *arg, const struct gw_host_facts *facts)
{
    const struct tgt_daemon *daemon = arg;
    gw_log_info(&daemon->log, "host.facts_found", "qemu=%s accelerator=%s memory_bytes=%llu",
                facts->qemu_version, gw_accelerator_name(facts->accelerator),
                (unsigned long long)facts->memory_total_bytes);
}

static struct tgt_service *service_new(struct tgt_daemon *daemon, struct gw_error *err)
{
    struct tgt_service *service = calloc(1, sizeof *service);
    if (!service) {
        (void)gw_error_set_nomem(err, "making the service");
        return NULL;
    }
    godwit__v1__target_service__init(&service->base, NULL);
    service->daemon = daemon;
    service->base.create = tgt_rpc_create;
    service->base.start = tgt_rpc_start;
    service->base.read_probe = tgt_rpc_read_probe;
    service->base.prepare = tgt_rpc_prepare;
    service->base.activate = tgt_rpc_activate;
    service->base.refuse = tgt_rpc_refuse;
    return service;
}

static int open_channels(struct tgt_daemon *d, struct gw_error *err)
{
    struct gw_rpc_tls tls;
    GW_AUTO_FREE char *source = gw_strf("ipc://%s/source.sock", d->settings->host_dir);
    if (!source)
        return gw_error_set_nomem(err, "naming the source's socket");
    d->scheduler = gw_rpc_channel_new(d->loop, d->settings->scheduler, tls_of(d->settings, &tls),
                                      NULL, &d->log, err);
    if (!d->scheduler)
        return -1;
    d->source = gw_rpc_channel_new(d->loop, source, NULL, NULL, &d->log, err);
    return d->source ? 0 : -1;
}

static int serve(struct tgt_daemon *d, struct gw_error *err)
{
    struct gw_rpc_tls tls;
    d->service = service_new(d, err);
    if (!d->service)
        return -1;
    d->server = gw_rpc_server_new(d->loop, NULL, &d->log, err);
    if (!d->server || gw_rpc_server_add(d->server, &d->service->base.base, err) < 0)
        return -1;
    return gw_rpc_server_listen(d->server, d->settings->listen, tls_of(d->settings, &tls), err);
}

static int start_heartbeat(struct tgt_daemon *d, struct gw_error *err)
{
    const struct gw_heartbeat_config config = {.loop = d->loop,
                                               .pool = d->pool,
                                               .scheduler = d->scheduler,
                                               .host = &d->host,
                                               .log = &d->log,
                                               .role = GW_AGENT_TARGET,
                                               .url = gw_rpc_server_url(d->server, 0)};
    const struct gw_heartbeat_handlers handlers = {
        .fill = tgt_orders_report, .order = tgt_orders_obey, .facts_ready = on_facts, .arg = d};
    d->heartbeat = gw_heartbeat_start(&config, &handlers, err);
    return d->heartbeat ? 0 : -1;
}

static int build(struct tgt_daemon *d, struct gw_error *err)
{
    if (gw_host_init(&d->host, d->settings, err) < 0)
        return -1;
    d->log = gw_log_with(&d->log, "host", d->settings->host_name);
    d->sweeper = gw_timer_new(d->loop, tgt_guests_on_sweep, d);
    if (!d->sweeper)
        return gw_error_set_nomem(err, "starting");
    d->pool = gw_pool_new(d->loop, TGT_POOL_THREADS, TGT_POOL_QUEUE, err);
    if (!d->pool || open_channels(d, err) < 0 || serve(d, err) < 0 || start_heartbeat(d, err) < 0)
        return -1;
    tgt_resume_all(d);
    return 0;
}

int tgt_target_start(const struct gw_daemon *daemon,
                     void **out_state,
                     char **out_status,
                     struct gw_error *err)
{
    struct tgt_daemon *d = calloc(1, sizeof *d);
    if (!d)
        return gw_error_set_nomem(err, "starting");
    d->loop = daemon->loop;
    d->log = daemon->log;
    d->settings = daemon->settings;
    char *status = NULL;
    if (build(d, err) == 0) {
        status = gw_strf("listening on %s", gw_rpc_server_url(d->server, 0));
        if (!status)
            (void)gw_error_set_nomem(err, "starting");
    }
    if (!status) {
        tgt_target_stop(d);
        return -1;
    }
    *out_state = d;
    *out_status = status;
    return 0;
}

void tgt_target_stop(void *state)
{
    struct tgt_daemon *d = state;
    if (!d)
        return;
    gw_heartbeat_stop(d->heartbeat);
    d->heartbeat = NULL;
    tgt_guests_stop(d);
    gw_pool_free(d->pool); /* its completions find guests and requests still there */
    gw_rpc_server_free(d->server);
    tgt_guests_free(d);
    gw_timer_free(d->sweeper);
    gw_rpc_channel_free(d->source);
    gw_rpc_channel_free(d->scheduler);
    free(d->service);
    free(d);
}
