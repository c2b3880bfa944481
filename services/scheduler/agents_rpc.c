#include "agents.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "convert.h"
#include "godwit/v1/source.pb-c.h"
#include "godwit/v1/target.pb-c.h"

enum {
    QUICK_MS = 5000,    /* a record is written, a file is looked at */
    PREPARE_MS = 60000, /* disks are made, a QEMU is started */
    BEGIN_MS = 15000,
    ACTIVATE_MS = 30000, /* cold: the guest is started */
    UNDO_MS = 30000,     /* a QEMU is ended, or made to run on */
    START_MS = 60000,
    STOP_MARGIN_MS = 15000, /* on top of the time the guest has to power off */
    STOP_DEFAULT_MS = 60000,
};

typedef void (*decode_fn)(const ProtobufCMessage *reply, struct sch_answer *answer);

struct question {
    struct gw_rpc_call *call;
    sch_answer_fn fn;
    void *arg;
    decode_fn decode;
};

bool sch_answer_is_transient(const struct gw_error *err)
{
    return err->code == GW_UNAVAILABLE || err->code == GW_DEADLINE_EXCEEDED ||
           err->code == GW_CANCELLED;
}

/* One call of one agent, ready for its stub. NULL: @fn was told why not. */
static struct question *ask(struct gw_rpc_channel *channel,
                            const ProtobufCServiceDescriptor *service,
                            uint32_t deadline_ms,
                            decode_fn decode,
                            sch_answer_fn fn,
                            void *arg)
{
    struct sch_answer answer = {.err = {0}};
    struct gw_rpc_options options = {.deadline_ms = deadline_ms, .is_idempotent = true};
    struct question *q = NULL;
    if (!channel) {
        gw_error_set(&answer.err, GW_UNAVAILABLE, "the agent has not told its address yet");
    } else {
        q = calloc(1, sizeof *q);
        if (q)
            q->call = gw_rpc_call_new(channel, service, &options);
        if (q && q->call) {
            q->fn = fn;
            q->arg = arg;
            q->decode = decode;
            return q;
        }
        gw_error_set(&answer.err, GW_UNAVAILABLE, "out of memory calling an agent");
    }
    free(q);
    fn(arg, &answer);
    return NULL;
}

static struct question *ask_source(struct scheduler *s,
                                   const char *host_id,
                                   uint32_t deadline_ms,
                                   decode_fn decode,
                                   sch_answer_fn fn,
                                   void *arg)
{
    const struct sch_host *host = sch_list_find(&s->hosts, host_id);
    return ask(host ? host->source : NULL, &godwit__v1__source_service__descriptor, deadline_ms,
               decode, fn, arg);
}

static struct question *ask_target(struct scheduler *s,
                                   const char *host_id,
                                   uint32_t deadline_ms,
                                   decode_fn decode,
                                   sch_answer_fn fn,
                                   void *arg)
{
    const struct sch_host *host = sch_list_find(&s->hosts, host_id);
    return ask(host ? host->target : NULL, &godwit__v1__target_service__descriptor, deadline_ms,
               decode, fn, arg);
}

static void finish(struct question *q, const ProtobufCMessage *reply)
{
    struct sch_answer answer = {.err = {0}};
    if (!reply)
        answer.err = *gw_rpc_call_error(q->call);
    else if (q->decode)
        q->decode(reply, &answer);
    q->fn(q->arg, &answer);
    gw_blob_fini(&answer.message);
    free(q);
}

#define ON_REPLY(name, type)                                                                       \
    static void on_##name(const Godwit__V1__##type *reply, void *data)                             \
    {                                                                                              \
        finish(data, reply ? &reply->base : NULL);                                                 \
    }
ON_REPLY(prepare, PrepareReply)
ON_REPLY(begin, BeginReply)
ON_REPLY(activate, ActivateReply)
ON_REPLY(refuse, RefuseReply)
ON_REPLY(cancel, CancelReply)
ON_REPLY(regrant, RegrantReply)
ON_REPLY(retire, RetireReply)
ON_REPLY(write_probe, WriteProbeReply)
ON_REPLY(read_probe, ReadProbeReply)
ON_REPLY(create, CreateReply)
ON_REPLY(start, StartReply)
ON_REPLY(stop, StopReply)

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

