#include "convert.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "wire/guest_spec.h"
#include "wire/json.h"

/* The core's numbers are the wire's. */
_Static_assert((int)GW_PHASE_ABORTING == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_ABORTING, "");
_Static_assert((int)GW_PHASE_CANCELLED == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_CANCELLED,
               "");
_Static_assert((int)GW_GUEST_UNKNOWN == GODWIT__V1__GUEST_STATE__GUEST_STATE_UNKNOWN, "");
_Static_assert((int)GW_HOST_SILENT == GODWIT__V1__HOST_STATE__HOST_STATE_SILENT, "");

int sch_pack(const ProtobufCMessage *message, struct gw_blob *out, struct gw_error *err)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *data = malloc(len ? len : 1);
    if (!data)
        return gw_error_set_nomem(err, "packing a message");
    protobuf_c_message_pack(message, data);
    *out = (struct gw_blob){.data = data, .len = len};
    return 0;
}

/* An empty text stays protobuf-c's own empty text, which is never freed. */
static void set_text(char **slot, const char *text)
{
    if (!text[0])
        return;
    char *copy = strdup(text);
    if (copy)
        *slot = copy;
}

static Google__Protobuf__Timestamp *timestamp(uint64_t wall_us)
{
    if (wall_us == 0)
        return NULL;
    Google__Protobuf__Timestamp *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    google__protobuf__timestamp__init(t);
    t->seconds = (int64_t)(wall_us / 1000000);
    t->nanos = (int32_t)(wall_us % 1000000 * 1000);
    return t;
}

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const struct gw_blob *blob)
{
    return blob->len ? protobuf_c_message_unpack(type, NULL, blob->len, blob->data) : NULL;
}

int sch_spec_pack(const struct gw_guest_spec *spec,
                  struct gw_blob *out_packed,
                  char **out_json,
                  struct gw_error *err)
{
    Godwit__V1__GuestSpec *message = gw_wire_guest_spec_encode(spec, err);
    if (!message)
        return -1;
    char *json = gw_json_text_from_message(&message->base, 0, err);
    int result = json ? sch_pack(&message->base, out_packed, err) : -1;
    godwit__v1__guest_spec__free_unpacked(message, NULL);
    if (result)
        free(json);
    else
        *out_json = json;
    return result;
}

int sch_spec_pack_json(const char *json, struct gw_blob *out_packed, struct gw_error *err)
{
    ProtobufCMessage *message =
        gw_json_text_to_message(&godwit__v1__guest_spec__descriptor, json, strlen(json), 0, err);
    if (!message)
        return -1;
    int result = sch_pack(message, out_packed, err);
    protobuf_c_message_free_unpacked(message, NULL);
    return result;
}

struct gw_guest_spec *sch_spec_unpack(const struct gw_blob *packed, struct gw_error *err)
{
    ProtobufCMessage *message = unpack(&godwit__v1__guest_spec__descriptor, packed);
    struct gw_guest_spec *spec =
        gw_wire_guest_spec_new((const Godwit__V1__GuestSpec *)message, err);
    if (message)
        protobuf_c_message_free_unpacked(message, NULL);
    return spec;
}

static const char *accelerator_name(Godwit__V1__Accelerator accelerator)
{
    return accelerator == GODWIT__V1__ACCELERATOR__ACCELERATOR_KVM ? "kvm" : "tcg";
}

static void fill_facts(struct sch_facts *facts, const Godwit__V1__HostFacts *m)
{
    for (size_t i = 0; i < m->n_pools; i++)
        facts->pools[i] = (struct gw_pool_view){
            .id = m->pools[i]->id,
            .is_shared = m->pools[i]->kind == GODWIT__V1__POOL_KIND__POOL_KIND_SHARED,
            .free_bytes = m->pools[i]->free_bytes};
    facts->view = (struct gw_host_view){.accelerator = (int)m->accelerator,
                                        .accelerator_name = accelerator_name(m->accelerator),
                                        .is_emulated = m->accelerator ==
                                                       GODWIT__V1__ACCELERATOR__ACCELERATOR_TCG,
                                        .qemu_version = m->qemu_version,
                                        .memory_free_bytes = m->memory_free_bytes,
                                        .pools = facts->pools,
                                        .n_pools = m->n_pools,
                                        .machine_types = (const char *const *)m->machine_types,
                                        .n_machine_types = m->n_machine_types,
                                        .bridges = (const char *const *)m->bridges,
                                        .n_bridges = m->n_bridges};
    (void)gw_str_copy(facts->migration_address, sizeof facts->migration_address,
                      m->migration_address);
}

struct sch_facts *sch_facts_unpack(const struct gw_blob *packed, struct gw_error *err)
{
    ProtobufCMessage *message = unpack(&godwit__v1__host_facts__descriptor, packed);
    struct sch_facts *facts = calloc(1, sizeof *facts);
    const Godwit__V1__HostFacts *m = (const Godwit__V1__HostFacts *)message;
    if (facts && m)
        facts->pools = calloc(m->n_pools + 1, sizeof *facts->pools);
    if (!facts || !m || !facts->pools) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "the host's facts cannot be read");
        if (m)
            protobuf_c_message_free_unpacked(message, NULL);
        free(facts);
        return NULL;
    }
    facts->message = message;
    fill_facts(facts, m);
    return facts;
}

void sch_facts_free(struct sch_facts *facts)
{
    if (!facts)
        return;
    protobuf_c_message_free_unpacked(facts->message, NULL);
    free(facts->pools);
    free(facts);
}

