#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "driver.h"
#include "plans.h"
#include "probe.h"
#include "watch.h"

static void on_deadline(void *arg)
{
    sch_driver_signal(arg, sch_signal_new(GW_EV_DEADLINE, 0));
}

static void on_retry(void *arg)
{
    sch_driver_again(arg);
}

/* Only a migration that is not finished needs its timers. */
static int make_timers(struct sch_migration *m)
{
    if (gw_migration_is_finished(m->row.core.state))
        return 0;
    m->deadline = gw_timer_new(m->scheduler->loop, on_deadline, m);
    m->retry = gw_timer_new(m->scheduler->loop, on_retry, m);
    return m->deadline && m->retry ? 0 : -1;
}

struct sch_migration *sch_migration_new(struct scheduler *s, struct gw_migration_row *row)
{
    struct sch_migration *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->scheduler = s;
    m->row = *row;
    row->endpoints = row->progress = (struct gw_blob){0};
    if (make_timers(m) || sch_list_add(&s->migrations, m->row.id, m)) {
        sch_migration_free(m);
        return NULL;
    }
    return m;
}

void sch_migration_free(struct sch_migration *m)
{
    if (!m)
        return;
    while (m->first_signal) {
        struct sch_signal *signal = m->first_signal;
        m->first_signal = signal->next;
        sch_signal_free(signal);
    }
    gw_timer_free(m->deadline);
    gw_timer_free(m->retry);
    sch_probe_free(m->probe);
    gw_migration_row_fini(&m->row);
    free(m);
}

struct sch_migration *
sch_migration_get(const struct scheduler *s, const char *id, struct gw_error *err)
{
    struct sch_migration *m = sch_list_find(&s->migrations, id);
    char quoted[GW_QUOTED_MAX];
    if (m && m->is_stored)
        return m;
    gw_error_set(err, GW_NOT_FOUND, "there is no migration %s: see the list of migrations",
                 gw_error_quote(quoted, id));
    gw_error_reason(err, "MIGRATION_NOT_FOUND");
    return NULL;
}

void sch_migration_cancel(struct sch_migration *m, sch_done_fn done, void *arg)
{
    struct sch_signal *signal = sch_signal_new(GW_EV_CANCEL, 0);
    if (!signal) {
        struct gw_error err = {0};
        gw_error_set_nomem(&err, "cancelling a migration");
        done(arg, &err);
        return;
    }
    (void)gw_str_copy(signal->reason.code, sizeof signal->reason.code, "CANCELLED");
    (void)gw_str_copy(signal->reason.message, sizeof signal->reason.message,
                      "cancelled by request");
    signal->done = done;
    signal->arg = arg;
    sch_driver_signal(m, signal);
}

void sch_migration_progress(struct sch_migration *m, struct gw_blob *progress)
{
    gw_blob_fini(&m->row.progress);
    m->row.progress = *progress;
    *progress = (struct gw_blob){0};
    sch_driver_heard(m);
    sch_watchers_progress(m->scheduler, m);
}
