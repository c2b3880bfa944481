#ifndef GW_HOST_PROCESS_H
#define GW_HOST_PROCESS_H
/* Processes as the records name them: pid, start ticks and boot, so that a pid is never mistaken
 * for another process. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/record.h"

/* Field 22 of /proc/PID/stat. Errors: NOT_FOUND no such process (or it is a zombie). */
int gw_process_start_ticks(pid_t pid, uint64_t *out_ticks, struct gw_error *err);
/* Whether the QEMU of @record is alive under the kernel @boot_id. */
bool gw_record_qemu_is_alive(const struct gw_record *record, const char *boot_id);

struct gw_process_plan {
    const char *const *argv; /* NULL at the end */
    const int *keep_fds;     /* descriptors it gets under their own numbers */
    size_t n_keep_fds;
    unsigned deadline_ms;
    size_t max_bytes; /* of stdout */
};

/* Run a program to its end, blocking, for pool threads: stdout into malloc'd text (@out_text NULL:
 * dropped), stderr dropped, killed at its deadline. *out_status as from waitpid(). Errors:
 * NOT_FOUND; DEADLINE_EXCEEDED; RESOURCE_EXHAUSTED too much output. */
int gw_process_run(const struct gw_process_plan *plan,
                   char **out_text,
                   int *out_status,
                   struct gw_error *err);

#endif
