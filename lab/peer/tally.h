#ifndef GW_LAB_PEER_TALLY_H
#define GW_LAB_PEER_TALLY_H
/* What the beats of one guest add up to. Pure: no clock, no I/O. Times are nanoseconds of one clock
 * chosen by the caller. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "beat/beat.h"

enum {
    TALLY_BOOTS_MAX = 8,       /* boot ids remembered; more are counted */
    TALLY_PERIOD_NS = 1000000, /* from beat to beat when nothing is in the way */
};

struct tally {
    /* Since the last mark. */
    uint64_t n_beats;
    uint64_t n_lost;         /* numbers that never came */
    uint64_t n_late;         /* came after a higher one; no longer lost */
    uint64_t longest_gap_ns; /* between two arrivals, of which the second came after the mark */
    /* Since the beginning. */
    uint64_t last_arrival_ns; /* 0: none yet */
    struct lab_beat last;     /* the newest beat */
    uint64_t n_boots;
    uint8_t boots[TALLY_BOOTS_MAX][LAB_BOOT_ID_BYTES];
    uint64_t past_memory_errors; /* of earlier boots */
    uint64_t past_disk_errors;
    uint64_t past_disk_sequence; /* newest block acknowledged in earlier boots */
};

/* One more beat, which arrived at @now_ns. */
void tally_add(struct tally *tally, const struct lab_beat *beat, uint64_t now_ns);
/* Begin a new window. */
void tally_mark(struct tally *tally);

/* Longest time without a beat since the mark, the silence that reaches until @now_ns included, less
 * the normal period: what an onlooker calls the guest's blackout. */
uint64_t tally_blackout_ns(const struct tally *tally, uint64_t now_ns);
uint64_t tally_memory_errors(const struct tally *tally);
uint64_t tally_disk_errors(const struct tally *tally);
/* Blocks that were acknowledged before a reboot and that the disk did not have afterwards. */
uint64_t tally_disk_lost(const struct tally *tally);
bool tally_is_scanned(const struct tally *tally);

#endif
