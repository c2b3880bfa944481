/* Streams of events.
 *
 * A watcher has a cursor: the last event it was sent, or that was none of its business. While there
 * are events past it and room at its caller's, the store is read from there, 64 at a time; what
 * does not fit is read again later, so a slow caller costs no memory. Progress is not stored: it is
 * sent to watchers that have caught up, under the cursor of the newest event. A watcher lives until
 * its caller goes; a read under way then finds it marked and frees it. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "service_rpc.h"
#include "store_job.h"
#include "watch.h"

enum { PROGRESS_INTERVAL_US = 200 * 1000 };

struct watcher {
    struct watcher *next;
    struct scheduler *scheduler;
    Godwit__V1__Event_Closure closure;
    void *data;
    uint64_t cursor;
    uint64_t read_up_to; /* newest event when the read under way was asked for */
    char migration_id[GW_UUID_LEN + 1];
    bool is_reading;
    bool is_gone;
};

struct sch_watchers {
    struct watcher *first;
    size_t n;
};

int sch_watchers_init(struct scheduler *s, struct gw_error *err)
{
    s->watchers = calloc(1, sizeof *s->watchers);
    return s->watchers ? 0 : gw_error_set_nomem(err, "starting the watchers");
}

static void unlink_watcher(struct watcher *w)
{
    struct watcher **at = &w->scheduler->watchers->first;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    w->scheduler->watchers->n--;
}

/* End the stream, with @err or well, and forget it. */
static void end(struct watcher *w, const struct gw_error *err)
{
    unlink_watcher(w);
    if (err)
        gw_rpc_fail(w->data, err);
    else
        gw_rpc_stream_end(w->data);
    free(w);
}

void sch_watchers_fini(struct scheduler *s)
{
    struct gw_error err = {0};
    gw_error_set(&err, GW_UNAVAILABLE, "the scheduler is stopping: watch again from the cursor");
    while (s->watchers && s->watchers->first)
        end(s->watchers->first, &err);
    free(s->watchers);
    s->watchers = NULL;
}

static void pull(struct watcher *w);

static bool send_event(struct watcher *w, const struct gw_event_row *row)
{
    Godwit__V1__Event *event = sch_event_message(row);
    if (!event)
        return false;
    w->closure(event, w->data);
    godwit__v1__event__free_unpacked(event, NULL);
    w->cursor = row->cursor;
    return true;
}

static int check_kept(const struct watcher *w, uint64_t oldest, struct gw_error *err)
{
    if (w->cursor == 0 || w->cursor + 1 >= oldest)
        return 0;
    gw_error_set(err, GW_OUT_OF_RANGE,
                 "events after cursor %llu are no longer kept, the oldest is %llu: read the lists, "
                 "then watch from now on",
                 (unsigned long long)w->cursor, (unsigned long long)oldest);
    return gw_error_reason(err, "EVENTS_EXPIRED");
}

static void on_events(void *arg,
                      const struct gw_event_row *events,
                      size_t n_events,
                      uint64_t oldest,
                      const struct gw_error *err)
{
    struct watcher *w = arg;
    struct gw_error expired = {0};
    w->is_reading = false;
    if (!err && check_kept(w, oldest, &expired) < 0)
        err = &expired;
    if (err || w->is_gone) {
        end(w, err);
        return;
    }
    size_t i = 0;
    while (i < n_events && gw_rpc_stream_credit(w->data) > 0 && send_event(w, &events[i]))
        i++;
    bool is_all = i == n_events && n_events < SCH_EVENTS_READ_MAX;
    if (is_all && w->cursor < w->read_up_to)
        w->cursor = w->read_up_to;
    pull(w);
}

static void pull(struct watcher *w)
{
    struct scheduler *s = w->scheduler;
    if (w->is_reading)
        return;
    if (gw_rpc_is_cancelled(w->data)) { /* cut for a reason of the connection's own */
        end(w, NULL);
        return;
    }
    if (w->is_gone || s->is_stopping || w->cursor >= s->newest_cursor ||
        gw_rpc_stream_credit(w->data) == 0)
        return;
    w->is_reading = true;
    w->read_up_to = s->newest_cursor;
    sch_store_read_events(s, w->cursor, w->migration_id, on_events, w);
}

static void on_credit(void *arg)
{
    pull(arg);
}

static void on_gone(void *arg)
{
    struct watcher *w = arg;
    w->is_gone = true;
    if (!w->is_reading)
        end(w, NULL);
}

void sch_watchers_wake(struct scheduler *s)
{
    struct watcher *next = NULL;
    for (struct watcher *w = s->watchers ? s->watchers->first : NULL; w; w = next) {
        next = w->next; /* a read that cannot be queued ends its watcher */
        pull(w);
    }
}

void sch_watchers_progress(struct scheduler *s, struct sch_migration *m)
{
    uint64_t now = sch_now_us(s);
    if (!s->watchers->first || now - m->progress_told_us < PROGRESS_INTERVAL_US)
        return;
    Godwit__V1__Event *event = sch_progress_message(s, m);
    if (!event)
        return;
    m->progress_told_us = now;
    struct watcher *next = NULL;
    for (struct watcher *w = s->watchers->first; w; w = next) {
        next = w->next;
        bool is_his = !w->migration_id[0] || strcmp(w->migration_id, m->row.id) == 0;
        bool has_read_all = !w->is_reading && w->cursor >= s->newest_cursor;
        if (is_his && has_read_all && !w->is_gone && gw_rpc_stream_credit(w->data) > 0)
            w->closure(event, w->data);
    }
    godwit__v1__event__free_unpacked(event, NULL);
}

static int
check_watch(const struct scheduler *s, const Godwit__V1__WatchRequest *input, struct gw_error *err)
{
    if (s->watchers->n >= SCH_WATCHERS_MAX)
        return gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                            "%d watchers are all there may be: end one first", SCH_WATCHERS_MAX);
    if (!input->from_now && input->after > s->newest_cursor) {
        gw_error_set(err, GW_OUT_OF_RANGE,
                     "cursor %llu lies past the newest event, %llu: it is of another cluster",
                     (unsigned long long)input->after, (unsigned long long)s->newest_cursor);
        return gw_error_field(err, "after");
    }
    if (input->migration_id[0] && !sch_list_find(&s->migrations, input->migration_id)) {
        gw_error_set(err, GW_NOT_FOUND, "there is no migration %.40s", input->migration_id);
        return gw_error_reason(err, "MIGRATION_NOT_FOUND");
    }
    return 0;
}

SCH_METHOD(watch, WatchRequest, Event)
{
    struct scheduler *s = sch_of(service);
    struct gw_error err = {0};
    if (check_watch(s, input, &err) < 0) {
        gw_rpc_fail(data, &err);
        return;
    }
    struct watcher *w = calloc(1, sizeof *w);
    if (!w) {
        sch_fail_nomem(data);
        return;
    }
    *w = (struct watcher){.scheduler = s, .closure = closure, .data = data};
    w->cursor = input->from_now ? s->newest_cursor : input->after;
    (void)gw_str_copy(w->migration_id, sizeof w->migration_id, input->migration_id);
    w->next = s->watchers->first;
    s->watchers->first = w;
    s->watchers->n++;
    gw_rpc_stream_open(data, on_credit, w);
    gw_rpc_on_cancel(data, on_gone, w);
    pull(w);
}
