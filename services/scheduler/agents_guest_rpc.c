#include "agents_rpc.h"

enum {
    STOP_MARGIN_MS = 15000, /* on top of the time the guest has to power off */
    STOP_DEFAULT_MS = 60000,
};

SCH_ON_REPLY(create, CreateReply)
SCH_ON_REPLY(start, StartReply)
SCH_ON_REPLY(stop, StopReply)

static void decode_create(const ProtobufCMessage *reply, struct sch_answer *answer)
{
    const Godwit__V1__CreateReply *m = (const Godwit__V1__CreateReply *)reply;
    if (m->spec)
        (void)sch_pack(&m->spec->base, &answer->message, &answer->err);
}

void sch_ask_create(struct scheduler *s, const struct sch_guest *guest, sch_answer_fn fn, void *arg)
{
    struct sch_question *q =
        sch_ask_target(s, guest->row.holder, SCH_CREATE_MS, decode_create, fn, arg);
    if (!q)
        return;
    Godwit__V1__CreateRequest request = GODWIT__V1__CREATE_REQUEST__INIT;
    request.spec = godwit__v1__guest_spec__unpack(NULL, guest->spec.len, guest->spec.data);
    request.epoch = guest->row.epoch;
    godwit__v1__target_service__create(gw_rpc_call_stub(q->call), &request, on_create, q);
    sch_spec_message_free(request.spec);
}

void sch_ask_start(struct scheduler *s, const struct sch_guest *guest, sch_answer_fn fn, void *arg)
{
    struct sch_question *q = sch_ask_target(s, guest->row.holder, SCH_START_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__StartRequest request = GODWIT__V1__START_REQUEST__INIT;
    request.spec = godwit__v1__guest_spec__unpack(NULL, guest->spec.len, guest->spec.data);
    request.epoch = guest->row.epoch;
    godwit__v1__target_service__start(gw_rpc_call_stub(q->call), &request, on_start, q);
    sch_spec_message_free(request.spec);
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
    struct sch_question *q =
        sch_ask_source(s, guest->row.holder, wait_ms + STOP_MARGIN_MS, NULL, fn, arg);
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
    struct sch_question *q = sch_ask_source(s, guest->row.holder, SCH_RETIRE_MS, NULL, fn, arg);
    if (!q)
        return;
    Godwit__V1__Attempt attempt = GODWIT__V1__ATTEMPT__INIT;
    attempt.guest_uuid = (char *)(uintptr_t)guest->row.uuid;
    attempt.epoch = guest->row.epoch;
    sch_send_retire(s, q, &attempt, UINT32_MAX);
}
