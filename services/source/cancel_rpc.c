#include <stdlib.h>
#include <string.h>

#include "cold.h"
#include "host/may_run.h"
#include "live.h"
#include "rpc/rpc.h"
#include "service_rpc.h"

struct cancel_call {
    Godwit__V1__CancelReply_Closure closure;
    void *call;
};

static void answer(void *arg, bool is_relinquished, bool is_guest_stopped)
{
    struct cancel_call *cc = arg;
    Godwit__V1__CancelReply reply = GODWIT__V1__CANCEL_REPLY__INIT;

    reply.relinquished = is_relinquished;
    reply.guest_stopped = is_guest_stopped;
    cc->closure(&reply, cc->call);
    free(cc);
}

/* A Begin of this attempt may still be on its way: it must find the attempt ended. */
static int
journal_ended(struct src_guest *guest, const struct src_attempt *attempt, struct gw_error *err)
{
    struct gw_record record = guest->record.now;

    memcpy(record.migration_id, attempt->migration_id, sizeof record.migration_id);
    record.attempt = attempt->attempt;
    record.epoch = attempt->epoch;
    record.is_guest_stopped = false;
    record.is_done = true;
    if (record.state == GW_RECORD_NONE)
        record.state = GW_RECORD_HOLDING;
    return src_guest_write(guest, &record, err);
}

static int cancel_unknown(struct src_guest *guest,
                          const struct src_attempt *attempt,
                          struct cancel_call *cc,
                          struct gw_error *err)
{
    enum gw_record_state state = guest->record.now.state;

    if (state == GW_RECORD_HOLDING ||
        (state == GW_RECORD_NONE && guest->target.state == GW_RECORD_CREATED)) {
        if (journal_ended(guest, attempt, err) != 0)
            return -1;
        src_guest_drop_moves(guest);
        answer(cc, false, false);
        return 0;
    }
    (void)gw_error_set(
        err, GW_NOT_FOUND,
        "guest %s: nothing is known of migration %s here; its record is %s for \"%s\"", guest->uuid,
        attempt->migration_id, gw_record_state_name(state), guest->record.now.migration_id);
    return gw_error_reason(err, "MIGRATION_NOT_FOUND");
}

static int cancel(struct src_guest *guest,
                  const struct src_attempt *attempt,
                  struct cancel_call *cc,
                  struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    enum gw_attempt_order order =
        gw_attempt_compare(now, attempt->migration_id, attempt->attempt, attempt->epoch);

    if (attempt->epoch < src_guest_epoch(guest) || order == GW_ATTEMPT_STALE)
        return gw_attempt_stale(err, now, attempt->migration_id, attempt->attempt, attempt->epoch);
    if (order == GW_ATTEMPT_NEWER)
        return cancel_unknown(guest, attempt, cc, err);
    if (now->state == GW_RECORD_OUTGOING && src_live_is_active(guest))
        return src_live_cancel(guest, answer, cc) == 0 ? 0 : gw_error_set_nomem(err, "cancelling");
    if (now->state == GW_RECORD_OUTGOING && src_cold_is_active(guest))
        return src_cold_cancel(guest, answer, cc) == 0 ? 0 : gw_error_set_nomem(err, "cancelling");
    answer(cc, now->state == GW_RECORD_RELINQUISHED || now->state == GW_RECORD_RETIRED,
           now->is_guest_stopped);
    return 0;
}

void src_rpc_cancel(Godwit__V1__SourceService_Service *service,
                    const Godwit__V1__CancelRequest *request,
                    Godwit__V1__CancelReply_Closure closure,
                    void *call)
{
    struct src_attempt attempt;
    struct gw_error err = {0};
    struct src_guest *guest = NULL;
    struct cancel_call *cc = malloc(sizeof *cc);

    if (cc == NULL)
        (void)gw_error_set_nomem(&err, "cancelling");
    else if (src_attempt_decode(request->attempt, true, &attempt, &err) == 0)
        guest = src_guests_get(src_service_daemon(service), attempt.guest_uuid, &err);
    if (guest != NULL) {
        *cc = (struct cancel_call){.closure = closure, .call = call};
        if (cancel(guest, &attempt, cc, &err) == 0)
            return;
    }
    free(cc);
    gw_rpc_fail(call, &err);
}
