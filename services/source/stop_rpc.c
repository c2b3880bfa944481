#include <inttypes.h>
#include <stdlib.h>

#include "host/may_run.h"
#include "rpc/rpc.h"
#include "service_rpc.h"
#include "stop.h"

struct stop_call {
    Godwit__V1__StopReply_Closure closure;
    void *call;
};

static void answer(void *arg, const struct gw_error *err)
{
    struct stop_call *sc = arg;
    const Godwit__V1__StopReply reply = GODWIT__V1__STOP_REPLY__INIT;

    if (err != NULL)
        gw_rpc_fail(sc->call, err);
    else
        sc->closure(&reply, sc->call);
    free(sc);
}

static int check(const struct src_guest *guest, uint64_t epoch, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;

    if (epoch < src_guest_epoch(guest))
        return gw_attempt_stale(err, now, "", 0, epoch);
    if (now->state == GW_RECORD_HOLDING || now->state == GW_RECORD_NONE)
        return 0;
    (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                       "guest %s cannot be stopped here: its record is %s for migration \"%s\"",
                       guest->uuid, gw_record_state_name(now->state), now->migration_id);
    return gw_error_reason(err,
                           now->state == GW_RECORD_OUTGOING ? "MIGRATION_ACTIVE" : "NOT_HOLDER");
}

static int stop(struct src_daemon *daemon,
                const Godwit__V1__StopRequest *request,
                struct stop_call *sc,
                struct gw_error *err)
{
    struct src_guest *guest = src_guests_get(daemon, request->guest_uuid, err);

    if (guest == NULL || check(guest, request->epoch, err) != 0)
        return -1;
    if (guest->qemu == NULL && !guest->has_ended) {
        answer(sc, NULL);
        return 0;
    }
    return src_stop_begin(guest, request->force, false, request->timeout_ms, answer, sc, err);
}

void src_rpc_stop(Godwit__V1__SourceService_Service *service,
                  const Godwit__V1__StopRequest *request,
                  Godwit__V1__StopReply_Closure closure,
                  void *call)
{
    struct gw_error err = {0};
    struct stop_call *sc = malloc(sizeof *sc);

    if (sc == NULL) {
        (void)gw_error_set_nomem(&err, "stopping a guest");
        gw_rpc_fail(call, &err);
        return;
    }
    *sc = (struct stop_call){.closure = closure, .call = call};
    if (stop(src_service_daemon(service), request, sc, &err) == 0)
        return;
    free(sc);
    gw_rpc_fail(call, &err);
}
