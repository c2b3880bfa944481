#ifndef GW_LOOP_CHILD_PRIV_H
#define GW_LOOP_CHILD_PRIV_H
/* Steps of making and finding processes, without a loop. */

#include "loop/child.h"

/* posix_spawn @spawn; *out_pid is a child to be waited for. Errors: those of gw_child_spawn(). */
int gw_spawn_process(const struct gw_spawn *spawn, pid_t *out_pid, struct gw_error *err);

/* Start time of @pid, from /proc. Errors: NOT_FOUND no such process, or it has ended and only waits
 * for its parent to notice. */
int gw_proc_start_ticks(pid_t pid, uint64_t *out_ticks, struct gw_error *err);
/* The same from the text of /proc/PID/stat; -1 when it is not of that form. *out_state is the
 * letter of field 3. */
int gw_proc_stat_parse(const char *stat, char *out_state, uint64_t *out_ticks);

#endif
