#ifndef GW_DISK_COPY_H
#define GW_DISK_COPY_H
/* Copies one disk between two NBD exports. Blocks: for a thread of a work pool. What the source
 * says is zero or a hole (block status, base:allocation), or turns out to be zero when read, is not
 * sent: the target is told to write zeroes, which may make holes there. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    GW_DISK_CONNECTIONS_MAX = 8,                 /* per end; one disk gains nothing past 4 */
    GW_DISK_REQUEST_MIN_BYTES = 64 * 1024,       /* a qcow2 cluster */
    GW_DISK_REQUEST_MAX_BYTES = 4 * 1024 * 1024, /* NBD servers must take 32 MiB; memory */
    GW_DISK_REQUESTS_MAX = 128,                  /* under way, each with a buffer */
    GW_DISK_REQUEST_BYTES = 256 * 1024,          /* what 0 stands for, here and below */
    GW_DISK_REQUESTS = 32,
    GW_DISK_CONNECTIONS = 2,
    GW_DISK_STALL_MS = 30000,
    GW_DISK_FLUSH_MS = 600000, /* gigabytes may have to reach a slow disk */
};

/* Where an export is. */
struct gw_disk_end {
    const char *unix_path; /* socket, or NULL for TCP */
    const char *host;      /* numeric address, or a name to be looked up */
    uint16_t port;
    const char *export_name; /* NULL: the default export "" */
};

struct gw_disk_copy_spec {
    const char *disk; /* its name, for messages */
    struct gw_disk_end source;
    struct gw_disk_end target;
    unsigned n_connections; /* per end, where both ends can; 0: GW_DISK_CONNECTIONS */
    unsigned n_requests;    /* under way at once; 0: GW_DISK_REQUESTS */
    uint32_t request_bytes; /* longest read, a power of two; 0: GW_DISK_REQUEST_BYTES */
    uint32_t stall_ms;      /* give up when nothing is answered for so long; 0: GW_DISK_STALL_MS */
    uint64_t bandwidth_bps; /* bytes per second that are sent; 0: no limit */
    bool is_target_zeroed;  /* the target reads as zero everywhere: zeroes need not be written */
};

/* Kept by the copy, read by anybody. */
struct gw_disk_progress {
    _Atomic uint64_t size_bytes; /* of the disk; 0 until both ends are known */
    _Atomic uint64_t done_bytes; /* of size_bytes, zeroes included */
    _Atomic uint64_t sent_bytes; /* data written to the target */
};

/* Copy, flush the target, and hang up.
 * @progress   set to 0 at the start; may be NULL
 * @is_cancelled set it, from any thread, to end the copy within 100 ms; may be NULL
 * Thread      any but the loop's; blocks.
 * Errors      INVALID_ARGUMENT spec; FAILED_PRECONDITION, reason DISK_SIZE, the sizes differ, or
 *             DISK_READ_ONLY, the target is (nothing was written); NOT_FOUND no such export or
 *             socket; UNAVAILABLE an end is not there or went away; DEADLINE_EXCEEDED it does not
 *             answer; CANCELLED; others by the errno of the failing read or write, with its offset.
 *             After an error the target's content is undefined. */
int gw_disk_copy(const struct gw_disk_copy_spec *spec,
                 struct gw_disk_progress *progress,
                 const atomic_bool *is_cancelled,
                 struct gw_error *err);

#endif
