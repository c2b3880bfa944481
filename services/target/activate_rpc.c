#include <stdlib.h>

#include "base/scope.h"
#include "rpc/rpc.h"
#include "wire_rpc.h"

static void on_activated(void *arg, struct tgt_guest *guest, const struct gw_error *err)
{
    GW_AUTO_FREE struct tgt_request *request = arg;
    Godwit__V1__ActivateReply reply = GODWIT__V1__ACTIVATE_REPLY__INIT;
    if (err) {
        gw_rpc_fail(request->closure_data, err);
        return;
    }
    reply.activate_us = guest->activate_us;
    ((Godwit__V1__ActivateReply_Closure)request->closure)(&reply, request->closure_data);
}

void tgt_rpc_activate(Godwit__V1__TargetService_Service *service,
                      const Godwit__V1__ActivateRequest *input,
                      Godwit__V1__ActivateReply_Closure closure,
                      void *closure_data)
{
    struct tgt_attempt attempt;
    struct tgt_request *request = tgt_request_of_attempt(
        service, input->attempt, (void (*)(void))closure, closure_data, &attempt);
    if (request)
        tgt_activate(request->daemon, &attempt, input->run, on_activated, request);
}
