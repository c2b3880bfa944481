#ifndef GW_DISK_COPY_PRIV_H
#define GW_DISK_COPY_PRIV_H
/* The parts of a copy: what to copy (extents.c), the exports (connection.c), the requests under way
 * (transfer.c), and the whole (copy.c). One thread. */

#include <libnbd.h>
#include <stddef.h>

#include "disk/copy.h"

/* ---- extents.c: the source's map, as far as it is known and not yet copied ---- */

enum {
    /* Entries taken from one answer; the rest of it is asked for again. 1 MiB of memory. */
    GW_DISK_EXTENTS_MAX = 65536,
    GW_DISK_ZERO_MAX_BYTES = 64 * 1024 * 1024, /* zeroed by one request: seconds on a slow disk */
};

struct gw_disk_extent {
    uint64_t offset, len;
    bool is_zero;
};

struct gw_disk_extents {
    struct gw_disk_extent *items;
    size_t n, next;  /* items[next..n) are to be copied */
    uint64_t mapped; /* the disk is known up to here */
    uint64_t size;
    uint32_t align; /* every offset and length handed out is a multiple, save at the end */
};

/* @align: a power of two. Errors: RESOURCE_EXHAUSTED no memory. */
int gw_disk_extents_init(struct gw_disk_extents *extents,
                         uint64_t size,
                         uint32_t align,
                         struct gw_error *err);
void gw_disk_extents_fini(struct gw_disk_extents *extents);
/* What is not known yet is zero or data up to @end. Returns false when there is no room: nothing
 * more can be added before something is taken. A zero extent is cut to whole blocks; what is left
 * of it goes to the data beside it. */
bool gw_disk_extents_add(struct gw_disk_extents *extents, uint64_t end, bool is_zero);
/* Bytes of the map that are to be copied still. */
uint64_t gw_disk_extents_left(const struct gw_disk_extents *extents);
/* True when at least half of the entries are free. */
bool gw_disk_extents_has_room(const struct gw_disk_extents *extents);
/* Take the next piece, at most @max_data or @max_zero bytes. Returns false when there is none. */
bool gw_disk_extents_take(struct gw_disk_extents *extents,
                          uint32_t max_data,
                          uint32_t max_zero,
                          struct gw_disk_extent *out);

/* ---- connection.c ---- */

/* Both ends of a copy, and how it waits for them. */
struct gw_disk_wires {
    struct nbd_handle *source[GW_DISK_CONNECTIONS_MAX];
    struct nbd_handle *target[GW_DISK_CONNECTIONS_MAX];
    unsigned n; /* of each */
    const atomic_bool *is_cancelled;
};

/* Connect to both ends, with more than one connection where both can. Errors: as gw_disk_copy(). */
int gw_disk_wires_open(struct gw_disk_wires *wires,
                       const struct gw_disk_copy_spec *spec,
                       struct gw_error *err);
/* Hang up; @politely: tell the servers. Completions of requests under way run inside. */
void gw_disk_wires_close(struct gw_disk_wires *wires, bool politely);
/* Wait for traffic, at most @timeout_ms, and let completions run. Errors: CANCELLED; UNAVAILABLE a
 * connection is lost. */
int gw_disk_wires_wait(struct gw_disk_wires *wires, int timeout_ms, struct gw_error *err);

/* ---- prepare.c, map.c, transfer.c ---- */

enum gw_disk_slot_state {
    GW_DISK_IDLE,
    GW_DISK_READING,
    GW_DISK_READ, /* answered: @error or data in @buffer */
    GW_DISK_WRITING,
    GW_DISK_WRITTEN, /* answered */
};

/* One piece of the disk on its way. */
struct gw_disk_slot {
    enum gw_disk_slot_state state;
    unsigned wire;
    int error; /* errno of the answer */
    bool is_zero;
    uint64_t offset;
    uint32_t len;
    char *buffer;
};

struct gw_disk_transfer {
    const struct gw_disk_copy_spec *spec;
    struct gw_disk_wires *wires;
    struct gw_disk_progress *progress;
    struct gw_disk_extents extents;
    struct gw_disk_slot *slots;
    unsigned n_slots, n_busy;
    char *buffers;
    uint32_t request_bytes, zero_bytes; /* longest data and zero piece */
    bool can_map, can_zero, can_df;
    bool is_mapping; /* a block status request is under way */
    bool is_mapped;  /* it was answered: @map_error */
    int map_error;
    uint64_t map_from, map_end; /* what it asked for */
    uint64_t next_read_us;      /* not before, by the bandwidth */
    uint64_t last_answer_us;
};

/* Sizes and abilities of both ends decide the pieces. Errors: those before the first byte. */
int gw_disk_transfer_init(struct gw_disk_transfer *transfer,
                          const struct gw_disk_copy_spec *spec,
                          struct gw_disk_wires *wires,
                          struct gw_disk_progress *progress,
                          struct gw_error *err);
/* Close the wires before: requests under way use the buffers. */
void gw_disk_transfer_fini(struct gw_disk_transfer *transfer);
/* Move every piece. Errors: as gw_disk_copy(). */
int gw_disk_transfer_run(struct gw_disk_transfer *transfer, struct gw_error *err);

/* map.c: keep the map ahead of the copy. Errors: UNAVAILABLE. */
int gw_disk_map_step(struct gw_disk_transfer *transfer, struct gw_error *err);
/* connection.c: errno of a request that could not be started; ENOTCONN when the server is gone. */
int gw_disk_errno(struct nbd_handle *nbd);
/* connection.c: raise an error of an end: errno @e, 0 when unknown. Returns -1. */
int gw_disk_error(struct gw_error *err, int e, const char *doing);

#endif
