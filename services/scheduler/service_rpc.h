#ifndef SCH_SERVICE_RPC_H
#define SCH_SERVICE_RPC_H
/* The RPC face: one function per method, grouped by subject. For the *_rpc.c files alone. */

#include "convert.h"
#include "objects.h"

struct sch_service {
    Godwit__V1__SchedulerService_Service base; /* first: the stubs hand out its address */
    struct scheduler *scheduler;
};

static inline struct scheduler *sch_of(Godwit__V1__SchedulerService_Service *service)
{
    return ((struct sch_service *)service)->scheduler;
}

#define SCH_METHOD(name, request, reply)                                                           \
    void sch_on_##name(Godwit__V1__SchedulerService_Service *service,                              \
                       const Godwit__V1__##request *input, Godwit__V1__##reply##_Closure closure,  \
                       void *data)

SCH_METHOD(heartbeat, HeartbeatRequest, HeartbeatReply);
SCH_METHOD(report, ReportRequest, ReportReply);
SCH_METHOD(relinquished, RelinquishedRequest, RelinquishedReply);
SCH_METHOD(guest_changed, GuestChangedRequest, GuestChangedReply);
SCH_METHOD(get_version, GetVersionRequest, GetVersionReply);
SCH_METHOD(list_hosts, ListHostsRequest, ListHostsReply);
SCH_METHOD(get_host, GetHostRequest, Host);
SCH_METHOD(create_guest, CreateGuestRequest, Guest);
SCH_METHOD(start_guest, StartGuestRequest, Guest);
SCH_METHOD(stop_guest, StopGuestRequest, Guest);
SCH_METHOD(delete_guest, DeleteGuestRequest, DeleteGuestReply);
SCH_METHOD(get_guest, GetGuestRequest, Guest);
SCH_METHOD(list_guests, ListGuestsRequest, ListGuestsReply);
SCH_METHOD(submit_plan, SubmitPlanRequest, Plan);
SCH_METHOD(get_migration, GetMigrationRequest, Migration);
SCH_METHOD(list_migrations, ListMigrationsRequest, ListMigrationsReply);
SCH_METHOD(cancel_migration, CancelMigrationRequest, Migration);
SCH_METHOD(list_trash, ListTrashRequest, TrashEntries);
SCH_METHOD(restore_trash, RestoreTrashRequest, RestoreTrashReply);
SCH_METHOD(purge_trash, PurgeTrashRequest, TrashEntries);
SCH_METHOD(watch, WatchRequest, Event);

/* Fail the request for want of memory. */
void sch_fail_nomem(void *data);

#endif