static void decode_create(const ProtobufCMessage *reply, struct sch_answer *answer)
{
    const Godwit__V1__CreateReply *m = (const Godwit__V1__CreateReply *)reply;
    if (m->spec)
        (void)sch_pack(&m->spec->base, &answer->message, &answer->err);
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

static Godwit__V1__GuestSpec *spec_of(const struct scheduler *s, const char *uuid)
{
    const struct sch_guest *guest = sch_list_find(&s->guests, uuid);
    return guest ? godwit__v1__guest_spec__unpack(NULL, guest->spec.len, guest->spec.data) : NULL;
}

static Godwit__V1__MigrationMode mode_of(const struct sch_migration *m)
{
    return m->row.core.is_live ? GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_LIVE
                               : GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_COLD;
}

static void free_spec(Godwit__V1__GuestSpec *spec)
{
    if (spec)
        godwit__v1__guest_spec__free_unpacked(spec, NULL);
}

void sch_ask_prepare(struct scheduler *s,
                     const struct sch_migration *m,
                     sch_answer_fn fn,
                     void *arg)
{
    struct question *q = ask_target(s, m->row.to_id, PREPARE_MS, decode_prepare, fn, arg);
    if (!q)
        return;
    const struct sch_host *from = sch_list_find(&s->hosts, m->row.from_id);
    Godwit__V1__Attempt attempt = attempt_of(m, gw_migration_target_epoch(&m->row.core));
    Godwit__V1__GuestSpec *spec = spec_of(s, m->row.guest_uuid);
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
    free_spec(spec);
}

void sch_ask_begin(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg)
{
    struct question *q = ask_source(s, m->row.from_id, BEGIN_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, m->row.core.epoch);
    Godwit__V1__BeginRequest request = GODWIT__V1__BEGIN_REQUEST__INIT;
    Godwit__V1__Endpoints *endpoints =
        godwit__v1__endpoints__unpack(NULL, m->row.endpoints.len, m->row.endpoints.data);
    Godwit__V1__GuestSpec *spec = spec_of(s, m->row.guest_uuid);
    request.attempt = &attempt;
    request.spec = spec;
    request.mode = mode_of(m);
    request.endpoints = endpoints;
    request.bandwidth_bps = m->row.options.bandwidth_bps;
    request.max_downtime_ms = m->row.options.max_downtime_ms;
    request.shutdown_timeout_ms = m->row.options.shutdown_timeout_ms;
    request.force_stop = m->row.options.force_stop;
    godwit__v1__source_service__begin(gw_rpc_call_stub(q->call), &request, on_begin, q);
    free_spec(spec);
    if (endpoints)
        godwit__v1__endpoints__free_unpacked(endpoints, NULL);
}

void sch_ask_activate(struct scheduler *s,
                      const struct sch_migration *m,
                      sch_answer_fn fn,
                      void *arg)
{
    struct question *q = ask_target(s, m->row.to_id, ACTIVATE_MS, NULL, fn, arg);
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
    struct question *q = ask_target(s, m->row.to_id, UNDO_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, gw_migration_target_epoch(&m->row.core));
    Godwit__V1__RefuseRequest request = GODWIT__V1__REFUSE_REQUEST__INIT;
    request.attempt = &attempt;
    godwit__v1__target_service__refuse(gw_rpc_call_stub(q->call), &request, on_refuse, q);
}

void sch_ask_cancel(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg)
{
    struct question *q = ask_source(s, m->row.from_id, UNDO_MS, decode_cancel, fn, arg);
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
    struct question *q = ask_source(s, m->row.from_id, UNDO_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, m->row.core.guest_epoch);
    Godwit__V1__RegrantRequest request = GODWIT__V1__REGRANT_REQUEST__INIT;
    request.attempt = &attempt;
    request.run = m->row.core.is_live; /* a cold one has no memory: it is started anew */
    godwit__v1__source_service__regrant(gw_rpc_call_stub(q->call), &request, on_regrant, q);
}

/* "POOL/FILE" of the disks in @mask; malloc'd array of malloc'd texts. */
static char **disk_files(const Godwit__V1__GuestSpec *spec, uint32_t mask, size_t *out_n)
{
    size_t n = 0;
    char **files = calloc(GW_GUEST_DISKS_MAX, sizeof *files);
    for (size_t i = 0; files && spec && i < spec->n_disks && i < GW_GUEST_DISKS_MAX; i++) {
        if (!(mask & (1u << i)))
            continue;
        files[n] = gw_strf("%s/%s", spec->disks[i]->pool, spec->disks[i]->file);
        n += files[n] != NULL;
    }
    *out_n = n;
    return files;
}

static void
send_retire(struct scheduler *s, struct question *q, Godwit__V1__Attempt *attempt, uint32_t disks)
{
    Godwit__V1__RetireRequest request = GODWIT__V1__RETIRE_REQUEST__INIT;
    Godwit__V1__GuestSpec *spec = spec_of(s, attempt->guest_uuid);
    request.attempt = attempt;
    request.disks = disk_files(spec, disks, &request.n_disks);
    godwit__v1__source_service__retire(gw_rpc_call_stub(q->call), &request, on_retire, q);
    for (size_t i = 0; i < request.n_disks; i++)
        free(request.disks[i]);
    free(request.disks);
    free_spec(spec);
}

void sch_ask_retire(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg)
{
    struct question *q = ask_source(s, m->row.from_id, PREPARE_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = attempt_of(m, m->row.core.epoch);
    send_retire(s, q, &attempt, m->row.copied_disks);
}

void sch_ask_probe(struct scheduler *s,
                   const char *host_id,
                   enum sch_probe_step step,
                   const char *pool,
                   const char *token,
                   sch_answer_fn fn,
                   void *arg)
{
    struct question *q = step == SCH_PROBE_READ
                             ? ask_target(s, host_id, QUICK_MS, decode_read_probe, fn, arg)
                             : ask_source(s, host_id, QUICK_MS, NULL, fn, arg);
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

void sch_ask_create(struct scheduler *s, const struct sch_guest *guest, sch_answer_fn fn, void *arg)
{
    struct question *q = ask_target(s, guest->row.holder, PREPARE_MS, decode_create, fn, arg);
    if (!q)
        return;
    Godwit__V1__CreateRequest request = GODWIT__V1__CREATE_REQUEST__INIT;
    request.spec = godwit__v1__guest_spec__unpack(NULL, guest->spec.len, guest->spec.data);
    request.epoch = guest->row.epoch;
    godwit__v1__target_service__create(gw_rpc_call_stub(q->call), &request, on_create, q);
    free_spec(request.spec);
}

void sch_ask_start(struct scheduler *s, const struct sch_guest *guest, sch_answer_fn fn, void *arg)
{
    struct question *q = ask_target(s, guest->row.holder, START_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__StartRequest request = GODWIT__V1__START_REQUEST__INIT;
    request.spec = godwit__v1__guest_spec__unpack(NULL, guest->spec.len, guest->spec.data);
    request.epoch = guest->row.epoch;
    godwit__v1__target_service__start(gw_rpc_call_stub(q->call), &request, on_start, q);
    free_spec(request.spec);
}

void sch_ask_stop(struct scheduler *s,
                  const struct sch_guest *guest,
                  bool force,
                  uint32_t timeout_ms,
                  sch_answer_fn fn,
                  void *arg)
{
    uint32_t wait_ms = timeout_ms ? timeout_ms : STOP_DEFAULT_MS;
    if (wait_ms > GW_RPC_DEADLINE_MAX_MS - STOP_MARGIN_MS)
        wait_ms = GW_RPC_DEADLINE_MAX_MS - STOP_MARGIN_MS;
    struct question *q = ask_source(s, guest->row.holder, wait_ms + STOP_MARGIN_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__StopRequest request = GODWIT__V1__STOP_REQUEST__INIT;
    request.guest_uuid = (char *)(uintptr_t)guest->row.uuid;
    request.epoch = guest->row.epoch;
    request.force = force;
    request.timeout_ms = wait_ms;
    godwit__v1__source_service__stop(gw_rpc_call_stub(q->call), &request, on_stop, q);
}

void sch_ask_delete(struct scheduler *s, const struct sch_guest *guest, sch_answer_fn fn, void *arg)
{
    struct question *q = ask_source(s, guest->row.holder, PREPARE_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = GODWIT__V1__ATTEMPT__INIT;
    attempt.guest_uuid = (char *)(uintptr_t)guest->row.uuid;
    attempt.epoch = guest->row.epoch;
    send_retire(s, q, &attempt, UINT32_MAX);
}
