#include "regrant.h"

#include <stdlib.h>

#include "rpc/rpc.h"
#include "service_rpc.h"

struct regrant_call {
    Godwit__V1__RegrantReply_Closure closure;
    void *call;
};

static void answer(void *arg, const struct gw_error *err)
{
    struct regrant_call *rc = arg;
    const Godwit__V1__RegrantReply reply = GODWIT__V1__REGRANT_REPLY__INIT;

    if (err != NULL)
        gw_rpc_fail(rc->call, err);
    else
        rc->closure(&reply, rc->call);
    free(rc);
}

void src_rpc_regrant(Godwit__V1__SourceService_Service *service,
                     const Godwit__V1__RegrantRequest *request,
                     Godwit__V1__RegrantReply_Closure closure,
                     void *call)
{
    struct src_attempt attempt;
    struct gw_error err = {0};
    struct src_guest *guest = NULL;
    struct regrant_call *rc = malloc(sizeof *rc);

    if (rc == NULL)
        (void)gw_error_set_nomem(&err, "giving a guest back");
    else if (src_attempt_decode(request->attempt, true, &attempt, &err) == 0)
        guest = src_guests_get(src_service_daemon(service), attempt.guest_uuid, &err);
    if (guest != NULL) {
        *rc = (struct regrant_call){.closure = closure, .call = call};
        if (src_regrant_begin(guest, &attempt, request->run, answer, rc, &err) == 0)
            return;
    }
    free(rc);
    gw_rpc_fail(call, &err);
}
