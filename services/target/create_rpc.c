#include <stdlib.h>

#include "base/scope.h"
#include "rpc/rpc.h"
#include "wire/guest_spec.h"
#include "wire_rpc.h"

static void on_created(void *arg, struct tgt_guest *guest, const struct gw_error *err)
{
    GW_AUTO_FREE struct tgt_request *request = arg;
    Godwit__V1__CreateReply reply = GODWIT__V1__CREATE_REPLY__INIT;
    struct gw_error why = {0};
    if (!err) {
        reply.spec = gw_wire_guest_spec_encode(guest->spec, &why);
        err = reply.spec ? NULL : &why;
    }
    if (err)
        gw_rpc_fail(request->closure_data, err);
    else
        ((Godwit__V1__CreateReply_Closure)request->closure)(&reply, request->closure_data);
    if (reply.spec)
        godwit__v1__guest_spec__free_unpacked(reply.spec, NULL);
}

void tgt_rpc_create(Godwit__V1__TargetService_Service *service,
                    const Godwit__V1__CreateRequest *input,
                    Godwit__V1__CreateReply_Closure closure,
                    void *closure_data)
{
    const struct tgt_spec_order order = {.message = input->spec,
                                         .epoch = input->epoch,
                                         .closure = (void (*)(void))closure,
                                         .closure_data = closure_data};
    tgt_request_with_spec(service, &order, tgt_create, on_created);
}
