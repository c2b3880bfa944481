#ifndef GW_RPC_URL_H
#define GW_RPC_URL_H
/* Addresses: ipc:///path, tcp://HOST:PORT, tls+tcp://HOST:PORT; an IPv6 HOST in brackets. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum gw_rpc_transport { GW_RPC_IPC, GW_RPC_TCP, GW_RPC_TLS };

enum {
    GW_RPC_HOST_MAX = 253, /* RFC 1035, without the root's dot */
    GW_RPC_PATH_MAX = 107, /* sun_path of unix(7), without NUL */
    GW_RPC_URL_MAX = 300,
};

struct gw_rpc_url {
    enum gw_rpc_transport transport;
    char text[GW_RPC_URL_MAX];
    char host[GW_RPC_HOST_MAX + 1]; /* tcp and tls; without brackets */
    uint16_t port;
    size_t path_at; /* ipc: where in text the path begins */
};

/* Errors: INVALID_ARGUMENT. */
int gw_rpc_url_parse(const char *text, struct gw_rpc_url *out, struct gw_error *err);
/* Write @url with another port into url->text. */
void gw_rpc_url_set_port(struct gw_rpc_url *url, uint16_t port);

#endif
