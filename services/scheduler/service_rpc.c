#include "service_rpc.h"

#include <stdlib.h>

#include "service.h"

int sch_service_start(struct scheduler *s, struct gw_error *err)
{
    s->service = calloc(1, sizeof *s->service);
    if (!s->service)
        return gw_error_set_nomem(err, "starting the service");
    Godwit__V1__SchedulerService_Service base = GODWIT__V1__SCHEDULER_SERVICE__INIT(sch_on_);
    s->service->base = base;
    s->service->scheduler = s;
    s->server = gw_rpc_server_new(s->loop, NULL, &s->log, err);
    return s->server ? gw_rpc_server_add(s->server, &s->service->base.base, err) : -1;
}

void sch_service_stop(struct scheduler *s)
{
    gw_rpc_server_free(s->server);
    free(s->service);
    s->server = NULL;
    s->service = NULL;
}

void sch_fail_nomem(void *data)
{
    struct gw_error err = {0};
    gw_error_set_nomem(&err, "answering a request");
    gw_rpc_fail(data, &err);
}

SCH_METHOD(get_version, GetVersionRequest, GetVersionReply)
{
    (void)input;
    const char *cluster_id = gw_store_cluster_id(sch_of(service)->store);
    Godwit__V1__GetVersionReply reply = GODWIT__V1__GET_VERSION_REPLY__INIT;
    reply.version = (char *)(uintptr_t)GW_VERSION;
    reply.cluster_id = (char *)(uintptr_t)cluster_id;
    closure(&reply, data);
}
