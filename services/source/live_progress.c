/* Figures for display: asked each SRC_PROGRESS_MS while disks and memory are copied, never while
 * the guest is paused. */
#include <string.h>

#include "commands.h"
#include "live_priv.h"
#include "monitor.h"

static void on_report_done(void *arg)
{
    struct src_guest *guest = arg;

    guest->is_reporting = false;
}

static void report(struct src_live *live)
{
    struct src_guest *guest = live->guest;

    live->progress.step = live->move.state == SRC_OUT_MEMORY ? SRC_COPY_MEMORY : SRC_COPY_DISKS;
    if (guest->is_reporting || !gw_timer_is_running(live->progress_timer))
        return;
    guest->is_reporting = src_report_progress(guest->daemon, &live->begin.attempt, &live->progress,
                                              on_report_done, guest) == 0;
}

static void take_jobs(struct src_live *live, json_object *jobs)
{
    size_t n = json_object_is_type(jobs, json_type_array) ? json_object_array_length(jobs) : 0;

    for (size_t i = 0; i < n; i++) {
        json_object *job = json_object_array_get_idx(jobs, i);
        int disk = src_live_find_job(live, src_json_text(job, "id"));
        if (disk < 0)
            continue;
        live->progress.disks[disk].done_bytes = src_json_u64(job, "current-progress");
        live->progress.disks[disk].total_bytes = src_json_u64(job, "total-progress");
    }
}

static void on_jobs(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    live->is_polling = false;
    if (gw_error_is_set(err))
        return;
    take_jobs(live, result);
    report(live);
}

void src_live_take_migration(struct src_live *live, json_object *result)
{
    struct src_progress *p = &live->progress;
    json_object *ram = NULL;

    p->expected_downtime_ms = (uint32_t)src_json_u64(result, "expected-downtime");
    if (result == NULL || !json_object_object_get_ex(result, "ram", &ram))
        return;
    p->memory_total_bytes = src_json_u64(ram, "total");
    p->memory_done_bytes = src_json_u64(ram, "transferred");
    p->memory_remaining_bytes = src_json_u64(ram, "remaining");
    p->pass = (uint32_t)src_json_u64(ram, "dirty-sync-count");
    p->dirty_rate_bps = src_json_u64(ram, "dirty-pages-rate") * src_json_u64(ram, "page-size");
    json_object *mbps = NULL;
    if (json_object_object_get_ex(ram, "mbps", &mbps))
        p->rate_bps = (uint64_t)(json_object_get_double(mbps) * 1e6 / 8);
}

static void on_migration(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    if (!gw_error_is_set(err))
        src_live_take_migration(live, result);
    if (gw_error_is_set(err) || src_monitor_execute(live->guest->monitor, "query-jobs", NULL,
                                                    SRC_QMP_DEADLINE_MS, on_jobs, live) != 0)
        live->is_polling = false;
}

void src_live_poll(void *arg)
{
    struct src_live *live = arg;

    gw_timer_start(live->progress_timer, SRC_PROGRESS_MS);
    if (live->is_polling)
        return;
    live->is_polling = src_monitor_execute(live->guest->monitor, "query-migrate", NULL,
                                           SRC_QMP_DEADLINE_MS, on_migration, live) == 0;
}

void src_live_start_progress(struct src_live *live)
{
    live->progress.n_disks = live->begin.n_disks;
    for (unsigned i = 0; i < live->begin.n_disks; i++)
        memcpy(live->progress.disks[i].name, live->begin.disks[i].name,
               sizeof live->progress.disks[i].name);
    if (!gw_timer_is_running(live->progress_timer))
        gw_timer_start(live->progress_timer, SRC_PROGRESS_MS);
}

void src_live_stop_progress(struct src_live *live)
{
    gw_timer_stop(live->progress_timer);
}
