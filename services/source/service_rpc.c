#include "service_rpc.h"

#include <stdlib.h>

struct src_service *src_service_new(struct src_daemon *daemon)
{
    struct src_service *service = malloc(sizeof *service);

    if (service != NULL)
        *service = (struct src_service){.base = GODWIT__V1__SOURCE_SERVICE__INIT(src_rpc_),
                                        .daemon = daemon};
    return service;
}

void src_service_free(struct src_service *service)
{
    free(service);
}

ProtobufCService *src_service_base(struct src_service *service)
{
    return &service->base.base;
}
