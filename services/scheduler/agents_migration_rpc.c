#include "agents_rpc.h"

SCH_ON_REPLY(prepare, PrepareReply)
SCH_ON_REPLY(begin, BeginReply)
SCH_ON_REPLY(activate, ActivateReply)
SCH_ON_REPLY(refuse, RefuseReply)
SCH_ON_REPLY(cancel, CancelReply)
SCH_ON_REPLY(regrant, RegrantReply)
SCH_ON_REPLY(write_probe, WriteProbeReply)
SCH_ON_REPLY(read_probe, ReadProbeReply)

static void decode_prepare(const ProtobufCMessage *reply, struct sch_answer *answer)
{
    const Godwit__V1__PrepareReply *m = (const Godwit__V1__PrepareReply *)reply;
    Godwit__V1__Endpoints none = GODWIT__V1__ENDPOINTS__INIT;
    (void)sch_pack(m->endpoints ? &m->endpoints->base : &none.base, &answer->message, &answer->err);
}

static void decode_cancel(const ProtobufCMessage *reply, struct sch_answer *answer)
{
    const Godwit__V1__CancelReply *m = (const Godwit__V1__CancelReply *)reply;
    answer->relinquished = m->relinquished;
    answer->guest_stopped = m->guest_stopped;
}

static void decode_read_probe(const ProtobufCMessage *reply, struct sch_answer *answer)
{
    answer->found = ((const Godwit__V1__ReadProbeReply *)reply)->found;
}

/* Texts are borrowed from @m, which outlives the stub's packing. */
static Godwit__V1__Attempt attempt_of(const struct sch_migration *m, uint64_t epoch)
{
    Godwit__V1__Attempt attempt = GODWIT__V1__ATTEMPT__INIT;
    attempt.guest_uuid = (char *)(uintptr_t)m->row.guest_uuid;
    attempt.migration_id = (char *)(uintptr_t)m->row.id;
    attempt.attempt = m->row.core.attempt;
    attempt.epoch = epoch;
    return attempt;
}

static Godwit__V1__MigrationMode mode_of(const struct sch_migration *m)
{
    return m->row.core.is_live ? GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_LIVE
                               : GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_COLD;
}

void sch_ask_prepare(struct scheduler *s,
                     const struct sch_migration *m,
                     sch_answer_fn fn,
                     void *arg)
{
    struct sch_question *q =
        sch_ask_target(s, m->row.to_id, SCH_PREPARE_MS, decode_prepare, fn, arg);
    if (!q)
        return;
    const struct sch_host *from = sch_list_find(&s->hosts, m->row.from_id);
    Godwit__V1__Attempt attempt = attempt_of(m, gw_migration_target_epoch(&m->row.core));
    Godwit__V1__GuestSpec *spec = sch_spec_message(s, m->row.guest_uuid);
    Godwit__V1__PrepareRequest request = GODWIT__V1__PREPARE_REQUEST__INIT;
    char *names[GW_GUEST_DISKS_MAX];
    uint64_t sizes[GW_GUEST_DISKS_MAX];
    request.attempt = &attempt;
    request.spec = spec;
    request.mode = mode_of(m);
    request.copied_disks = names;
    request.disk_sizes = sizes;
    for (size_t i = 0; spec && i < spec->n_disks && i < GW_GUEST_DISKS_MAX; i++) {
        if (!(m->row.copied_disks & (1u << i)))
            continue;
        names[request.n_copied_disks++] = spec->disks[i]->name;
        sizes[request.n_disk_sizes++] = spec->disks[i]->size_bytes;
    }
    if (from && from->facts)
        request.source_migration_address = from->facts->migration_address;
    godwit__v1__target_service__prepare(gw_rpc_call_stub(q->call), &request, on_prepare, q);
    sch_spec_message_free(spec);
}

