#include <string.h>

#include "base/str.h"
#include "commands.h"
#include "live_priv.h"
#include "monitor.h"

static void tell_again(struct src_live *live);

static void on_relinquished_told(void *arg, const struct gw_error *err)
{
    struct src_live *live = arg;
    bool is_first = !live->has_told;

    live->tell = NULL;
    live->has_told = true;
    if (err != NULL)
        gw_log_failure(&live->guest->log, GW_LOG_WARN, "move.relinquished_refused", err);
    if (!is_first)
        return;
    src_guest_write_done(live->guest);
    if (err == NULL)
        tell_again(live);
}

/* QEMU's own figure comes after the word that must not wait for it: it follows in a repeat. */
static void tell_again(struct src_live *live)
{
    if (live->tell != NULL || !live->has_told || live->figures.qemu_downtime_ms == 0 ||
        live->is_downtime_told)
        return;
    live->is_downtime_told = true;
    live->tell = src_tell_relinquished(live->guest, &live->begin.attempt, &live->figures,
                                       &live->progress, on_relinquished_told, live);
}

static void on_downtime(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    if (gw_error_is_set(err) || live->move.state != SRC_OUT_RELINQUISHED)
        return;
    src_live_take_migration(live, result);
    live->figures.qemu_downtime_ms = src_json_u64(result, "downtime");
    tell_again(live);
}

void src_live_tell_relinquished(struct src_live *live)
{
    live->tell = src_tell_relinquished(live->guest, &live->begin.attempt, &live->figures,
                                       &live->progress, on_relinquished_told, live);
    if (live->tell == NULL)
        gw_log_error(&live->guest->log, "move.relinquished_not_told",
                     "remedy=\"restart this agent: out of memory\"");
    (void)src_monitor_execute(live->guest->monitor, "query-migrate", NULL, SRC_QMP_DEADLINE_MS,
                              on_downtime, live);
}

static void on_failure_told(void *arg, const struct gw_error *err)
{
    struct src_live *live = arg;

    live->tell = NULL;
    if (err != NULL)
        gw_log_failure(&live->guest->log, GW_LOG_WARN, "move.failure_refused", err);
    src_guest_write_done(live->guest);
}

void src_live_tell_failure(struct src_live *live)
{
    struct src_failure failure = {.is_guest_stopped = live->guest->qemu == NULL};

    src_live_note(live, "the move was given up (%s)", src_outgoing_event_name(live->move.cause));
    (void)gw_str_copy(failure.reason, sizeof failure.reason, src_outgoing_reason(&live->move));
    (void)gw_str_copy(failure.message, sizeof failure.message, live->cause.message);
    gw_log_warn(&live->guest->log, "move.failed", "migration=%s reason=%s message=\"%s\"",
                live->begin.attempt.migration_id, failure.reason, failure.message);
    live->tell =
        src_tell_failure(live->guest, &live->begin.attempt, &failure, on_failure_told, live);
}
