#include "store_job.h"

#include <stdlib.h>

#include "base/str.h"

#include "watch.h"

struct apply_job {
    struct scheduler *scheduler;
    struct gw_batch batch;
    sch_done_fn done;
    void *arg;
    bool is_failed;
    uint64_t cursor;
    struct gw_error err;
};

static void apply_work(void *arg)
{
    struct apply_job *job = arg;
    job->is_failed =
        gw_store_apply(job->scheduler->store, &job->batch, &job->cursor, &job->err) < 0;
}

static void apply_done(void *arg)
{
    struct apply_job *job = arg;
    struct scheduler *s = job->scheduler;
    bool has_events = !job->is_failed && job->cursor > s->newest_cursor;
    if (has_events)
        s->newest_cursor = job->cursor;
    if (job->is_failed)
        gw_log_failure(&s->log, GW_LOG_ERROR, "store.write_failed", &job->err);
    job->done(job->arg, job->is_failed ? &job->err : NULL);
    if (has_events)
        sch_watchers_wake(s);
    gw_batch_fini(&job->batch);
    free(job);
}

void sch_store_apply(struct scheduler *s, struct gw_batch *batch, sch_done_fn done, void *arg)
{
    struct gw_error err = {0};
    struct apply_job *job = s->is_stopping ? NULL : calloc(1, sizeof *job);
    if (s->is_stopping) {
        gw_error_set(&err, GW_UNAVAILABLE, "the scheduler is stopping: ask again");
    } else if (!job) {
        gw_error_set_nomem(&err, "queueing a write to the store");
    } else {
        *job = (struct apply_job){.scheduler = s, .batch = *batch, .done = done, .arg = arg};
        if (gw_pool_submit(s->pool, apply_work, apply_done, job, &err) == 0) {
            gw_batch_init(batch);
            return;
        }
        free(job);
    }
    gw_batch_fini(batch);
    done(arg, &err);
}

struct read_job {
    struct scheduler *scheduler;
    uint64_t after;
    char migration_id[GW_UUID_LEN + 1];
    sch_events_fn done;
    void *arg;
    struct gw_event_row events[SCH_EVENTS_READ_MAX];
    size_t n_events;
    uint64_t oldest;
    bool is_failed;
    struct gw_error err;
};

static void read_work(void *arg)
{
    struct read_job *job = arg;
    struct gw_store *store = job->scheduler->store;
    uint64_t newest = 0;
    job->is_failed = gw_store_event_bounds(store, &job->oldest, &newest, &job->err) < 0 ||
                     gw_store_events_read(store, job->after, job->migration_id, job->events,
                                          SCH_EVENTS_READ_MAX, &job->n_events, &job->err) < 0;
}

static void read_done(void *arg)
{
    struct read_job *job = arg;
    job->done(job->arg, job->events, job->n_events, job->oldest, job->is_failed ? &job->err : NULL);
    for (size_t i = 0; i < job->n_events; i++)
        gw_event_row_fini(&job->events[i]);
    free(job);
}

void sch_store_read_events(
    struct scheduler *s, uint64_t after, const char *migration_id, sch_events_fn done, void *arg)
{
    struct gw_error err = {0};
    struct read_job *job = calloc(1, sizeof *job);
    if (!job) {
        gw_error_set_nomem(&err, "reading events");
    } else {
        *job = (struct read_job){.scheduler = s, .after = after, .done = done, .arg = arg};
        (void)gw_str_copy(job->migration_id, sizeof job->migration_id, migration_id);
        if (gw_pool_submit(s->pool, read_work, read_done, job, &err) == 0)
            return;
        free(job);
    }
    done(arg, NULL, 0, 0, &err);
}

static void tidy_work(void *arg)
{
    struct scheduler *s = arg;
    (void)gw_store_tidy(s->store, &s->tidy_err);
}

static void tidy_done(void *arg)
{
    struct scheduler *s = arg;
    s->is_tidying = false;
    if (gw_error_is_set(&s->tidy_err))
        gw_log_failure(&s->log, GW_LOG_WARN, "store.tidy_failed", &s->tidy_err);
    gw_error_clear(&s->tidy_err);
}

void sch_store_tidy(struct scheduler *s)
{
    if (!s->is_tidying && gw_pool_submit(s->pool, tidy_work, tidy_done, s, NULL) == 0)
        s->is_tidying = true;
}
