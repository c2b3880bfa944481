#ifndef GW_HOST_MAY_RUN_H
#define GW_HOST_MAY_RUN_H
/* The rules about one host's two records of a guest (handover rules R1 and R9). Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "host/record.h"

/* True when this host may execute the guest: the target's record says ACTIVE(e), and the source's
 * says neither RELINQUISHED nor RETIRED for e or later. A regrant (source HOLDING under a higher
 * epoch than it gave up) makes it true again. */
bool gw_may_run(const struct gw_record *target, const struct gw_record *source);

/* The same of a guest that need not run: it is this host's, booted or only made here, and was not
 * given up since. */
bool gw_is_holder(const struct gw_record *target, const struct gw_record *source);

/* The highest epoch either record speaks of: what is lower is stale. */
uint64_t gw_record_epoch(const struct gw_record *target, const struct gw_record *source);

/* How a message (m, att, e) relates to what was journalled for (m, att, e). Attempts rise from one
 * migration of a guest to the next, so under one epoch the higher attempt is the newer, whatever
 * the migration: a late message of a cancelled one is known by it. */
enum gw_attempt_order {
    GW_ATTEMPT_SAME,  /* a repeat: the same answer again */
    GW_ATTEMPT_NEWER, /* higher epoch, or a higher attempt under the same */
    GW_ATTEMPT_STALE, /* lower epoch or attempt, or this attempt belongs to another migration */
};
enum gw_attempt_order gw_attempt_compare(const struct gw_record *record,
                                         const char *migration_id,
                                         uint32_t attempt,
                                         uint64_t epoch);

/* Raise ABORTED, reason STALE, saying what came and what is known. Returns -1. */
int gw_attempt_stale(struct gw_error *err,
                     const struct gw_record *record,
                     const char *migration_id,
                     uint32_t attempt,
                     uint64_t epoch);

#endif
