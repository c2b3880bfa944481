#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cold_priv.h"
#include "stop.h"

static void answer_waiters(struct src_cold *cold)
{
    while (cold->waiters != NULL) {
        struct src_cold_waiter *waiter = cold->waiters;
        cold->waiters = waiter->next;
        waiter->fn(waiter->arg, cold->stage == SRC_COLD_RELINQUISHED, cold->has_stopped_guest);
        free(waiter);
    }
}

static void on_told(void *arg, const struct gw_error *err)
{
    struct src_cold *cold = arg;

    cold->tell = NULL;
    if (err != NULL)
        gw_log_failure(&cold->guest->log, GW_LOG_WARN, "move.outcome_refused", err);
    src_guest_write_done(cold->guest);
}

static void tell_failure(struct src_cold *cold)
{
    struct src_failure failure = {.is_guest_stopped = cold->has_stopped_guest};
    const char *reason = cold->cause.reason[0] != '\0' ? cold->cause.reason : "COPY_FAILED";

    (void)gw_str_copy(failure.reason, sizeof failure.reason, reason);
    (void)gw_str_copy(failure.message, sizeof failure.message, cold->cause.message);
    gw_log_failure(&cold->guest->log, GW_LOG_WARN, "move.failed", &cold->cause);
    cold->tell = src_tell_failure(cold->guest, &cold->begin.attempt, &failure, on_told, cold);
}

static void end_as_failed(struct src_cold *cold)
{
    bool is_cancelled = atomic_load(&cold->is_cancelled);
    struct gw_error err = {0};

    cold->stage = SRC_COLD_FAILED;
    gw_timer_stop(cold->progress_timer);
    src_cold_end_exports(cold);
    if (src_guest_write_holding(cold->guest, &err) != 0)
        gw_log_failure(&cold->guest->log, GW_LOG_ERROR, "record.not_written", &err);
    if (!is_cancelled)
        tell_failure(cold);
    else
        src_guest_write_done(cold->guest);
    answer_waiters(cold);
}

void src_cold_fail(struct src_cold *cold, const struct gw_error *err)
{
    if (!src_cold_is_active(cold->guest))
        return;
    if (!gw_error_is_set(&cold->cause))
        cold->cause = *err;
    end_as_failed(cold);
}

void src_cold_copied(struct src_cold *cold)
{
    struct gw_record record = cold->guest->record.now;
    struct gw_error err = {0};
    const struct src_relinquished figures = {0};
    struct src_progress progress = {.n_disks = 0};

    src_cold_end_exports(cold);
    record.state = GW_RECORD_RELINQUISHED;
    record.is_done = false;
    if (src_guest_write(cold->guest, &record, &err) != 0) {
        src_cold_fail(cold, &err);
        return;
    }
    cold->stage = SRC_COLD_RELINQUISHED;
    gw_timer_stop(cold->progress_timer);
    gw_log_info(&cold->guest->log, "move.relinquished", "migration=%s mode=cold",
                cold->begin.attempt.migration_id);
    progress.n_disks = cold->begin.n_disks;
    for (unsigned i = 0; i < cold->begin.n_disks; i++) {
        struct src_disk_progress *disk = &progress.disks[i];
        memcpy(disk->name, cold->begin.disks[i].name, sizeof disk->name);
        disk->total_bytes = atomic_load(&cold->disks[i].progress.size_bytes);
        disk->done_bytes = disk->total_bytes;
    }
    cold->tell = src_tell_relinquished(cold->guest, &cold->begin.attempt, &figures, &progress,
                                       on_told, cold);
    answer_waiters(cold);
}

static void on_stopped(void *arg, const struct gw_error *err)
{
    struct src_cold *cold = arg;
    struct gw_record record = cold->guest->record.now;
    struct gw_error failed = {0};

    if (err != NULL) {
        src_cold_fail(cold, err);
        return;
    }
    cold->has_stopped_guest = true;
    record.is_guest_stopped = true;
    record.qemu_pid = 0;
    record.qemu_start_ticks = 0;
    if (src_guest_write(cold->guest, &record, &failed) != 0) {
        src_cold_fail(cold, &failed);
    } else if (atomic_load(&cold->is_cancelled)) {
        (void)gw_error_set(&failed, GW_CANCELLED, "the move was cancelled");
        src_cold_fail(cold, &failed);
    } else {
        src_cold_export(cold);
    }
}

static void begin_stop(struct src_cold *cold)
{
    struct gw_error err = {0};
    const struct src_progress progress = {.step = SRC_COPY_SHUTDOWN};

    (void)src_report_progress(cold->daemon, &cold->begin.attempt, &progress, NULL, NULL);
    if (src_stop_begin(cold->guest, false, cold->begin.is_force_stop,
                       cold->begin.shutdown_timeout_ms, on_stopped, cold, &err) != 0)
        src_cold_fail(cold, &err);
}

int src_cold_start(struct src_guest *guest, const struct src_begin *begin, struct gw_error *err)
{
    struct src_cold *cold = calloc(1, sizeof *cold);

    if (cold == NULL)
        return gw_error_set_nomem(err, "starting a cold move");
    cold->progress_timer = gw_timer_new(guest->daemon->loop, src_cold_report, cold);
    if (cold->progress_timer == NULL) {
        free(cold);
        return gw_error_set_nomem(err, "starting a cold move");
    }
    cold->guest = guest;
    cold->daemon = guest->daemon;
    cold->begin = *begin;
    src_guest_drop_moves(guest);
    guest->cold = cold;
    if (guest->qemu != NULL || guest->has_ended)
        begin_stop(cold);
    else
        src_cold_export(cold);
    return 0;
}

bool src_cold_is_active(const struct src_guest *guest)
{
    return guest->cold != NULL && guest->cold->stage < SRC_COLD_RELINQUISHED;
}

int src_cold_cancel(struct src_guest *guest, src_over_fn fn, void *arg)
{
    struct src_cold *cold = guest->cold;
    struct src_cold_waiter *waiter = malloc(sizeof *waiter);
    struct gw_error err = {0};

    if (waiter == NULL)
        return -1;
    *waiter = (struct src_cold_waiter){.next = cold->waiters, .fn = fn, .arg = arg};
    cold->waiters = waiter;
    atomic_store(&cold->is_cancelled, true);
    (void)gw_error_set(&err, GW_CANCELLED, "the move was cancelled");
    if (cold->stage == SRC_COLD_EXPORTING)
        src_cold_fail(cold, &err);
    return 0; /* stopping and copying end by themselves */
}

void src_cold_free(struct src_cold *cold)
{
    src_tell_drop(cold->tell);
    gw_timer_free(cold->progress_timer);
    src_cold_end_exports(cold);
    free(cold);
}

void src_cold_drop(struct src_guest *guest)
{
    struct src_cold *cold = guest->cold;

    if (cold == NULL)
        return;
    guest->cold = NULL;
    src_stop_forget(guest, cold);
    answer_waiters(cold);
    atomic_store(&cold->is_cancelled, true);
    src_tell_drop(cold->tell);
    cold->tell = NULL;
    gw_timer_free(cold->progress_timer);
    cold->progress_timer = NULL;
    cold->guest = NULL;
    if (!cold->is_job_running)
        src_cold_free(cold);
}
