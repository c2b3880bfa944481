#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "begin_decode_rpc.h"
#include "cold.h"
#include "host/may_run.h"
#include "rpc/rpc.h"
#include "service_rpc.h"

/* What a repeated Begin gets. */
static int answer_same(const struct src_guest *guest, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;

    if (now->state != GW_RECORD_HOLDING)
        return 0;
    (void)gw_error_set(err, GW_ABORTED,
                       "guest %s: attempt %u of migration %s has ended; begin a new attempt",
                       guest->uuid, now->attempt, now->migration_id);
    return gw_error_reason(err, "ATTEMPT_ENDED");
}

static int check_holds(const struct src_guest *guest, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;

    if (now->state == GW_RECORD_HOLDING ||
        (now->state == GW_RECORD_NONE && guest->target.state == GW_RECORD_CREATED))
        return 0;
    (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                       "guest %s cannot be moved from here: its record is %s (migration \"%s\")",
                       guest->uuid, gw_record_state_name(now->state), now->migration_id);
    return gw_error_reason(err,
                           now->state == GW_RECORD_OUTGOING ? "MIGRATION_ACTIVE" : "NOT_HOLDER");
}

static int check_mode(const struct src_guest *guest, enum gw_record_mode mode, struct gw_error *err)
{
    if (guest->stop != NULL) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION, "guest %s is being shut down; wait for it",
                           guest->uuid);
        return gw_error_reason(err, "GUEST_STOPPING");
    }
    if (mode == GW_RECORD_LIVE && (guest->qemu == NULL || guest->has_ended)) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "guest %s is not running; only a running guest moves live", guest->uuid);
        return gw_error_reason(err, "GUEST_STOPPED");
    }
    return 0;
}

static int journal_outgoing(struct src_guest *guest,
                            const struct src_attempt *attempt,
                            enum gw_record_mode mode,
                            uint32_t copied,
                            struct gw_error *err)
{
    struct gw_record record = guest->record.now;

    record.state = GW_RECORD_OUTGOING;
    record.epoch = attempt->epoch;
    memcpy(record.migration_id, attempt->migration_id, sizeof record.migration_id);
    record.attempt = attempt->attempt;
    record.mode = mode;
    record.disks_copied = copied;
    record.is_guest_stopped = false;
    record.is_done = false;
    return src_guest_write(guest, &record, err);
}

/* A move that cannot even start leaves the guest as it was. */
static int take_back(struct src_guest *guest)
{
    if (src_guest_write_holding(guest, NULL) == 0)
        src_guest_write_done(guest);
    return -1;
}

static int begin(struct src_guest *guest,
                 const Godwit__V1__BeginRequest *request,
                 const struct src_attempt *attempt,
                 struct gw_error *err)
{
    enum gw_record_mode mode = GW_RECORD_MODE_NONE;
    uint32_t copied = 0;
    GW_AUTO_FREE struct src_begin *begin = malloc(sizeof *begin);
    const struct gw_guest_spec *spec = src_guest_spec(guest, err);

    if (spec == NULL)
        return -1;
    if (begin == NULL)
        return gw_error_set_nomem(err, "starting a move");
    if (src_begin_decode(request, attempt, spec, begin, &mode, &copied, err) != 0 ||
        check_holds(guest, err) != 0 || check_mode(guest, mode, err) != 0 ||
        journal_outgoing(guest, attempt, mode, copied, err) != 0)
        return -1;
    src_guest_drop_moves(guest);
    if ((mode == GW_RECORD_COLD ? src_cold_start : src_live_start)(guest, begin, err) != 0)
        return take_back(guest);
    return 0;
}

void src_rpc_begin(Godwit__V1__SourceService_Service *service,
                   const Godwit__V1__BeginRequest *request,
                   Godwit__V1__BeginReply_Closure closure,
                   void *call)
{
    const Godwit__V1__BeginReply reply = GODWIT__V1__BEGIN_REPLY__INIT;
    struct src_attempt attempt;
    struct gw_error err = {0};
    struct src_guest *guest = NULL;
    int result = src_attempt_decode(request->attempt, true, &attempt, &err);

    if (result == 0)
        guest = src_guests_get(src_service_daemon(service), attempt.guest_uuid, &err);
    if (guest == NULL) {
        gw_rpc_fail(call, &err);
        return;
    }
    const struct gw_record *now = &guest->record.now;
    enum gw_attempt_order order =
        gw_attempt_compare(now, attempt.migration_id, attempt.attempt, attempt.epoch);
    if (attempt.epoch < src_guest_epoch(guest) || order == GW_ATTEMPT_STALE)
        result = gw_attempt_stale(&err, now, attempt.migration_id, attempt.attempt, attempt.epoch);
    else
        result = order == GW_ATTEMPT_SAME ? answer_same(guest, &err)
                                          : begin(guest, request, &attempt, &err);
    if (result == 0)
        closure(&reply, call);
    else
        gw_rpc_fail(call, &err);
}
