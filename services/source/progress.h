#ifndef SRC_PROGRESS_H
#define SRC_PROGRESS_H
/* How far a move is, as a plain struct (godwit.v1.Progress). For display only. */

#include <stddef.h>
#include <stdint.h>

#include "core/guest_spec.h"

/* Values as in godwit.v1.CopyStep. */
enum src_copy_step {
    SRC_COPY_NONE = 0,
    SRC_COPY_SHUTDOWN = 1,
    SRC_COPY_DISKS = 2,
    SRC_COPY_MEMORY = 3,
    SRC_COPY_SWITCHOVER = 4,
    SRC_COPY_DONE = 5,
};

struct src_disk_progress {
    char name[GW_GUEST_DISK_NAME_MAX + 1];
    uint64_t total_bytes;
    uint64_t done_bytes;
};

struct src_progress {
    enum src_copy_step step;
    uint64_t memory_total_bytes;
    uint64_t memory_done_bytes; /* transferred, over all passes */
    uint64_t memory_remaining_bytes;
    uint32_t pass;
    uint64_t rate_bps; /* bytes per second, as is dirty_rate_bps */
    uint64_t dirty_rate_bps;
    uint32_t expected_downtime_ms;
    struct src_disk_progress disks[GW_GUEST_DISKS_MAX];
    size_t n_disks;
};

#endif
