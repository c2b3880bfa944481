#ifndef SRC_RETIRE_H
#define SRC_RETIRE_H
/* The guest lives elsewhere, or is deleted: end its QEMU, journal RETIRED, put the named disks into
 * the trash of their pools. May be repeated; what is in the trash already stays there.
 * Thread: loop thread; the files are moved on a pool thread. */

#include <stddef.h>

#include "attempt.h"
#include "base/error.h"
#include "guest.h"

struct src_retire_disk {
    char pool[GW_NAME_MAX + 1];
    char file[GW_FILE_NAME_MAX + 1];
    char name[GW_GUEST_DISK_NAME_MAX + 1]; /* filled in here; "": not known */
    char *trashed;                         /* out: where it went; NULL: it was not there */
};

struct src_retire_disks {
    struct src_retire_disk items[GW_GUEST_DISKS_MAX];
    size_t n_items;
};

/* @disks is NULL when @err is not; borrowed. */
typedef void (*src_retire_fn)(void *arg,
                              const struct src_retire_disks *disks,
                              const struct gw_error *err);

/* @fn runs once, later. The caller has checked that @attempt may retire the guest. @disks is
 * copied. Errors: RESOURCE_EXHAUSTED. */
int src_retire_begin(struct src_guest *guest,
                     const struct src_attempt *attempt,
                     const struct src_retire_disks *disks,
                     src_retire_fn fn,
                     void *arg,
                     struct gw_error *err);
/* Whether @attempt may retire the guest now. Errors: ABORTED, reason STALE; FAILED_PRECONDITION,
 * reason NOT_RELINQUISHED or GUEST_RUNNING; NOT_FOUND, reason MIGRATION_NOT_FOUND. */
int src_retire_check(const struct src_guest *guest,
                     const struct src_attempt *attempt,
                     struct gw_error *err);
/* From the guest. */
void src_retire_on_qemu_ended(struct src_guest *guest);
/* The daemon is ending: those that wait get CANCELLED. */
void src_retire_abandon(struct src_guest *guest);

#endif
