#ifndef GW_HOST_PROCESS_H
#define GW_HOST_PROCESS_H
/* Processes as the records name them: pid, start ticks and boot, so that a pid is never mistaken
 * for another process. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/record.h"

/* Field 22 of /proc/PID/stat. Errors: NOT_FOUND no such process (or it is a zombie). */
int gw_process_start_ticks(pid_t pid, uint64_t *out_ticks, struct gw_error *err);
/* Whether the QEMU of @record is alive under the kernel @boot_id. */
bool gw_record_qemu_is_alive(const struct gw_record *record, const char *boot_id);

/* Run a program to its end, blocking, for pool threads: stdout into malloc'd text of at most
 * @max_bytes (NULL out: dropped), stderr dropped, killed after @deadline_ms. *out_status as from
 * waitpid(). Errors: NOT_FOUND; DEADLINE_EXCEEDED; RESOURCE_EXHAUSTED too much output. */
int gw_process_run(const char *const *argv,
                   unsigned deadline_ms,
                   size_t max_bytes,
                   char **out_text,
                   int *out_status,
                   struct gw_error *err);

#endif
