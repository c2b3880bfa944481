/* A server: services, listeners, and the list of sessions. */
#include <stdlib.h>
#include <string.h>

#include "rpc/server_priv.h"

struct gw_rpc_server *gw_rpc_server_new(struct gw_loop *loop,
                                        const struct gw_rpc_limits *limits,
                                        const struct gw_log *log,
                                        struct gw_error *err)
{
    struct gw_rpc_server *server = calloc(1, sizeof *server);
    if (!server) {
        gw_error_set_nomem(err, "making an RPC server");
        return NULL;
    }
    server->loop = loop;
    server->limits = gw_rpc_limits_complete(limits);
    server->log = log ? *log : gw_log_none();
    server->inbox = gw_rpc_inbox_new(loop, err);
    if (!server->inbox) {
        free(server);
        return NULL;
    }
    return server;
}

int gw_rpc_server_add(struct gw_rpc_server *server, ProtobufCService *service, struct gw_error *err)
{
    if (server->n_services == GW_RPC_SERVICES_MAX)
        return gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                            "can't serve %s: the limit of %d services is reached",
                            service->descriptor->name, GW_RPC_SERVICES_MAX);
    for (unsigned i = 0; i < server->n_services; i++)
        if (strcmp(server->services[i]->descriptor->name, service->descriptor->name) == 0)
            return gw_error_set(err, GW_ALREADY_EXISTS, "%s is served already",
                                service->descriptor->name);
    server->services[server->n_services++] = service;
    return 0;
}

int gw_rpc_server_listen(struct gw_rpc_server *server,
                         const char *url,
                         const struct gw_rpc_tls *tls,
                         struct gw_error *err)
{
    if (server->n_listeners == GW_RPC_LISTENERS_MAX)
        return gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                            "can't listen at %s: the limit of %d addresses is reached", url,
                            GW_RPC_LISTENERS_MAX);
    struct gw_rpc_listener *listener = gw_rpc_listener_new(server, url, tls, err);
    if (!listener)
        return -1;
    server->listeners[server->n_listeners++] = listener;
    return 0;
}

const char *gw_rpc_server_url(const struct gw_rpc_server *server, unsigned index)
{
    return index < server->n_listeners ? server->listeners[index]->url.text : NULL;
}

void gw_rpc_server_free(struct gw_rpc_server *server)
{
    if (!server)
        return;
    for (unsigned i = 0; i < server->n_listeners; i++)
        gw_rpc_listener_free(server->listeners[i]);
    server->n_listeners = 0;
    while (server->sessions)
        gw_rpc_session_close(server->sessions);
    gw_rpc_inbox_free(server->inbox);
    free(server);
}
