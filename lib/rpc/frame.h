#ifndef GW_RPC_FRAME_H
#define GW_RPC_FRAME_H
/* Frames: four bytes of length, big endian, then a packed Envelope. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "godwit/v1/envelope.pb-c.h"

enum {
    GW_RPC_FRAME_HEAD = 4,
    GW_RPC_HELLO_MAX_BYTES = 256, /* largest frame taken from a peer that has not said HELLO */
    GW_RPC_READ_BYTES = 16 * 1024 /* buffer of a connection while frames are small */
};

/* A packed frame, head included, waiting to be sent. */
struct gw_rpc_frame {
    struct gw_rpc_frame *next;
    size_t len;
    uint8_t data[];
};

/* Errors: RESOURCE_EXHAUSTED longer than @max_bytes, or no memory. Free with free(). */
struct gw_rpc_frame *
gw_rpc_frame_pack(const Godwit__V1__Envelope *envelope, uint64_t max_bytes, struct gw_error *err);

/* Cuts a byte stream into frames. Memory grows with the bytes that came, not with what a length
 * promises. */
struct gw_rpc_cutter {
    uint8_t *data;
    size_t cap;
    size_t from; /* first byte not taken out yet */
    size_t to;   /* behind the last byte that came */
    uint32_t max_bytes;
};

void gw_rpc_cutter_fini(struct gw_rpc_cutter *cutter);
/* Room for what comes next: at least one byte. NULL without memory. */
uint8_t *gw_rpc_cutter_room(struct gw_rpc_cutter *cutter, size_t *out_len);
/* @len bytes have come. */
void gw_rpc_cutter_add(struct gw_rpc_cutter *cutter, size_t len);
/* Take the next whole frame out; it is valid until the next room(). Returns 1, or 0 when more bytes
 * are needed, or -1 for a length of 0 or over max_bytes (INTERNAL). */
int gw_rpc_cutter_next(struct gw_rpc_cutter *cutter,
                       const uint8_t **out_data,
                       size_t *out_len,
                       struct gw_error *err);

#endif
