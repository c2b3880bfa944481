#include <stdlib.h>
#include <string.h>

#include "cold_priv.h"

static void copy_all(void *arg)
{
    struct src_cold *cold = arg;

    for (unsigned i = 0; i < cold->begin.n_disks; i++) {
        const struct src_endpoint *to = &cold->begin.disks[i];
        const struct gw_disk_copy_spec spec = {
            .disk = to->name,
            .source = {.unix_path = cold->disks[i].socket_path},
            .target = {.host = to->host,
                       .port = (uint16_t)to->port,
                       .export_name = to->export_name},
            .bandwidth_bps = cold->begin.bandwidth_bps,
            .is_target_zeroed = true, /* Prepare has just made it */
        };
        if (gw_disk_copy(&spec, &cold->disks[i].progress, &cold->is_cancelled, &cold->cause) != 0)
            return;
    }
}

static void on_copied(void *arg)
{
    struct src_cold *cold = arg;
    struct gw_error cause = cold->cause;

    cold->is_job_running = false;
    if (cold->guest == NULL) {
        src_cold_free(cold);
        return;
    }
    if (!gw_error_is_set(&cause) && atomic_load(&cold->is_cancelled))
        (void)gw_error_set(&cold->cause, GW_CANCELLED, "the move was cancelled");
    if (gw_error_is_set(&cold->cause))
        src_cold_fail(cold, &cause);
    else
        src_cold_copied(cold);
}

void src_cold_report(void *arg)
{
    struct src_cold *cold = arg;
    struct src_progress progress = {.step = SRC_COPY_DISKS, .n_disks = cold->begin.n_disks};

    for (unsigned i = 0; i < cold->begin.n_disks; i++) {
        struct src_disk_progress *disk = &progress.disks[i];
        memcpy(disk->name, cold->begin.disks[i].name, sizeof disk->name);
        disk->total_bytes = atomic_load(&cold->disks[i].progress.size_bytes);
        disk->done_bytes = atomic_load(&cold->disks[i].progress.done_bytes);
    }
    (void)src_report_progress(cold->daemon, &cold->begin.attempt, &progress, NULL, NULL);
    gw_timer_start(cold->progress_timer, SRC_PROGRESS_MS);
}

void src_cold_copy(struct src_cold *cold)
{
    struct gw_error err = {0};

    cold->stage = SRC_COLD_COPYING;
    if (gw_pool_submit(cold->daemon->pool, copy_all, on_copied, cold, &err) == 0)
        cold->is_job_running = true;
    if (!cold->is_job_running)
        src_cold_fail(cold, &err);
    else
        gw_timer_start(cold->progress_timer, SRC_PROGRESS_MS);
}
