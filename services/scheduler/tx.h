#ifndef SCH_TX_H
#define SCH_TX_H
/* A change of the memory image that is made durable first, together with the events that tell of
 * it. Gather changes, then commit: when the store has them all, the image takes them over and
 * @done runs; when the store has not, nothing has changed. */

#include "objects.h"
#include "store_job.h"

struct sch_tx;

/* Never fails: without memory the commit does. */
struct sch_tx *sch_tx_new(struct scheduler *s);

/* The host of @next->id gets it; it is added to the list when it is new. */
void sch_tx_host(struct sch_tx *tx, const struct gw_host_row *next);
/* Tell that the host's health is @host->health now; nothing of it is stored. */
void sch_tx_host_health(struct sch_tx *tx, struct sch_host *host);
/* A new guest, which the list takes over on success; on failure it stays the caller's.
 * @json is its spec. */
void sch_tx_guest_add(struct sch_tx *tx, struct sch_guest *guest, const char *json);
/* @guest gets @next; another epoch or holder is granted by compare-and-set. */
void sch_tx_guest(struct sch_tx *tx, struct sch_guest *guest, const struct gw_guest_row *next);
/* @guest gets the spec @packed, which is @json. */
void sch_tx_guest_spec(struct sch_tx *tx,
                       struct sch_guest *guest,
                       const struct gw_blob *packed,
                       const char *json);
/* @guest is taken out of the list and freed. */
void sch_tx_guest_remove(struct sch_tx *tx, struct sch_guest *guest);
void sch_tx_plan_add(struct sch_tx *tx, struct sch_plan *plan);
void sch_tx_migration_add(struct sch_tx *tx, struct sch_migration *m);
/* @m gets @next, all but its progress. */
void sch_tx_migration(struct sch_tx *tx,
                      struct sch_migration *m,
                      const struct gw_migration_row *next);

/* Ends @tx. @done runs exactly once, inside this call only on failure. */
void sch_tx_commit(struct sch_tx *tx, sch_done_fn done, void *arg);

#endif
