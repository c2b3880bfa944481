#include <stdlib.h>

#include "base/scope.h"
#include "rpc/rpc.h"
#include "wire_rpc.h"

static void on_started(void *arg, struct tgt_guest *guest, const struct gw_error *err)
{
    GW_AUTO_FREE struct tgt_request *request = arg;
    Godwit__V1__StartReply reply = GODWIT__V1__START_REPLY__INIT;
    if (err) {
        gw_rpc_fail(request->closure_data, err);
        return;
    }
    reply.qemu_pid = (uint64_t)guest->record.now.qemu_pid;
    ((Godwit__V1__StartReply_Closure)request->closure)(&reply, request->closure_data);
}

void tgt_rpc_start(Godwit__V1__TargetService_Service *service,
                   const Godwit__V1__StartRequest *input,
                   Godwit__V1__StartReply_Closure closure,
                   void *closure_data)
{
    const struct tgt_spec_order order = {.message = input->spec,
                                         .epoch = input->epoch,
                                         .closure = (void (*)(void))closure,
                                         .closure_data = closure_data};
    tgt_request_with_spec(service, &order, tgt_start, on_started);
}
