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
    struct tgt_daemon *daemon = ((struct tgt_service *)service)->daemon;
    struct gw_error err = {0};
    struct gw_guest_spec *spec = tgt_spec_decode(input->spec, input->epoch, &err);
    if (!spec) {
        gw_rpc_fail(closure_data, &err);
        return;
    }
    struct tgt_request *request = tgt_request_new((void (*)(void))closure, closure_data, daemon);
    if (request)
        tgt_start(daemon, spec, input->epoch, on_started, request);
    else
        free(spec);
}
