#include <inttypes.h>

#include "host/may_run.h"
#include "rpc/rpc.h"
#include "service_rpc.h"

/* src_guests_get() has taken the guest over if the target's record is newer than ours. */
static int
adopt(struct src_daemon *daemon, const Godwit__V1__AdoptRequest *request, struct gw_error *err)
{
    struct src_guest *guest = src_guests_get(daemon, request->guest_uuid, err);

    if (guest == NULL)
        return -1;
    uint64_t epoch = src_guest_epoch(guest);
    if (request->epoch < epoch)
        return gw_attempt_stale(err, &guest->record.now, "", 0, request->epoch);
    if (request->epoch > epoch || guest->target.state != GW_RECORD_ACTIVE) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "guest %s: the target's record is %s at epoch %" PRIu64
                           ", not active at %" PRIu64,
                           guest->uuid, gw_record_state_name(guest->target.state),
                           guest->target.epoch, request->epoch);
        return gw_error_reason(err, "NOT_ACTIVE");
    }
    return 0;
}

void src_rpc_adopt(Godwit__V1__SourceService_Service *service,
                   const Godwit__V1__AdoptRequest *request,
                   Godwit__V1__AdoptReply_Closure closure,
                   void *call)
{
    struct src_daemon *daemon = src_service_daemon(service);
    Godwit__V1__AdoptReply reply = GODWIT__V1__ADOPT_REPLY__INIT;
    struct gw_error err = {0};

    if (adopt(daemon, request, &err) != 0) {
        gw_rpc_fail(call, &err);
        return;
    }
    closure(&reply, call);
    if (daemon->heartbeat != NULL)
        gw_heartbeat_now(daemon->heartbeat);
}
