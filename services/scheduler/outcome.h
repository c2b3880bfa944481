#ifndef SCH_OUTCOME_H
#define SCH_OUTCOME_H
/* What a step of the core's table leaves in the rows of a migration and of its guest. */

#include "driver.h"
#include "tx.h"

/* The row of @m as it will be; its blobs are shared with @m or @signal, not owned. */
struct gw_migration_row sch_outcome_row(struct sch_migration *m,
                                        const struct sch_signal *signal,
                                        const struct gw_migration_step *step);
/* Add to @tx what becomes of the guest: holder and epoch, state, whether it is let go of. */
void sch_outcome_guest(struct sch_tx *tx,
                       struct sch_migration *m,
                       const struct gw_migration_row *next,
                       const struct gw_migration_step *step,
                       enum gw_migration_event_kind kind);

#endif
