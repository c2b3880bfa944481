#ifndef GW_HOST_RECORD_H
#define GW_HOST_RECORD_H
/* An agent's durable word about one guest: a file of two preallocated 4 KiB slots, written in turn,
 * each with a sequence number and a checksum. A torn write loses only the write itself; a full disk
 * cannot block one. It guards against the agent's own crash and need not survive power loss (the
 * QEMU it speaks of does not, either): in the blackout window it is written without fsync.
 * See docs/agents.md for who writes which state when.
 *
 * target.rec: CREATED -> ACTIVE(e); INCOMING(m,att,e) -> ACTIVE(e) | REFUSED(m,att,e)
 * source.rec: HOLDING(e) -> OUTGOING(m,att,e) -> RELINQUISHED(m,att,e) -> RETIRED(m,att,e) */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/name.h"

enum {
    GW_RECORD_SLOT_BYTES = 4096,
    GW_RECORD_PEER_MAX = 45, /* text of an IPv6 address */
};

enum gw_record_state {
    GW_RECORD_NONE, /* never written */
    /* the target's */
    GW_RECORD_CREATED,  /* disks are made, nothing ran yet */
    GW_RECORD_INCOMING, /* an attempt to bring it here is under way */
    GW_RECORD_ACTIVE,   /* may run here under `epoch` */
    GW_RECORD_REFUSED,  /* that attempt will never run here */
    /* the source's */
    GW_RECORD_HOLDING,      /* this host's guest; qemu_pid 0: stopped */
    GW_RECORD_OUTGOING,     /* being moved away; still this host's */
    GW_RECORD_RELINQUISHED, /* given up for that attempt; paused or stopped */
    GW_RECORD_RETIRED,      /* gone; its QEMU is ended, its copied disks are in the trash */
    GW_RECORD_STATE_COUNT
};

enum gw_record_mode { GW_RECORD_MODE_NONE, GW_RECORD_LIVE, GW_RECORD_COLD };

struct gw_record {
    enum gw_record_state state;
    char guest_uuid[GW_UUID_LEN + 1];
    uint64_t epoch;
    char migration_id[GW_NAME_MAX + 1]; /* "" outside a migration */
    uint32_t attempt;
    enum gw_record_mode mode;
    pid_t qemu_pid;                /* 0: no QEMU */
    uint64_t qemu_start_ticks;     /* field 22 of /proc/PID/stat */
    char boot_id[GW_UUID_LEN + 1]; /* of the kernel that runs qemu_pid */
    uint64_t memory_bytes;         /* what its QEMU, running or coming, claims of the host */
    uint32_t disks_copied; /* bit i: spec.disks[i] arrives (target) or leaves (source) by copy */
    uint32_t disks_made;   /* target: bit i: this attempt made the file, Refuse removes it */
    uint32_t disks_placed; /* target, cold: bit i: the part got, or is about to get, its name */
    uint32_t memory_port;  /* target, live: where the memory stream was told to come */
    uint32_t disk_port;    /* target: where the disk exports listen; cold: of the first */
    char peer[GW_RECORD_PEER_MAX + 1]; /* target: IP address of the source, the only one admitted */
    bool is_guest_stopped; /* source, cold: the guest was shut down (or stopped before) */
    bool is_starting;      /* target: qemu_pid was started for a Start that has not let it run */
    bool is_done;          /* the agent's own: the outward act of this state was answered */
};

struct gw_record_file {
    int fd;               /* -1: not open */
    uint64_t sequence;    /* of `now` */
    struct gw_record now; /* newest valid; state NONE when never written */
};

enum gw_record_sync { GW_RECORD_NO_SYNC, GW_RECORD_SYNC };

/* Open or make and preallocate @path (synced with its folder), load the newest valid slot. Errors:
 * DATA_LOSS both slots were written and neither is whole, or the file was cut short after something
 * was written, with what to do; RESOURCE_EXHAUSTED disk full; others by errno. */
int gw_record_file_open(struct gw_record_file *file, const char *path, struct gw_error *err);
/* Write @record into the older slot; file->now is it on success and unchanged on failure, and so is
 * what the file says (or else the file is closed, and says so at the next write). If it fails, do
 * not act (rule R10). Does not allocate; a few microseconds without sync. */
int gw_record_file_write(struct gw_record_file *file,
                         const struct gw_record *record,
                         enum gw_record_sync sync,
                         struct gw_error *err);
void gw_record_file_close(struct gw_record_file *file);

/* Read the newest record of a file that another process writes. No such file: state NONE, returns
 * 0. Errors as for opening. */
int gw_record_read(const char *path, struct gw_record *out, struct gw_error *err);

/* Lower-case name, e.g. "relinquished". Static storage. */
const char *gw_record_state_name(enum gw_record_state state);

/* One slot as text and back, for the tests. Encode returns -1 only when it does not fit. Decode
 * returns 1 when the slot was never written, 0 with @out and @out_sequence, -1 when it is torn. */
int gw_record_encode(const struct gw_record *record,
                     uint64_t sequence,
                     char slot[GW_RECORD_SLOT_BYTES]);
int gw_record_decode(const char slot[GW_RECORD_SLOT_BYTES],
                     struct gw_record *out,
                     uint64_t *out_sequence);

#endif
