#include "hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/str.h"
#include "convert.h"
#include "driver.h"
#include "leftovers.h"
#include "tx.h"

struct sch_host *sch_host_find(const struct scheduler *s, const char *name_or_id)
{
    struct sch_host *host = sch_list_find(&s->hosts, name_or_id);
    for (size_t i = 0; !host && i < s->hosts.n_items; i++) {
        struct sch_host *other = s->hosts.items[i];
        if (strcmp(other->row.name, name_or_id) == 0)
            host = other;
    }
    return host;
}

const char *sch_host_name(const struct scheduler *s, const char *id)
{
    const struct sch_host *host = sch_list_find(&s->hosts, id);
    return host ? host->row.name : "";
}

void sch_host_free(struct sch_host *host)
{
    if (!host)
        return;
    gw_rpc_channel_free(host->source);
    gw_rpc_channel_free(host->target);
    sch_facts_free(host->facts);
    gw_host_row_fini(&host->row);
    free(host);
}

struct gw_host_view sch_host_view(const struct sch_host *host)
{
    struct gw_host_view view = {0};
    if (host->facts)
        view = host->facts->view;
    else
        view.accelerator_name = "an unknown accelerator";
    view.name = host->row.name;
    view.id = host->row.id;
    view.health = host->health;
    return view;
}

struct gw_host_view *sch_hosts_views(const struct scheduler *s)
{
    struct gw_host_view *views = calloc(s->hosts.n_items + 1, sizeof *views);
    for (size_t i = 0; views && i < s->hosts.n_items; i++)
        views[i] = sch_host_view(s->hosts.items[i]);
    return views;
}

static bool is_fresh(const struct scheduler *s, uint64_t seen_us)
{
    return sch_now_us(s) - seen_us < (uint64_t)s->options.host_silent_after_ms * 1000;
}

enum gw_host_health sch_host_health_now(const struct scheduler *s, const struct sch_host *host)
{
    unsigned n_fresh =
        (unsigned)is_fresh(s, host->source_seen_us) + (unsigned)is_fresh(s, host->target_seen_us);
    return n_fresh == 2 ? GW_HOST_UP : n_fresh == 1 ? GW_HOST_DEGRADED : GW_HOST_SILENT;
}

static void health_told(void *arg, const struct gw_error *err)
{
    (void)arg; /* a lost event of this kind is made good by the next; the store's job logged it */
    (void)err;
}

void sch_host_check_health(struct scheduler *s, struct sch_host *host)
{
    enum gw_host_health now = sch_host_health_now(s, host);
    if (now == host->health)
        return;
    static const char *const names[] = {"", "up", "degraded", "silent"};
    gw_log_info(&s->log, "host.state_changed", "host=%s from=%s to=%s", host->row.name,
                names[host->health], names[now]);
    host->health = now;
    struct sch_tx *tx = sch_tx_new(s);
    sch_tx_host_health(tx, host);
    sch_tx_commit(tx, health_told, NULL);
    if (now == GW_HOST_SILENT)
        sch_driver_host_lost(s, host->row.id);
    if (now == GW_HOST_UP)
        sch_leftovers_refuse(s, host->row.id);
}

void sch_hosts_check(struct scheduler *s)
{
    for (size_t i = 0; i < s->hosts.n_items; i++)
        sch_host_check_health(s, s->hosts.items[i]);
}

static void set_channel(struct scheduler *s, struct gw_rpc_channel **channel, const char *url)
{
    if (*channel && strcmp(gw_rpc_channel_url(*channel), url) == 0)
        return;
    struct gw_rpc_channel *old = *channel;
    struct gw_error err = {0};
    *channel = NULL;
    if (url[0])
        *channel = gw_rpc_channel_new(s->loop, url, s->options.tls, NULL, &s->log, &err);
    if (gw_error_is_set(&err))
        gw_log_failure(&s->log, GW_LOG_WARN, "host.address_unusable", &err);
    gw_rpc_channel_free(old); /* its calls end CANCELLED, and are made again on the new one */
}

void sch_host_take_facts(struct scheduler *s, struct sch_host *host, struct gw_blob *packed)
{
    struct gw_error err = {0};
    struct sch_facts *facts = packed->len ? sch_facts_unpack(packed, &err) : NULL;
    if (gw_error_is_set(&err))
        gw_log_failure(&s->log, GW_LOG_WARN, "host.facts_unreadable", &err);
    if (!facts)
        return;
    sch_facts_free(host->facts);
    host->facts = facts;
    gw_blob_fini(&host->row.facts);
    host->row.facts = *packed;
    *packed = (struct gw_blob){0};
}

static struct sch_host *new_host(struct scheduler *s, const struct gw_host_row *row)
{
    struct sch_host *host = calloc(1, sizeof *host);
    if (!host)
        return NULL;
    memcpy(host->row.id, row->id, sizeof host->row.id);
    host->health = GW_HOST_SILENT;
    if (sch_list_add(&s->hosts, host->row.id, host)) {
        free(host);
        return NULL;
    }
    return host;
}

void sch_hosts_take(struct scheduler *s, struct gw_host_row *row)
{
    struct sch_host *host = sch_list_find(&s->hosts, row->id);
    if (!host)
        host = new_host(s, row);
    if (!host)
        return; /* no memory: the next heartbeat tries again */
    sch_host_take_facts(s, host, &row->facts);
    struct gw_blob facts = host->row.facts;
    host->row = *row;
    host->row.facts = facts;
    set_channel(s, &host->source, host->row.source_url);
    set_channel(s, &host->target, host->row.target_url);
}

int sch_hosts_load(struct scheduler *s, struct gw_host_row *row, struct gw_error *err)
{
    sch_hosts_take(s, row);
    struct sch_host *host = sch_list_find(&s->hosts, row->id);
    if (!host)
        return gw_error_set_nomem(err, "loading a host");
    /* Nobody is silent until there was time to speak. */
    host->source_seen_us = host->target_seen_us = sch_now_us(s);
    host->health = GW_HOST_UP;
    return 0;
}
