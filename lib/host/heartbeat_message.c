#include "host/heartbeat_priv.h"

#include <stdlib.h>

/* protobuf-c's messages hold text without const, and promise not to change it. */
static char *text_of(const char *text)
{
    union {
        const char *from;
        char *to;
    } same = {.from = text};
    return same.to;
}

static void fill_facts(struct gw_heartbeat_message *m,
                       const struct gw_host *host,
                       const struct gw_host_facts *facts)
{
    Godwit__V1__HostFacts *out = &m->facts;
    godwit__v1__host_facts__init(out);
    out->os_release = text_of(facts->os_release);
    out->kernel = text_of(facts->kernel);
    out->qemu_version = text_of(facts->qemu_version);
    out->accelerator = (Godwit__V1__Accelerator)facts->accelerator;
    out->cpu_model = text_of(facts->cpu_model);
    out->n_cpu_features = facts->cpu_features.n_items;
    out->cpu_features = facts->cpu_features.items;
    out->n_machine_types = facts->machine_types.n_items;
    out->machine_types = facts->machine_types.items;
    out->memory_total_bytes = facts->memory_total_bytes;
    out->memory_free_bytes = facts->memory_free_bytes;
    out->cpus = facts->cpus;
    out->n_bridges = facts->bridges.n_items;
    out->bridges = facts->bridges.items;
    out->management_address = host->settings->management_address;
    out->migration_address = host->settings->migration_address;
    for (size_t i = 0; i < host->n_pools; i++) {
        godwit__v1__pool__init(&m->pools[i]);
        m->pools[i].id = text_of(host->pools[i].id);
        m->pools[i].path = text_of(host->pools[i].path);
        m->pools[i].kind = (Godwit__V1__PoolKind)host->pools[i].kind;
        m->pools[i].total_bytes = facts->pools[i].total_bytes;
        m->pools[i].free_bytes = facts->pools[i].free_bytes;
        m->pool_list[i] = &m->pools[i];
    }
    out->n_pools = host->n_pools;
    out->pools = m->pool_list;
}

static int fill_guests(struct gw_heartbeat_message *m,
                       const struct gw_guest_reports *reports,
                       struct gw_error *err)
{
    if (reports->n_items == 0)
        return 0;
    m->guests = calloc(reports->n_items, sizeof *m->guests);
    m->guest_list = calloc(reports->n_items, sizeof *m->guest_list);
    if (!m->guests || !m->guest_list)
        return gw_error_set_nomem(err, "reporting guests");
    for (size_t i = 0; i < reports->n_items; i++) {
        const struct gw_guest_report *from = &reports->items[i];
        Godwit__V1__GuestReport *to = &m->guests[i];
        godwit__v1__guest_report__init(to);
        to->guest_uuid = text_of(from->guest_uuid);
        to->epoch = from->epoch;
        to->state = (Godwit__V1__GuestState)from->state;
        to->migration_id = text_of(from->migration_id);
        to->attempt = from->attempt;
        to->qemu_pid = from->qemu_pid;
        m->guest_list[i] = to;
    }
    m->request.n_guests = reports->n_items;
    m->request.guests = m->guest_list;
    return 0;
}

int gw_heartbeat_message_init(struct gw_heartbeat_message *message,
                              const struct gw_host *host,
                              const struct gw_host_facts *facts,
                              const struct gw_guest_reports *reports,
                              struct gw_error *err)
{
    *message = (struct gw_heartbeat_message){0};
    Godwit__V1__HeartbeatRequest *request = &message->request;
    godwit__v1__heartbeat_request__init(request);
    request->host_name = host->settings->host_name;
    request->host_id = text_of(host->id);
    request->boot_id = text_of(host->boot_id);
    request->version = text_of(GW_VERSION);
    request->facts = &message->facts;
    fill_facts(message, host, facts);
    if (fill_guests(message, reports, err) == 0)
        return 0;
    gw_heartbeat_message_fini(message);
    return -1;
}

void gw_heartbeat_message_fini(struct gw_heartbeat_message *message)
{
    free(message->guests);
    free(message->guest_list);
    message->guests = NULL;
    message->guest_list = NULL;
}
