#include "rpc/id_table.h"

static struct gw_rpc_id_node **slot_of(struct gw_rpc_id_table *table, uint64_t id)
{
    struct gw_rpc_id_node **at = &table->buckets[id % GW_RPC_ID_BUCKETS];
    while (*at && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

void gw_rpc_id_put(struct gw_rpc_id_table *table, struct gw_rpc_id_node *node)
{
    struct gw_rpc_id_node **bucket = &table->buckets[node->id % GW_RPC_ID_BUCKETS];
    node->next = *bucket;
    *bucket = node;
    table->n++;
}

struct gw_rpc_id_node *gw_rpc_id_find(const struct gw_rpc_id_table *table, uint64_t id)
{
    struct gw_rpc_id_node *node = table->buckets[id % GW_RPC_ID_BUCKETS];
    while (node && node->id != id)
        node = node->next;
    return node;
}

struct gw_rpc_id_node *gw_rpc_id_take(struct gw_rpc_id_table *table, uint64_t id)
{
    struct gw_rpc_id_node **at = slot_of(table, id);
    struct gw_rpc_id_node *node = *at;
    if (node) {
        *at = node->next;
        table->n--;
    }
    return node;
}

struct gw_rpc_id_node *gw_rpc_id_lowest(const struct gw_rpc_id_table *table)
{
    struct gw_rpc_id_node *lowest = NULL;
    for (size_t i = 0; i < GW_RPC_ID_BUCKETS && table->n > 0; i++)
        for (struct gw_rpc_id_node *at = table->buckets[i]; at; at = at->next)
            if (!lowest || at->id < lowest->id)
                lowest = at;
    return lowest;
}
