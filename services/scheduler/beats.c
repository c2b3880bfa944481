/* Heartbeats: who a host is. */
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/str.h"
#include "hosts.h"
#include "tx.h"

static int refuse_field(struct gw_error *err, const char *field, const char *value)
{
    char quoted[GW_QUOTED_MAX];
    gw_error_set(err, GW_INVALID_ARGUMENT, "%s %s of the heartbeat is not valid", field,
                 gw_error_quote(quoted, value));
    return gw_error_field(err, "%s", field);
}

static int check_form(const struct sch_beat *beat, struct gw_error *err)
{
    if (beat->role != SCH_ROLE_SOURCE && beat->role != SCH_ROLE_TARGET)
        return refuse_field(err, "role", "");
    if (!gw_name_is_valid(beat->name, GW_NAME_MAX))
        return refuse_field(err, "host_name", beat->name);
    if (!gw_uuid_is_valid(beat->id))
        return refuse_field(err, "host_id", beat->id);
    if (!gw_uuid_is_valid(beat->boot_id))
        return refuse_field(err, "boot_id", beat->boot_id);
    if (!beat->url[0] || strlen(beat->url) > GW_STORE_URL_MAX)
        return refuse_field(err, "url", beat->url);
    return 0;
}

static int refuse_taken(const struct sch_beat *beat, const char *id, struct gw_error *err)
{
    gw_error_set(err, GW_ALREADY_EXISTS,
                 "host name %s belongs to host id %s, and id %s claims it, too: give this host "
                 "another host_name",
                 beat->name, id, beat->id);
    return gw_error_reason(err, "HOST_NAME_TAKEN");
}

/* Two kernels, or two names, under one id at the same time: a copied machine. */
static int check_clone(const struct scheduler *s,
                       const struct sch_host *host,
                       const struct sch_beat *beat,
                       struct gw_error *err)
{
    bool is_same =
        strcmp(host->row.boot_id, beat->boot_id) == 0 && strcmp(host->row.name, beat->name) == 0;
    bool is_there = (host->source_seen_wall_us || host->target_seen_wall_us) &&
                    sch_host_health_now(s, host) != GW_HOST_SILENT;
    if (is_same || !is_there)
        return 0;
    gw_error_set(err, GW_ALREADY_EXISTS,
                 "host id %s is that of host %s (boot %s), which is alive, and %s (boot %s) claims "
                 "it, too: if this machine is a copy, delete its host-id file",
                 host->row.id, host->row.name, host->row.boot_id, beat->name, beat->boot_id);
    return gw_error_reason(err, "HOST_CLONED");
}

static int
check_identity(const struct scheduler *s, const struct sch_beat *beat, struct gw_error *err)
{
    for (size_t i = 0; i < s->hosts.n_items; i++) {
        const struct sch_host *host = s->hosts.items[i];
        bool same_id = strcmp(host->row.id, beat->id) == 0;
        if (!same_id && strcmp(host->row.name, beat->name) == 0)
            return refuse_taken(beat, host->row.id, err);
        if (same_id && check_clone(s, host, beat, err))
            return -1;
    }
    return 0;
}

static void touch(struct scheduler *s, struct sch_host *host, enum sch_role role)
{
    bool is_source = role == SCH_ROLE_SOURCE;
    *(is_source ? &host->source_seen_us : &host->target_seen_us) = sch_now_us(s);
    *(is_source ? &host->source_seen_wall_us : &host->target_seen_wall_us) = sch_wall_us(s);
    sch_host_check_health(s, host);
}

struct registration {
    struct scheduler *scheduler;
    char id[GW_UUID_LEN + 1];
    enum sch_role role;
    sch_done_fn done;
    void *arg;
};

static void registered(void *arg, const struct gw_error *err)
{
    struct registration *r = arg;
    struct scheduler *s = r->scheduler;
    sch_list_remove(&s->registering, r->id);
    struct sch_host *host = sch_list_find(&s->hosts, r->id);
    if (!err && host)
        touch(s, host, r->role);
    r->done(r->arg, err);
    free(r);
}

static void fill_row(struct gw_host_row *row, const struct sch_beat *beat)
{
    bool is_source = beat->role == SCH_ROLE_SOURCE;
    (void)gw_str_copy(row->id, sizeof row->id, beat->id);
    (void)gw_str_copy(row->name, sizeof row->name, beat->name);
    (void)gw_str_copy(row->boot_id, sizeof row->boot_id, beat->boot_id);
    (void)gw_str_copy(is_source ? row->source_url : row->target_url, GW_STORE_URL_MAX + 1,
                      beat->url);
    if (beat->facts.len)
        row->facts = beat->facts;
}

/* A host, an address or a boot that the store does not know yet. */
static int write_host(struct scheduler *s,
                      const struct gw_host_row *row,
                      enum sch_role role,
                      sch_done_fn done,
                      void *arg)
{
    struct registration *r = calloc(1, sizeof *r);
    if (!r)
        return -1;
    *r = (struct registration){.scheduler = s, .role = role, .done = done, .arg = arg};
    memcpy(r->id, row->id, sizeof r->id);
    if (sch_list_add(&s->registering, r->id, r)) {
        free(r);
        return -1;
    }
    gw_log_info(&s->log, "host.registered", "host=%s id=%s boot=%s source=%s target=%s", row->name,
                row->id, row->boot_id, row->source_url, row->target_url);
    struct sch_tx *tx = sch_tx_new(s);
    sch_tx_host(tx, row);
    sch_tx_commit(tx, registered, r);
    return 0;
}

static bool is_news(const struct gw_host_row *known, const struct gw_host_row *row)
{
    return strcmp(known->name, row->name) != 0 || strcmp(known->boot_id, row->boot_id) != 0 ||
           strcmp(known->source_url, row->source_url) != 0 ||
           strcmp(known->target_url, row->target_url) != 0;
}

void sch_hosts_beat(struct scheduler *s, const struct sch_beat *beat, sch_done_fn done, void *arg)
{
    struct gw_error err = {0};
    if (check_form(beat, &err) == 0 && check_identity(s, beat, &err) < 0)
        gw_log_failure(&s->log, GW_LOG_ERROR, "host.identity_refused", &err);
    if (!gw_error_is_set(&err) && sch_list_find(&s->registering, beat->id))
        gw_error_set(&err, GW_UNAVAILABLE, "host %s is being registered: beat again", beat->name);
    if (gw_error_is_set(&err)) {
        done(arg, &err);
        return;
    }
    struct sch_host *host = sch_list_find(&s->hosts, beat->id);
    struct gw_host_row row = host ? host->row : (struct gw_host_row){0};
    fill_row(&row, beat);
    if (!host || is_news(&host->row, &row)) {
        if (write_host(s, &row, beat->role, done, arg) == 0)
            return;
        gw_error_set_nomem(&err, "registering a host");
        done(arg, &err);
        return;
    }
    struct gw_blob facts = {0};
    if (beat->facts.len && gw_blob_copy(&facts, &beat->facts) == 0)
        sch_host_take_facts(s, host, &facts);
    gw_blob_fini(&facts);
    touch(s, host, beat->role);
    done(arg, NULL);
}
