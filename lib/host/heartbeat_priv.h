#ifndef GW_HOST_HEARTBEAT_PRIV_H
#define GW_HOST_HEARTBEAT_PRIV_H
/* The message of a heartbeat: shallow, it points into the facts and reports it was made from. */

#include "godwit/v1/scheduler.pb-c.h"
#include "host/heartbeat.h"

struct gw_heartbeat_message {
    Godwit__V1__HeartbeatRequest request;
    Godwit__V1__HostFacts facts;
    Godwit__V1__Pool pools[GW_CONFIG_LIST_MAX];
    Godwit__V1__Pool *pool_list[GW_CONFIG_LIST_MAX];
    Godwit__V1__GuestReport *guests;
    Godwit__V1__GuestReport **guest_list;
};

/* Fill @message; what it points to must stay until it was sent. Errors: RESOURCE_EXHAUSTED. */
int gw_heartbeat_message_init(struct gw_heartbeat_message *message,
                              const struct gw_host *host,
                              const struct gw_host_facts *facts,
                              const struct gw_guest_reports *reports,
                              struct gw_error *err);
void gw_heartbeat_message_fini(struct gw_heartbeat_message *message);

#endif