Godwit__V1__Host *sch_host_message(const struct scheduler *s, const struct sch_host *host)
{
    Godwit__V1__Host *m = malloc(sizeof *m);
    if (!m)
        return NULL;
    godwit__v1__host__init(m);
    set_text(&m->name, host->row.name);
    set_text(&m->id, host->row.id);
    m->state = (Godwit__V1__HostState)host->health;
    m->facts =
        (Godwit__V1__HostFacts *)unpack(&godwit__v1__host_facts__descriptor, &host->row.facts);
    set_text(&m->source_url, host->row.source_url);
    set_text(&m->target_url, host->row.target_url);
    m->source_seen_at = timestamp(host->source_seen_wall_us);
    m->target_seen_at = timestamp(host->target_seen_wall_us);
    for (size_t i = 0; i < s->guests.n_items; i++) {
        const struct sch_guest *guest = s->guests.items[i];
        m->n_guests += strcmp(guest->row.holder, host->row.id) == 0;
    }
    return m;
}

static Godwit__V1__GuestState shown_state(const struct scheduler *s, const struct gw_guest_row *row)
{
    const struct sch_host *host = sch_list_find(&s->hosts, row->holder);
    bool may_differ = row->state == GW_GUEST_RUNNING || row->state == GW_GUEST_STOPPED ||
                      row->state == GW_GUEST_CRASHED;
    if (may_differ && host && host->health == GW_HOST_SILENT)
        return GODWIT__V1__GUEST_STATE__GUEST_STATE_UNKNOWN;
    return (Godwit__V1__GuestState)row->state;
}

Godwit__V1__Guest *sch_guest_message(const struct scheduler *s,
                                     const struct gw_guest_row *row,
                                     const struct gw_blob *spec)
{
    Godwit__V1__Guest *m = malloc(sizeof *m);
    if (!m)
        return NULL;
    godwit__v1__guest__init(m);
    m->spec = (Godwit__V1__GuestSpec *)unpack(&godwit__v1__guest_spec__descriptor, spec);
    m->state = shown_state(s, row);
    set_text(&m->host, sch_host_name(s, row->holder));
    set_text(&m->host_id, row->holder);
    m->epoch = row->epoch;
    set_text(&m->migration_id, row->migration_id);
    set_text(&m->message, row->message);
    m->created_at = timestamp(row->created_us);
    m->changed_at = timestamp(row->changed_us);
    return m;
}

static Godwit__V1__Timings *timings_message(const struct gw_migration_times *times)
{
    Godwit__V1__Timings *m = malloc(sizeof *m);
    if (!m)
        return NULL;
    godwit__v1__timings__init(m);
    m->total_us = times->total_us;
    m->blackout_us = times->blackout_us;
    m->pause_to_completed_us = times->pause_to_completed_us;
    m->relinquish_to_active_us = times->relinquish_to_active_us;
    m->qemu_downtime_ms = times->qemu_downtime_ms;
    return m;
}

static Godwit__V1__Reason *reason_message(const struct gw_reason *reason)
{
    if (!reason->code[0])
        return NULL;
    Godwit__V1__Reason *m = malloc(sizeof *m);
    if (!m)
        return NULL;
    godwit__v1__reason__init(m);
    set_text(&m->code, reason->code);
    set_text(&m->message, reason->message);
    return m;
}

Godwit__V1__Migration *sch_migration_message(const struct scheduler *s,
                                             const struct gw_migration_row *row)
{
    Godwit__V1__Migration *m = malloc(sizeof *m);
    if (!m)
        return NULL;
    godwit__v1__migration__init(m);
    set_text(&m->id, row->id);
    set_text(&m->plan_id, row->plan_id);
    set_text(&m->guest_uuid, row->guest_uuid);
    set_text(&m->guest_name, row->guest_name);
    set_text(&m->from_host, sch_host_name(s, row->from_id));
    set_text(&m->to_host, sch_host_name(s, row->to_id));
    m->mode = row->core.is_live ? GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_LIVE
                                : GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_COLD;
    m->phase = (Godwit__V1__MigrationPhase)gw_migration_phase(row->core.state);
    m->attempt = row->core.attempt;
    m->epoch = row->core.epoch;
    m->progress = (Godwit__V1__Progress *)unpack(&godwit__v1__progress__descriptor, &row->progress);
    m->timings = timings_message(&row->times);
    m->cancel_requested = row->cancel_requested;
    m->failure = reason_message(&row->failure);
    m->created_at = timestamp(row->created_us);
    m->changed_at = timestamp(row->changed_us);
    m->finished_at = timestamp(row->finished_us);
    m->shared_storage = row->copied_disks == 0;
    return m;
}

Godwit__V1__Plan *sch_plan_message(const struct scheduler *s, const struct sch_plan *plan)
{
    Godwit__V1__Plan *m = malloc(sizeof *m);
    if (!m)
        return NULL;
    godwit__v1__plan__init(m);
    set_text(&m->id, plan->row.id);
    m->purpose = GODWIT__V1__PLAN_PURPOSE__PLAN_PURPOSE_MOVE;
    m->created_at = timestamp(plan->row.created_us);
    m->migrations = calloc(plan->n_migrations + 1, sizeof *m->migrations);
    for (size_t i = 0; m->migrations && i < plan->n_migrations; i++) {
        m->migrations[m->n_migrations] = sch_migration_message(s, &plan->migrations[i]->row);
        m->n_migrations += m->migrations[m->n_migrations] != NULL;
    }
    return m;
}
