#include "rpc/frame.h"

#include <stdlib.h>
#include <string.h>

static void put_length(uint8_t *head, uint32_t len)
{
    head[0] = (uint8_t)(len >> 24);
    head[1] = (uint8_t)(len >> 16);
    head[2] = (uint8_t)(len >> 8);
    head[3] = (uint8_t)len;
}

static uint32_t get_length(const uint8_t *head)
{
    return (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
}

struct gw_rpc_frame *
gw_rpc_frame_pack(const Godwit__V1__Envelope *envelope, uint64_t max_bytes, struct gw_error *err)
{
    size_t len = godwit__v1__envelope__get_packed_size(envelope);
    if (len > max_bytes || len > UINT32_MAX) {
        gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                     "a message of %zu bytes is over the connection's limit of %llu bytes", len,
                     (unsigned long long)max_bytes);
        return NULL;
    }
    struct gw_rpc_frame *frame = malloc(sizeof *frame + GW_RPC_FRAME_HEAD + len);
    if (!frame) {
        gw_error_set_nomem(err, "packing a message");
        return NULL;
    }
    frame->next = NULL;
    frame->len = GW_RPC_FRAME_HEAD + len;
    put_length(frame->data, (uint32_t)len);
    godwit__v1__envelope__pack(envelope, frame->data + GW_RPC_FRAME_HEAD);
    return frame;
}

void gw_rpc_cutter_fini(struct gw_rpc_cutter *cutter)
{
    if (!cutter)
        return;
    free(cutter->data);
    *cutter = (struct gw_rpc_cutter){.max_bytes = cutter->max_bytes};
}

/* Move what is left to the front, and let go of a buffer that a large frame had grown. */
static void settle(struct gw_rpc_cutter *c)
{
    if (c->from == c->to && c->cap > GW_RPC_READ_BYTES) {
        free(c->data);
        c->data = NULL;
        c->cap = 0;
    } else if (c->from > 0 && c->to > c->from) {
        memmove(c->data, c->data + c->from, c->to - c->from);
    }
    c->to -= c->from;
    c->from = 0;
}

uint8_t *gw_rpc_cutter_room(struct gw_rpc_cutter *c, size_t *out_len)
{
    settle(c);
    if (c->to == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : GW_RPC_READ_BYTES;
        size_t enough = (size_t)c->max_bytes + GW_RPC_FRAME_HEAD;
        if (cap > enough && enough > c->cap)
            cap = enough;
        uint8_t *grown = realloc(c->data, cap);
        if (!grown)
            return NULL;
        c->data = grown;
        c->cap = cap;
    }
    *out_len = c->cap - c->to;
    return c->data + c->to;
}

void gw_rpc_cutter_add(struct gw_rpc_cutter *c, size_t len)
{
    c->to += len;
}

int gw_rpc_cutter_next(struct gw_rpc_cutter *c,
                       const uint8_t **out_data,
                       size_t *out_len,
                       struct gw_error *err)
{
    size_t have = c->to - c->from;
    if (have < GW_RPC_FRAME_HEAD)
        return 0;
    uint32_t len = get_length(c->data + c->from);
    if (len == 0 || len > c->max_bytes)
        return gw_error_set(err, GW_INTERNAL,
                            "the peer announced a frame of %u bytes; 1 to %u are taken", len,
                            c->max_bytes);
    if (have - GW_RPC_FRAME_HEAD < len)
        return 0;
    *out_data = c->data + c->from + GW_RPC_FRAME_HEAD;
    *out_len = len;
    c->from += GW_RPC_FRAME_HEAD + len;
    return 1;
}
