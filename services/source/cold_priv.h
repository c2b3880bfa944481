#ifndef SRC_COLD_PRIV_H
#define SRC_COLD_PRIV_H
/* Shared by the cold_*.c files. */

#include <stdatomic.h>

#include "cold.h"
#include "disk/copy.h"
#include "loop/child.h"
#include "tell.h"

enum src_cold_stage {
    SRC_COLD_STOPPING,
    SRC_COLD_EXPORTING,
    SRC_COLD_COPYING,
    SRC_COLD_RELINQUISHED,
    SRC_COLD_FAILED,
};

/* One disk's way out. */
struct src_cold_disk {
    char *socket_path; /* qemu-nbd listens here */
    char *pid_path;
    struct gw_child *starter; /* qemu-nbd until it serves */
    struct gw_child *server;  /* the process that serves; ends with its last client */
    struct gw_disk_progress progress;
};

struct src_cold_waiter {
    struct src_cold_waiter *next;
    src_over_fn fn;
    void *arg;
};

struct src_cold {
    struct src_guest *guest; /* NULL: dropped while a pool job runs */
    struct src_daemon *daemon;
    struct src_begin begin;
    enum src_cold_stage stage;
    bool has_stopped_guest; /* it ran, and we shut it down */
    bool is_job_running;    /* a pool thread holds on to this struct */
    unsigned n_exported;
    struct src_cold_disk disks[GW_GUEST_DISKS_MAX];
    atomic_bool is_cancelled;
    struct gw_error cause; /* of the failure; written by the pool thread while it runs */
    struct gw_timer *progress_timer;
    struct src_tell *tell;
    struct src_cold_waiter *waiters;
};

/* Give up: the first cause stays. Nothing once it is over. */
void src_cold_fail(struct src_cold *cold, const struct gw_error *err);
/* Every copied disk is at the target (or none had to be). */
void src_cold_copied(struct src_cold *cold);
void src_cold_free(struct src_cold *cold);

void src_cold_export(struct src_cold *cold); /* cold_export.c: -> src_cold_copy or _fail */
void src_cold_end_exports(struct src_cold *cold);
void src_cold_copy(struct src_cold *cold); /* cold_copy.c: -> src_cold_copied or _fail */
void src_cold_report(void *cold);          /* progress, now and each SRC_PROGRESS_MS */

#endif
