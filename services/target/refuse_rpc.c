#include <stdlib.h>

#include "base/scope.h"
#include "rpc/rpc.h"
#include "wire_rpc.h"

static void on_refused(void *arg, struct tgt_guest *guest, const struct gw_error *err)
{
    GW_AUTO_FREE struct tgt_request *request = arg;
    Godwit__V1__RefuseReply reply = GODWIT__V1__REFUSE_REPLY__INIT;
    (void)guest;
    if (err)
        gw_rpc_fail(request->closure_data, err);
    else
        ((Godwit__V1__RefuseReply_Closure)request->closure)(&reply, request->closure_data);
}

void tgt_rpc_refuse(Godwit__V1__TargetService_Service *service,
                    const Godwit__V1__RefuseRequest *input,
                    Godwit__V1__RefuseReply_Closure closure,
                    void *closure_data)
{
    struct tgt_attempt attempt;
    struct tgt_request *request = tgt_request_of_attempt(
        service, input->attempt, (void (*)(void))closure, closure_data, &attempt);
    if (request)
        tgt_refuse(request->daemon, &attempt, on_refused, request);
}
