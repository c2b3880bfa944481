/* Streams of events: complete, in order, from any cursor; progress beside them. */
#include <stdio.h>
#include <stdlib.h>

#include "cluster.h"

enum { EVENTS_MAX = 512 };

struct watch {
    struct cluster *cluster;
    struct gw_rpc_call *call;
    uint64_t cursors[EVENTS_MAX];
    char kinds[EVENTS_MAX][48];
    char phases[256]; /* of migration events, as numbers */
    size_t n;
    uint64_t progress_bytes;
    bool is_over;
    struct gw_error err;
};

/* The one watch of the test that runs hangs on its cluster. */
static struct watch *watch_of(struct cluster *c)
{
    return c->watch;
}

static void on_event(const Godwit__V1__Event *event, void *arg)
{
    struct watch *w = arg;
    if (!event) {
        w->err = *gw_rpc_call_error(w->call);
        w->is_over = true;
        return;
    }
    if (strcmp(event->kind, "migration.progress") == 0) {
        w->progress_bytes = event->migration->progress->bytes_done;
        return;
    }
    assert_true(w->n < EVENTS_MAX);
    assert_non_null(event->at);
    w->cursors[w->n] = event->cursor;
    snprintf(w->kinds[w->n++], sizeof w->kinds[0], "%s", event->kind);
    if (event->migration)
        snprintf(w->phases + strlen(w->phases), sizeof w->phases - strlen(w->phases), "%d ",
                 (int)event->migration->phase);
}

static void start_watch(struct cluster *c, uint64_t after, const char *migration_id, bool from_now)
{
    Godwit__V1__WatchRequest request = GODWIT__V1__WATCH_REQUEST__INIT;
    struct gw_rpc_options options = {.is_stream = true};
    free(c->watch);
    struct watch *w = c->watch = calloc(1, sizeof *w);
    w->cluster = c;
    request.after = after;
    request.migration_id = (char *)(uintptr_t)migration_id;
    request.from_now = from_now;
    w->call = gw_rpc_call_new(c->client, &godwit__v1__scheduler_service__descriptor, &options);
    godwit__v1__scheduler_service__watch(gw_rpc_call_stub(w->call), &request, on_event, w);
}

static bool is_over(struct cluster *c)
{
    return watch_of(c)->is_over;
}

static bool has_read_all(struct cluster *c)
{
    return watch_of(c)->n &&
           watch_of(c)->cursors[watch_of(c)->n - 1] == c->scheduler->newest_cursor;
}

static void make_move(struct cluster *c)
{
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, "Begin");
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_phase(c, PHASE(SUCCEEDED));
}

static void every_event_comes_once_and_in_order(void **state)
{
    struct cluster *c = *state;
    make_move(c);
    start_watch(c, 0, "", false);
    cluster_wait(c, has_read_all, "all events");
    for (size_t i = 0; i < watch_of(c)->n; i++)
        assert_int_equal(watch_of(c)->cursors[i], i + 1);
    assert_string_equal(watch_of(c)->phases, "1 2 3 4 5 7 ");
    assert_string_equal(watch_of(c)->kinds[0], "host.registered");
}

static void a_watch_goes_on_from_its_cursor_over_a_restart(void **state)
{
    struct cluster *c = *state;
    make_move(c);
    cluster_restart(c);
    uint64_t newest = c->scheduler->newest_cursor;
    start_watch(c, newest - 2, "", false);
    cluster_wait(c, has_read_all, "all events");
    assert_int_equal(watch_of(c)->cursors[0], newest - 1);
    assert_int_equal(watch_of(c)->n, 2);
}

static bool has_two(struct cluster *c)
{
    return watch_of(c)->n >= 2;
}

static void a_watch_of_one_migration_hears_of_nothing_else(void **state)
{
    struct cluster *c = *state;
    make_move(c);
    start_watch(c, 0, c->migration_id, false);
    cluster_wait(c, has_two, "events");
    for (size_t i = 0; i < watch_of(c)->n; i++)
        assert_true(strncmp(watch_of(c)->kinds[i], "host.", 5) != 0);
}

static bool has_progress(struct cluster *c)
{
    return watch_of(c)->progress_bytes != 0;
}

static bool has_one(struct cluster *c)
{
    return watch_of(c)->n > 0;
}

static void a_watch_from_now_on_skips_what_was(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    start_watch(c, 0, "", true);
    assert_guest(c, STATE(RUNNING), "h1", 2); /* asked after the watch, on the same connection */
    uint64_t before = c->scheduler->newest_cursor;
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait(c, has_one, "an event");
    assert_int_equal(watch_of(c)->cursors[0], before + 1);
}

static void reports_of_progress_reach_a_watcher(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_phase(c, PHASE(COPYING));
    start_watch(c, 0, "", false);
    cluster_wait(c, has_read_all, "all events");
    assert_int_equal(fake_report_progress(c, 42), 0);
    cluster_wait(c, has_progress, "progress");
    assert_int_equal(watch_of(c)->progress_bytes, 42);
    Godwit__V1__Migration *m = client_migration(c);
    assert_int_equal(m->progress->bytes_done, 42);
    godwit__v1__migration__free_unpacked(m, NULL);
}

static void more_events_than_one_read_holds_all_come(void **state)
{
    struct cluster *c = *state;
    enum { MOVES = 20 };
    cluster_make_guest(c, true);
    for (int i = 0; i < MOVES; i++) {
        c->hosts[1].rules[PREPARE].code = GW_INTERNAL;
        assert_int_equal(cluster_move(c, LIVE), 0);
        cluster_wait_phase(c, PHASE(FAILED));
    }
    start_watch(c, 0, "", false);
    cluster_wait(c, has_read_all, "all events");
    assert_true(watch_of(c)->n > 64);
    for (size_t i = 0; i < watch_of(c)->n; i++)
        assert_int_equal(watch_of(c)->cursors[i], i + 1);
}

static void a_cursor_of_another_cluster_is_refused(void **state)
{
    struct cluster *c = *state;
    start_watch(c, 1000000, "", false);
    cluster_wait(c, is_over, "the refusal");
    assert_error_code(&watch_of(c)->err, GW_OUT_OF_RANGE);
}

static void a_watcher_that_goes_is_forgotten(void **state)
{
    struct cluster *c = *state;
    make_move(c);
    start_watch(c, 0, "", false);
    cluster_wait(c, has_read_all, "all events");
    gw_rpc_call_cancel(watch_of(c)->call);
    cluster_wait(c, is_over, "the end");
    assert_error_code(&watch_of(c)->err, GW_CANCELLED);
    Godwit__V1__Guest *guest = client_stop(c, "web");
    godwit__v1__guest__free_unpacked(guest, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLUSTER_TEST(every_event_comes_once_and_in_order),
        CLUSTER_TEST(a_watch_goes_on_from_its_cursor_over_a_restart),
        CLUSTER_TEST(a_watch_of_one_migration_hears_of_nothing_else),
        CLUSTER_TEST(a_watch_from_now_on_skips_what_was),
        CLUSTER_TEST(reports_of_progress_reach_a_watcher),
        CLUSTER_TEST(more_events_than_one_read_holds_all_come),
        CLUSTER_TEST(a_cursor_of_another_cluster_is_refused),
        CLUSTER_TEST(a_watcher_that_goes_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
