#include "rpc/conn.h"

struct gw_rpc_limits gw_rpc_limits_complete(const struct gw_rpc_limits *limits)
{
    struct gw_rpc_limits out = limits ? *limits : (struct gw_rpc_limits){0};
    if (out.max_frame_bytes == 0)
        out.max_frame_bytes = GW_RPC_FRAME_MAX_BYTES;
    if (out.max_frame_bytes < GW_RPC_HELLO_MAX_BYTES)
        out.max_frame_bytes = GW_RPC_HELLO_MAX_BYTES;
    if (out.max_connections == 0)
        out.max_connections = GW_RPC_CONNECTIONS_MAX;
    if (out.max_calls == 0)
        out.max_calls = GW_RPC_CALLS_MAX;
    if (out.tick_ms == 0)
        out.tick_ms = GW_RPC_TICK_MS;
    return out;
}
