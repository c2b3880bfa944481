#ifndef GODWIT_CLIENT_H
#define GODWIT_CLIENT_H
/* libgodwit: talk to a godwit-scheduler from a program of your own.
 *
 * Each call below blocks until the scheduler has answered or the client's deadline is over, by
 * running the client's own event loop. Requests and replies are the generated messages of
 * protos/godwit/v1, and the calls go through protobuf-c's generated stubs; a program with an event
 * loop of its own takes gw_client_channel() and calls the stubs itself (lib/rpc/rpc.h).
 *
 * Every call returns a new reply, to be freed by its generated ..._free_unpacked(), or NULL and
 * @err. Errors: what the scheduler said, with its reason and field; UNAVAILABLE it could not be
 * reached within the deadline; DEADLINE_EXCEEDED it was reached and did not answer; CANCELLED by
 * gw_client_interrupt().
 * Thread: a client belongs to the thread that made it. */

#include <stdbool.h>
#include <stdint.h>

#include <godwit/v1/scheduler.pb-c.h>

#include "base/error.h"

struct gw_client;
struct gw_loop;
struct gw_rpc_channel;
struct gw_rpc_tls;

enum {
    GW_CLIENT_DEADLINE_MS = 5000,        /* default: an answer a person waits for */
    GW_CLIENT_WATCH_PATIENCE_MS = 60000, /* a watch waits so long for a scheduler that restarts */
};

/* A client of the scheduler at @url (ipc:///path, tcp://IP:PORT, tls+tcp://NAME:PORT). Connects
 * with the first call. @tls is NULL unless tls+tcp; it is copied by need and may go.
 * Errors: INVALID_ARGUMENT url; RESOURCE_EXHAUSTED. */
struct gw_client *
gw_client_open(const char *url, const struct gw_rpc_tls *tls, struct gw_error *err);
/* NULL is fine. Not from inside a callback. */
void gw_client_close(struct gw_client *client);

/* How long the following calls may take, 1..GW_RPC_DEADLINE_MAX_MS. A longer one than the default
 * is for the work, not for finding the scheduler: that one is still told after the default. */
void gw_client_set_deadline(struct gw_client *client, uint32_t deadline_ms);
/* Make the call or watch that is under way return with CANCELLED; nothing when there is none. To be
 * called from a callback on the client's loop, e.g. of a signal. */
void gw_client_interrupt(struct gw_client *client);
/* The loop that calls run on: for signals and timers beside them. The client's own. */
struct gw_loop *gw_client_loop(struct gw_client *client);
/* The connection, for calls of other services or without blocking. The client's own. */
struct gw_rpc_channel *gw_client_channel(struct gw_client *client);

/* One function per method of SchedulerService that an operator may use; protos/godwit/v1 says what
 * each does. Those that only read, and SubmitPlan with an idempotency key, are sent again by
 * themselves when the connection breaks. */
Godwit__V1__GetVersionReply *gw_client_get_version(struct gw_client *client,
                                                   const Godwit__V1__GetVersionRequest *request,
                                                   struct gw_error *err);
Godwit__V1__ListHostsReply *gw_client_list_hosts(struct gw_client *client,
                                                 const Godwit__V1__ListHostsRequest *request,
                                                 struct gw_error *err);
Godwit__V1__Host *gw_client_get_host(struct gw_client *client,
                                     const Godwit__V1__GetHostRequest *request,
                                     struct gw_error *err);
Godwit__V1__Guest *gw_client_create_guest(struct gw_client *client,
                                          const Godwit__V1__CreateGuestRequest *request,
                                          struct gw_error *err);
Godwit__V1__Guest *gw_client_start_guest(struct gw_client *client,
                                         const Godwit__V1__StartGuestRequest *request,
                                         struct gw_error *err);
Godwit__V1__Guest *gw_client_stop_guest(struct gw_client *client,
                                        const Godwit__V1__StopGuestRequest *request,
                                        struct gw_error *err);
Godwit__V1__DeleteGuestReply *gw_client_delete_guest(struct gw_client *client,
                                                     const Godwit__V1__DeleteGuestRequest *request,
                                                     struct gw_error *err);
Godwit__V1__Guest *gw_client_get_guest(struct gw_client *client,
                                       const Godwit__V1__GetGuestRequest *request,
                                       struct gw_error *err);
Godwit__V1__ListGuestsReply *gw_client_list_guests(struct gw_client *client,
                                                   const Godwit__V1__ListGuestsRequest *request,
                                                   struct gw_error *err);
Godwit__V1__Plan *gw_client_submit_plan(struct gw_client *client,
                                        const Godwit__V1__SubmitPlanRequest *request,
                                        struct gw_error *err);
Godwit__V1__Migration *gw_client_get_migration(struct gw_client *client,
                                               const Godwit__V1__GetMigrationRequest *request,
                                               struct gw_error *err);
Godwit__V1__ListMigrationsReply *
gw_client_list_migrations(struct gw_client *client,
                          const Godwit__V1__ListMigrationsRequest *request,
                          struct gw_error *err);
Godwit__V1__Migration *gw_client_cancel_migration(struct gw_client *client,
                                                  const Godwit__V1__CancelMigrationRequest *request,
                                                  struct gw_error *err);

Godwit__V1__TrashEntries *gw_client_list_trash(struct gw_client *client,
                                               const Godwit__V1__ListTrashRequest *request,
                                               struct gw_error *err);
Godwit__V1__RestoreTrashReply *gw_client_restore_trash(
    struct gw_client *client, const Godwit__V1__RestoreTrashRequest *request, struct gw_error *err);
Godwit__V1__TrashEntries *gw_client_purge_trash(struct gw_client *client,
                                                const Godwit__V1__PurgeTrashRequest *request,
                                                struct gw_error *err);

/* Called for each event, in order; @event is borrowed. Return false to end the watch. */
typedef bool (*gw_client_event_fn)(void *arg, const Godwit__V1__Event *event);
/* Take events until @fn returns false (0) or something fails (-1). A connection that breaks is made
 * again and the watch goes on after the last event seen, so that none is lost or doubled; a
 * scheduler that stays away for GW_CLIENT_WATCH_PATIENCE_MS is UNAVAILABLE. No deadline applies. */
int gw_client_watch(struct gw_client *client,
                    const Godwit__V1__WatchRequest *request,
                    gw_client_event_fn fn,
                    void *arg,
                    struct gw_error *err);

#endif
