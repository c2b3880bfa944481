#ifndef GW_CORE_ELIGIBILITY_H
#define GW_CORE_ELIGIBILITY_H
/* Whether a guest may be put on a host, and why not: every reason is collected, each with a stable
 * code and a sentence that names the object, the numbers and the remedy. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/guest_spec.h"

enum {
    GW_REASONS_MAX = 32,         /* one per disk would be the worst; later ones are dropped */
    GW_REASON_CODE_MAX = 32,     /* longest code, with its end */
    GW_REASON_MESSAGE_MAX = 256, /* a sentence with two names and two numbers */
};

struct gw_reason {
    char code[GW_REASON_CODE_MAX]; /* upper case; "" means none */
    char message[GW_REASON_MESSAGE_MAX];
};

struct gw_reasons {
    struct gw_reason items[GW_REASONS_MAX];
    size_t n_items;
};

/* Add one; dropped when the list is full. */
void gw_reasons_add(struct gw_reasons *reasons, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Raise FAILED_PRECONDITION with every message, joined by "; ", and the first one's code as reason.
 * Returns -1; 0 when there is none. */
int gw_reasons_to_error(const struct gw_reasons *reasons, struct gw_error *err);

enum gw_host_health {
    GW_HOST_UP = 1,       /* both agents' heartbeats are fresh */
    GW_HOST_DEGRADED = 2, /* one agent's are missing */
    GW_HOST_SILENT = 3,   /* both are */
};

struct gw_pool_view {
    const char *id;
    bool is_shared;
    uint64_t free_bytes;
};

/* What of a host matters here. Everything pointed to stays the caller's. */
struct gw_host_view {
    const char *name;
    const char *id;
    enum gw_host_health health;
    int accelerator; /* only compared */
    const char *accelerator_name;
    bool is_emulated;         /* guests run on QEMU's TCG */
    const char *qemu_version; /* e.g. "7.2.22"; may be NULL */
    uint64_t memory_free_bytes;
    const struct gw_pool_view *pools;
    size_t n_pools;
    const char *const *machine_types;
    size_t n_machine_types;
    const char *const *bridges;
    size_t n_bridges;
};

/* Reasons against making the guest @spec on @host. */
void gw_check_create(const struct gw_guest_spec *spec,
                     const struct gw_host_view *host,
                     struct gw_reasons *reasons);

/* Reasons against starting the guest @spec, whose disks are there, on @host. */
void gw_check_start(const struct gw_guest_spec *spec,
                    const struct gw_host_view *host,
                    struct gw_reasons *reasons);

struct gw_move {
    const struct gw_guest_spec *spec;
    bool is_running;
    bool is_busy;          /* a migration, a start or a stop is under way */
    const char *busy_with; /* what, e.g. "migration 0a1b..." */
    bool is_live;          /* with its memory */
    const struct gw_host_view *from;
};

/* Reasons against moving that lie with the guest and the host it is on. */
void gw_check_move_source(const struct gw_move *move, struct gw_reasons *reasons);
/* Reasons against moving it to @to. */
void gw_check_move_target(const struct gw_move *move,
                          const struct gw_host_view *to,
                          struct gw_reasons *reasons);

/* Which disks must be copied: bit i for spec->disks[i]. A disk need not be when both hosts offer
 * its pool as shared (and the probe finds that they see the same folder). */
uint32_t gw_disks_to_copy(const struct gw_guest_spec *spec,
                          const struct gw_host_view *from,
                          const struct gw_host_view *to);

/* The eligible host with the most free memory, the first by name among equals: its index, or -1
 * with the reasons of every host. */
int gw_place_create(const struct gw_guest_spec *spec,
                    const struct gw_host_view *hosts,
                    size_t n_hosts,
                    struct gw_reasons *reasons);
int gw_place_move(const struct gw_move *move,
                  const struct gw_host_view *hosts,
                  size_t n_hosts,
                  struct gw_reasons *reasons);

#endif
