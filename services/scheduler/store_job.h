#ifndef SCH_STORE_JOB_H
#define SCH_STORE_JOB_H
/* The store's thread as seen from the loop: changes in, one completion out, in order. */

#include "scheduler.h"

/* @err NULL: done. */
typedef void (*sch_done_fn)(void *arg, const struct gw_error *err);

/* Apply @batch, which is taken over and left empty. @done runs on the loop thread exactly once;
 * inside this call only when the job cannot be queued. */
void sch_store_apply(struct scheduler *s, struct gw_batch *batch, sch_done_fn done, void *arg);

/* @events belong to the callee's caller until it returns; payloads are freed afterwards.
 * @oldest is the cursor of the oldest event kept. */
typedef void (*sch_events_fn)(void *arg,
                              const struct gw_event_row *events,
                              size_t n_events,
                              uint64_t oldest,
                              const struct gw_error *err);
enum { SCH_EVENTS_READ_MAX = 64 }; /* as many as a stream's credit */
/* Read events after @after, of @migration_id unless "". As above. */
void sch_store_read_events(
    struct scheduler *s, uint64_t after, const char *migration_id, sch_events_fn done, void *arg);

/* Housekeeping, if there is none under way. */
void sch_store_tidy(struct scheduler *s);

#endif
