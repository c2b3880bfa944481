/* One blocking function per method of SchedulerService, each through its generated stub. */
#include "client/client_priv.h"

/* A deadline beyond the default is time for the work: whether there is a scheduler at all is found
 * out before, within the default. */
static int find_scheduler(struct gw_client *client, struct gw_error *err)
{
    if (client->deadline_ms <= GW_CLIENT_DEADLINE_MS)
        return 0;
    return gw_client_probe(client, GW_CLIENT_DEADLINE_MS, err);
}

/* The function gw_client_NAME, and its closure. @repeat: whether the call may be sent again by
 * itself, an expression of `request`. */
#define CLIENT_CALL(name, Request, Reply, repeat)                                                  \
    static void on_##name(const Godwit__V1__##Reply *reply, void *arg)                             \
    {                                                                                              \
        gw_client_take_reply(arg, reply ? &reply->base : NULL);                                    \
    }                                                                                              \
    Godwit__V1__##Reply *gw_client_##name(                                                         \
        struct gw_client *client, const Godwit__V1__##Request *request, struct gw_error *err)      \
    {                                                                                              \
        if (find_scheduler(client, err) < 0)                                                       \
            return NULL;                                                                           \
        struct gw_client_wait wait;                                                                \
        struct gw_rpc_options options = {.deadline_ms = client->deadline_ms,                       \
                                         .is_idempotent = (repeat)};                               \
        ProtobufCService *stub = gw_client_begin(client, &wait, &options, err);                    \
        if (!stub)                                                                                 \
            return NULL;                                                                           \
        godwit__v1__scheduler_service__##name(stub, request, on_##name, &wait);                    \
        return (Godwit__V1__##Reply *)gw_client_finish(&wait, err);                                \
    }

CLIENT_CALL(get_version, GetVersionRequest, GetVersionReply, true)
CLIENT_CALL(list_hosts, ListHostsRequest, ListHostsReply, true)
CLIENT_CALL(get_host, GetHostRequest, Host, true)
CLIENT_CALL(create_guest, CreateGuestRequest, Guest, false)
CLIENT_CALL(start_guest, StartGuestRequest, Guest, false)
CLIENT_CALL(stop_guest, StopGuestRequest, Guest, false)
CLIENT_CALL(delete_guest, DeleteGuestRequest, DeleteGuestReply, false)
CLIENT_CALL(get_guest, GetGuestRequest, Guest, true)
CLIENT_CALL(list_guests, ListGuestsRequest, ListGuestsReply, true)
CLIENT_CALL(submit_plan, SubmitPlanRequest, Plan, request->idempotency_key[0] != '\0')
CLIENT_CALL(get_migration, GetMigrationRequest, Migration, true)
CLIENT_CALL(list_migrations, ListMigrationsRequest, ListMigrationsReply, true)
CLIENT_CALL(cancel_migration, CancelMigrationRequest, Migration, true)
CLIENT_CALL(list_trash, ListTrashRequest, TrashEntries, true)
CLIENT_CALL(restore_trash, RestoreTrashRequest, RestoreTrashReply, false)
CLIENT_CALL(purge_trash, PurgeTrashRequest, TrashEntries, false)

int gw_client_probe(struct gw_client *client, uint32_t deadline_ms, struct gw_error *err)
{
    struct gw_client_wait wait;
    struct gw_rpc_options options = {.deadline_ms = deadline_ms, .is_idempotent = true};
    ProtobufCService *stub = gw_client_begin(client, &wait, &options, err);
    if (!stub)
        return -1;
    Godwit__V1__GetVersionRequest request = GODWIT__V1__GET_VERSION_REQUEST__INIT;
    godwit__v1__scheduler_service__get_version(stub, &request, on_get_version, &wait);
    ProtobufCMessage *reply = gw_client_finish(&wait, err);
    if (!reply)
        return -1;
    protobuf_c_message_free_unpacked(reply, NULL);
    return 0;
}
