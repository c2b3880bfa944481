#include <string.h>

#include "clean.h"
#include "commands.h"
#include "live_priv.h"
#include "monitor.h"

static void on_answer(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    (void)result;
    if (!gw_error_is_set(err) || err->code == GW_UNAVAILABLE) /* a lost session is told by itself */
        return;
    src_live_note(live, "QEMU refused a step of the move: %s", err->message);
    src_live_event(live, SRC_EV_COMMAND_FAILED, 0);
}

void src_live_command(struct src_live *live,
                      const char *command,
                      json_object *arguments,
                      uint32_t deadline_ms)
{
    (void)src_monitor_execute(live->guest->monitor, command, arguments, deadline_ms, on_answer,
                              live);
}

static void end_mirrors(struct src_live *live)
{
    char job[SRC_JOB_ID_MAX + 1];

    for (unsigned i = 0; i < live->move.n_disks; i++) {
        if ((live->move.ended & (1U << i)) != 0)
            continue;
        src_job_id(job, &live->begin.attempt, live->begin.disks[i].name);
        src_live_command(live, "block-job-cancel", src_args_job_cancel(job, false),
                         SRC_QMP_SLOW_DEADLINE_MS);
    }
}

static void journal_relinquished(struct src_live *live)
{
    struct gw_record record = live->guest->record.now;
    struct gw_error err = {0};

    record.state = GW_RECORD_RELINQUISHED;
    record.is_done = false;
    if (src_guest_write(live->guest, &record, &err) == 0) {
        src_live_event(live, SRC_EV_JOURNALLED, 0);
        return;
    }
    src_live_note(live, "%s", err.message);
    src_live_event(live, SRC_EV_JOURNAL_FAILED, 0);
}

/* QEMU refuses the whole list for one instance that is not there: one command each. */
static void yank(struct src_live *live)
{
    struct src_monitor *monitor = live->guest->monitor;
    char node[SRC_NODE_NAME_MAX + 1];

    (void)src_monitor_execute_oob(monitor, "yank", src_args_yank_migration(), SRC_QMP_DEADLINE_MS,
                                  NULL, NULL);
    for (unsigned i = 0; i < live->begin.n_disks; i++) {
        src_nbd_node_name(node, &live->begin.attempt, i);
        (void)src_monitor_execute_oob(monitor, "yank", src_args_yank_node(node),
                                      SRC_QMP_DEADLINE_MS, NULL, NULL);
    }
}

static void on_last_words(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;
    const char *words = !gw_error_is_set(err) ? src_json_text(result, "error-desc") : NULL;

    if (words != NULL)
        src_live_note(live, "copying the memory failed: %s", words);
    src_live_event(live, SRC_EV_CLEANED, 0);
}

static void on_cleaned(void *arg)
{
    struct src_live *live = arg;

    if (live->move.cause != SRC_EV_MIG_ENDED_BADLY ||
        src_monitor_execute(live->guest->monitor, "query-migrate", NULL, SRC_QMP_DEADLINE_MS,
                            on_last_words, live) != 0)
        src_live_event(live, SRC_EV_CLEANED, 0);
}

static void journal_holding(struct src_live *live)
{
    struct gw_error err = {0};

    if (src_guest_write_holding(live->guest, &err) != 0)
        gw_log_failure(&live->guest->log, GW_LOG_ERROR, "record.not_written", &err);
    else if (live->move.cause == SRC_EV_CANCEL)
        src_guest_write_done(live->guest);
}

void src_live_do(struct src_live *live, enum src_outgoing_effect effect)
{
    struct src_monitor *monitor = live->guest->monitor;

    switch (effect) {
    case SRC_DO_NOTHING:
    case SRC_DO_COUNT:
        break;
    case SRC_DO_PREPARE:
        src_live_prepare(live);
        break;
    case SRC_DO_MIGRATE:
        src_live_connect(live);
        break;
    case SRC_DO_QUERY:
        src_live_query(live);
        break;
    case SRC_DO_START_PROGRESS:
        src_live_start_progress(live);
        break;
    case SRC_DO_STOP_PROGRESS:
        src_live_stop_progress(live);
        break;
    case SRC_DO_START_SWITCHOVER_TIMER:
        gw_timer_start(live->switchover, live->begin.switchover_timeout_ms);
        break;
    case SRC_DO_START_ABORT_TIMER:
        gw_timer_start(live->abort, SRC_ABORT_STEP_MS);
        break;
    case SRC_DO_STOP_TIMERS:
        gw_timer_stop(live->switchover);
        gw_timer_stop(live->abort);
        break;
    case SRC_DO_END_MIRRORS:
        end_mirrors(live);
        break;
    case SRC_DO_CONTINUE:
        src_live_command(live, "migrate-continue", src_args_one("state", "pre-switchover"),
                         SRC_QMP_SLOW_DEADLINE_MS);
        break;
    case SRC_DO_JOURNAL_RELINQUISHED:
        journal_relinquished(live);
        break;
    case SRC_DO_TELL_RELINQUISHED:
        src_live_tell_relinquished(live);
        break;
    case SRC_DO_CANCEL_MIGRATION:
        (void)src_monitor_execute(monitor, "migrate_cancel", NULL, SRC_QMP_SLOW_DEADLINE_MS, NULL,
                                  NULL);
        break;
    case SRC_DO_YANK:
        yank(live);
        break;
    case SRC_DO_CLEAN:
        src_clean_start(live->guest->clean, on_cleaned, live);
        break;
    case SRC_DO_JOURNAL_HOLDING:
        journal_holding(live);
        break;
    case SRC_DO_TELL_FAILURE:
        src_live_tell_failure(live);
        break;
    }
}
