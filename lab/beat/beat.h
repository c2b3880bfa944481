#ifndef GW_LAB_BEAT_BEAT_H
#define GW_LAB_BEAT_BEAT_H
/* The beat: what the witness in a lab guest tells its peer once per millisecond, in one UDP packet.
 * Fixed size, little endian, so that both ends and a packet dump read the same. */

#include <stddef.h>
#include <stdint.h>

enum {
    LAB_BOOT_ID_BYTES = 16,
    LAB_BEAT_N_NUMBERS = 10,
    LAB_BEAT_BYTES = 8 + LAB_BOOT_ID_BYTES + 8 * LAB_BEAT_N_NUMBERS,
};

/* disk_found while the witness has not finished reading the disk after its start. */
#define LAB_DISK_NOT_SCANNED UINT64_MAX

struct lab_beat {
    uint8_t boot_id[LAB_BOOT_ID_BYTES]; /* random, new at each boot of the guest */
    uint64_t sequence;                  /* of this beat, from 1, rising by one */
    uint64_t guest_ns;                  /* the guest's CLOCK_MONOTONIC */
    uint64_t memory_passes;             /* times the whole dirtied region was rewritten */
    uint64_t memory_checks;             /* pages compared with what they must hold */
    uint64_t memory_errors;             /* pages that did not */
    uint64_t disk_writes;               /* blocks acknowledged by the disk since boot */
    uint64_t disk_checks;               /* blocks read back and compared since boot */
    uint64_t disk_errors;               /* blocks that were wrong, and I/O errors */
    uint64_t disk_sequence; /* number of the newest acknowledged block, over all boots */
    uint64_t disk_found;    /* number of the newest block found at boot */
};

void lab_beat_encode(const struct lab_beat *beat, uint8_t out[LAB_BEAT_BYTES]);
/* 0, or -1 when @bytes is not a beat (wrong size or magic); @out is then untouched. */
int lab_beat_decode(const void *bytes, size_t n_bytes, struct lab_beat *out);

#endif
