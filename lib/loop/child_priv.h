#ifndef GW_LOOP_CHILD_PRIV_H
#define GW_LOOP_CHILD_PRIV_H
/* Steps of making and finding processes, without a loop. */

#include "loop/child.h"

/* gw_proc_start_ticks() from the text of /proc/PID/stat; -1 when it is not of that form. *out_state
 * is the letter of field 3. */
int gw_proc_stat_parse(const char *stat, char *out_state, uint64_t *out_ticks);

#endif
