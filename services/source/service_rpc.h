#ifndef SRC_SERVICE_RPC_H
#define SRC_SERVICE_RPC_H
/* SourceService: one handler per file; each decodes, checks, acts on a guest and answers once. */

#include "godwit/v1/source.pb-c.h"
#include "guest.h"
#include "source.h"
#include "wire_rpc.h"

struct src_service {
    Godwit__V1__SourceService_Service base; /* first: what the handlers are given */
    struct src_daemon *daemon;
};

struct src_service *src_service_new(struct src_daemon *daemon);
void src_service_free(struct src_service *service);
ProtobufCService *src_service_base(struct src_service *service);

static inline struct src_daemon *src_service_daemon(Godwit__V1__SourceService_Service *base)
{
    return ((struct src_service *)base)->daemon;
}

void src_rpc_adopt(Godwit__V1__SourceService_Service *service,
                   const Godwit__V1__AdoptRequest *request,
                   Godwit__V1__AdoptReply_Closure closure,
                   void *call);
void src_rpc_write_probe(Godwit__V1__SourceService_Service *service,
                         const Godwit__V1__WriteProbeRequest *request,
                         Godwit__V1__WriteProbeReply_Closure closure,
                         void *call);
void src_rpc_remove_probe(Godwit__V1__SourceService_Service *service,
                          const Godwit__V1__WriteProbeRequest *request,
                          Godwit__V1__WriteProbeReply_Closure closure,
                          void *call);
void src_rpc_begin(Godwit__V1__SourceService_Service *service,
                   const Godwit__V1__BeginRequest *request,
                   Godwit__V1__BeginReply_Closure closure,
                   void *call);
void src_rpc_cancel(Godwit__V1__SourceService_Service *service,
                    const Godwit__V1__CancelRequest *request,
                    Godwit__V1__CancelReply_Closure closure,
                    void *call);
void src_rpc_regrant(Godwit__V1__SourceService_Service *service,
                     const Godwit__V1__RegrantRequest *request,
                     Godwit__V1__RegrantReply_Closure closure,
                     void *call);
void src_rpc_retire(Godwit__V1__SourceService_Service *service,
                    const Godwit__V1__RetireRequest *request,
                    Godwit__V1__RetireReply_Closure closure,
                    void *call);
void src_rpc_stop(Godwit__V1__SourceService_Service *service,
                  const Godwit__V1__StopRequest *request,
                  Godwit__V1__StopReply_Closure closure,
                  void *call);
void src_rpc_inspect(Godwit__V1__SourceService_Service *service,
                     const Godwit__V1__InspectRequest *request,
                     Godwit__V1__InspectReply_Closure closure,
                     void *call);
void src_rpc_list_trash(Godwit__V1__SourceService_Service *service,
                        const Godwit__V1__ListTrashRequest *request,
                        Godwit__V1__TrashEntries_Closure closure,
                        void *call);
void src_rpc_restore_trash(Godwit__V1__SourceService_Service *service,
                           const Godwit__V1__RestoreTrashRequest *request,
                           Godwit__V1__RestoreTrashReply_Closure closure,
                           void *call);
void src_rpc_purge_trash(Godwit__V1__SourceService_Service *service,
                         const Godwit__V1__PurgeTrashRequest *request,
                         Godwit__V1__TrashEntries_Closure closure,
                         void *call);

#endif
