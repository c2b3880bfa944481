#ifndef GW_HOST_QEMU_H
#define GW_HOST_QEMU_H
/* QEMU's command line for a guest: pure, from values alone. Every disk and device is JSON with its
 * format and address spelled out, so that nothing can be injected through a name and both ends of a
 * migration get the same machine. QEMU always starts with -S: only `cont` makes it run. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "core/guest_spec.h"
#include "host/host.h"

struct gw_qemu_plan {
    const struct gw_guest_spec *spec; /* filled in */
    const char *qemu;                 /* program */
    enum gw_accelerator accelerator;
    bool is_export;   /* a machine without CPU, for its disks' NBD exports only */
    bool is_incoming; /* -incoming defer */
    const char *disk_paths[GW_GUEST_DISKS_MAX]; /* absolute, one per spec->disks; export: NULL for
                                                   those left out */
    int tap_fds[GW_GUEST_NICS_MAX];             /* one per spec->nics */
    const char *kernel_path;                    /* NULL: none; likewise below */
    const char *initrd_path;
    const char *firmware_path;
    const char *console_path; /* NULL: no console; serial console goes here, appended */
    int source_qmp_fd;        /* listening sockets for the two monitors; -1: none */
    int target_qmp_fd;
};

struct gw_argv {
    char **items; /* items[n_items] is NULL */
    size_t n_items;
};

/* Errors: INVALID_ARGUMENT spec not filled in; RESOURCE_EXHAUSTED no memory. */
int gw_qemu_argv(const struct gw_qemu_plan *plan, struct gw_argv *out, struct gw_error *err);
void gw_argv_fini(struct gw_argv *argv);

#endif
