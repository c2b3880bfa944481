#ifndef SCH_PROBE_H
#define SCH_PROBE_H
/* Do both hosts of a migration see the same folder behind each pool that both call shared? A token
 * file written through the source is looked for through the target. Ends in the signal PROBED, with
 * the disks that must be copied, or PROBE_FAILED. */

#include "objects.h"

struct sch_probe;

/* Begin, or begin again. */
void sch_probe_start(struct sch_migration *m);
void sch_probe_free(struct sch_probe *probe);

#endif
