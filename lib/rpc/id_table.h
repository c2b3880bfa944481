#ifndef GW_RPC_ID_TABLE_H
#define GW_RPC_ID_TABLE_H
/* Calls under way by their number. Nodes are embedded in what they stand for. */

#include <stddef.h>
#include <stdint.h>

enum { GW_RPC_ID_BUCKETS = 256 }; /* numbers rise by one, so 1024 calls are chains of 4 */

struct gw_rpc_id_node {
    uint64_t id;
    struct gw_rpc_id_node *next;
};

struct gw_rpc_id_table {
    struct gw_rpc_id_node *buckets[GW_RPC_ID_BUCKETS];
    size_t n;
};

/* @node->id is set and not in the table. */
void gw_rpc_id_put(struct gw_rpc_id_table *table, struct gw_rpc_id_node *node);
struct gw_rpc_id_node *gw_rpc_id_find(const struct gw_rpc_id_table *table, uint64_t id);
/* Take @id out; NULL when it is not there. */
struct gw_rpc_id_node *gw_rpc_id_take(struct gw_rpc_id_table *table, uint64_t id);
/* The lowest number there; NULL when empty. */
struct gw_rpc_id_node *gw_rpc_id_lowest(const struct gw_rpc_id_table *table);

#endif
