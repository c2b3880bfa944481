#include "agents_rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

bool sch_answer_is_transient(const struct gw_error *err)
{
    return err->code == GW_UNAVAILABLE || err->code == GW_DEADLINE_EXCEEDED ||
           err->code == GW_CANCELLED;
}

enum who { TARGET, SOURCE, SOURCE_ONCE };

/* One call of one agent, ready for its stub. NULL: @fn was told why not. */
static struct sch_question *ask(const struct sch_host *host,
                                enum who who,
                                uint32_t deadline_ms,
                                sch_decode_fn decode,
                                sch_answer_fn fn,
                                void *arg)
{
    struct sch_answer answer = {.err = {0}};
    bool is_source = who != TARGET;
    struct gw_rpc_options options = {.deadline_ms = deadline_ms,
                                     .is_idempotent = who != SOURCE_ONCE};
    struct gw_rpc_channel *channel = !host ? NULL : is_source ? host->source : host->target;
    struct sch_question *q = calloc(1, sizeof *q);
    if (q && channel)
        q->call = gw_rpc_call_new(channel,
                                  is_source ? &godwit__v1__source_service__descriptor
                                            : &godwit__v1__target_service__descriptor,
                                  &options);
    if (q && q->call) {
        q->fn = fn;
        q->arg = arg;
        q->decode = decode;
        (void)snprintf(q->agent, sizeof q->agent, "godwit-%s of %s",
                       is_source ? "source" : "target", host->row.name);
        return q;
    }
    gw_error_set(&answer.err, GW_UNAVAILABLE,
                 channel ? "out of memory calling an agent of %s"
                         : "an agent of %s has not told its address yet",
                 host ? host->row.name : "an unknown host");
    free(q);
    fn(arg, &answer);
    return NULL;
}

struct sch_question *sch_ask_source(struct scheduler *s,
                                    const char *host_id,
                                    uint32_t deadline_ms,
                                    sch_decode_fn decode,
                                    sch_answer_fn fn,
                                    void *arg)
{
    return ask(sch_list_find(&s->hosts, host_id), SOURCE, deadline_ms, decode, fn, arg);
}

struct sch_question *sch_ask_source_once(struct scheduler *s,
                                         const char *host_id,
                                         uint32_t deadline_ms,
                                         sch_decode_fn decode,
                                         sch_answer_fn fn,
                                         void *arg)
{
    return ask(sch_list_find(&s->hosts, host_id), SOURCE_ONCE, deadline_ms, decode, fn, arg);
}

struct sch_question *sch_ask_target(struct scheduler *s,
                                    const char *host_id,
                                    uint32_t deadline_ms,
                                    sch_decode_fn decode,
                                    sch_answer_fn fn,
                                    void *arg)
{
    return ask(sch_list_find(&s->hosts, host_id), TARGET, deadline_ms, decode, fn, arg);
}

void sch_question_finish(struct sch_question *q, const ProtobufCMessage *reply)
{
    struct sch_answer answer = {.err = {0}};
    if (!reply) {
        answer.err = *gw_rpc_call_error(q->call);
        gw_error_wrap(&answer.err, "%s", q->agent);
    } else if (q->decode) {
        q->decode(reply, &answer);
    }
    q->fn(q->arg, &answer);
    gw_blob_fini(&answer.message);
    free(q);
}

SCH_ON_REPLY(retire, RetireReply)

Godwit__V1__GuestSpec *sch_spec_message(const struct scheduler *s, const char *uuid)
{
    const struct sch_guest *guest = sch_list_find(&s->guests, uuid);
    return guest ? godwit__v1__guest_spec__unpack(NULL, guest->spec.len, guest->spec.data) : NULL;
}

void sch_spec_message_free(Godwit__V1__GuestSpec *spec)
{
    if (spec)
        godwit__v1__guest_spec__free_unpacked(spec, NULL);
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

void sch_send_retire(struct scheduler *s,
                     struct sch_question *q,
                     Godwit__V1__Attempt *attempt,
                     uint32_t disks)
{
    Godwit__V1__RetireRequest request = GODWIT__V1__RETIRE_REQUEST__INIT;
    Godwit__V1__GuestSpec *spec = sch_spec_message(s, attempt->guest_uuid);
    request.attempt = attempt;
    request.disks = disk_files(spec, disks, &request.n_disks);
    godwit__v1__source_service__retire(gw_rpc_call_stub(q->call), &request, on_retire, q);
    for (size_t i = 0; i < request.n_disks; i++)
        free(request.disks[i]);
    free(request.disks);
    sch_spec_message_free(spec);
}