void sch_ask_begin(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg)
{
    struct sch_question *q = sch_ask_source(s, m->row.from_id, SCH_BEGIN_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, m->row.core.epoch);
    Godwit__V1__BeginRequest request = GODWIT__V1__BEGIN_REQUEST__INIT;
    Godwit__V1__Endpoints *endpoints =
        godwit__v1__endpoints__unpack(NULL, m->row.endpoints.len, m->row.endpoints.data);
    Godwit__V1__GuestSpec *spec = sch_spec_message(s, m->row.guest_uuid);
    request.attempt = &attempt;
    request.spec = spec;
    request.mode = mode_of(m);
    request.endpoints = endpoints;
    request.bandwidth_bps = m->row.options.bandwidth_bps;
    request.max_downtime_ms = m->row.options.max_downtime_ms;
    request.shutdown_timeout_ms = m->row.options.shutdown_timeout_ms;
    request.force_stop = m->row.options.force_stop;
    godwit__v1__source_service__begin(gw_rpc_call_stub(q->call), &request, on_begin, q);
    sch_spec_message_free(spec);
    if (endpoints)
        godwit__v1__endpoints__free_unpacked(endpoints, NULL);
}

void sch_ask_activate(struct scheduler *s,
                      const struct sch_migration *m,
                      sch_answer_fn fn,
                      void *arg)
{
    struct sch_question *q = sch_ask_target(s, m->row.to_id, SCH_ACTIVATE_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, gw_migration_target_epoch(&m->row.core));
    Godwit__V1__ActivateRequest request = GODWIT__V1__ACTIVATE_REQUEST__INIT;
    request.attempt = &attempt;
    request.run = m->row.core.guest_ran;
    godwit__v1__target_service__activate(gw_rpc_call_stub(q->call), &request, on_activate, q);
}

void sch_ask_refuse(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg)
{
    struct sch_question *q = sch_ask_target(s, m->row.to_id, SCH_UNDO_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, gw_migration_target_epoch(&m->row.core));
    Godwit__V1__RefuseRequest request = GODWIT__V1__REFUSE_REQUEST__INIT;
    request.attempt = &attempt;
    godwit__v1__target_service__refuse(gw_rpc_call_stub(q->call), &request, on_refuse, q);
}

void sch_ask_cancel(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg)
{
    struct sch_question *q = sch_ask_source(s, m->row.from_id, SCH_UNDO_MS, decode_cancel, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, m->row.core.epoch);
    Godwit__V1__CancelRequest request = GODWIT__V1__CANCEL_REQUEST__INIT;
    request.attempt = &attempt;
    godwit__v1__source_service__cancel(gw_rpc_call_stub(q->call), &request, on_cancel, q);
}

void sch_ask_regrant(struct scheduler *s,
                     const struct sch_migration *m,
                     sch_answer_fn fn,
                     void *arg)
{
    struct sch_question *q = sch_ask_source(s, m->row.from_id, SCH_UNDO_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, m->row.core.guest_epoch);
    Godwit__V1__RegrantRequest request = GODWIT__V1__REGRANT_REQUEST__INIT;
    request.attempt = &attempt;
    request.run = m->row.core.is_live; /* a cold one has no memory: it is started anew */
    godwit__v1__source_service__regrant(gw_rpc_call_stub(q->call), &request, on_regrant, q);
}

void sch_ask_retire(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg)
{
    struct sch_question *q = sch_ask_source(s, m->row.from_id, SCH_RETIRE_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, m->row.core.epoch);
    sch_send_retire(s, q, &attempt, m->row.copied_disks);
}

void sch_ask_probe(struct scheduler *s,
                   const char *host_id,
                   enum sch_probe_step step,
                   const char *pool,
                   const char *token,
                   sch_answer_fn fn,
                   void *arg)
{
    struct sch_question *q =
        step == SCH_PROBE_READ
            ? sch_ask_target(s, host_id, SCH_QUICK_MS, decode_read_probe, fn, arg)
            : sch_ask_source(s, host_id, SCH_QUICK_MS, NULL, fn, arg);
    if (!q)
        return;
    ProtobufCService *stub = gw_rpc_call_stub(q->call);
    Godwit__V1__WriteProbeRequest write = GODWIT__V1__WRITE_PROBE_REQUEST__INIT;
    Godwit__V1__ReadProbeRequest read = GODWIT__V1__READ_PROBE_REQUEST__INIT;
    write.pool = read.pool = (char *)(uintptr_t)pool;
    write.token = read.token = (char *)(uintptr_t)token;
    if (step == SCH_PROBE_READ)
        godwit__v1__target_service__read_probe(stub, &read, on_read_probe, q);
    else if (step == SCH_PROBE_WRITE)
        godwit__v1__source_service__write_probe(stub, &write, on_write_probe, q);
    else
        godwit__v1__source_service__remove_probe(stub, &write, on_write_probe, q);
}
