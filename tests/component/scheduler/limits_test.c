/* What a client may ask for at most: the limit itself is taken, one more is refused and named. */
#include <stdio.h>

#include "cluster.h"

static char unknown_guest[] = "db";
static char some_host[] = "h2";

/* Submit a plan of @n moves of a guest that is not there: one within all limits is NOT_FOUND. */
static void submit(struct cluster *c, size_t n, char *key)
{
    static Godwit__V1__MigrationRequest moves[SCH_PLAN_MIGRATIONS_MAX + 1];
    static Godwit__V1__MigrationRequest *pointers[SCH_PLAN_MIGRATIONS_MAX + 1];
    Godwit__V1__SubmitPlanRequest request = GODWIT__V1__SUBMIT_PLAN_REQUEST__INIT;
    for (size_t i = 0; i < n; i++) {
        godwit__v1__migration_request__init(&moves[i]);
        moves[i].guest = unknown_guest;
        moves[i].to_host = some_host;
        pointers[i] = &moves[i];
    }
    request.migrations = pointers;
    request.n_migrations = n;
    request.idempotency_key = key;
    assert_null(client_submit(c, &request));
}

static void a_plan_of_the_limit_is_looked_at_and_one_more_is_refused(void **state)
{
    struct cluster *c = *state;
    char no_key[] = "";
    submit(c, SCH_PLAN_MIGRATIONS_MAX, no_key);
    assert_error(&c->err, GW_NOT_FOUND, "no guest is called \"db\"");
    submit(c, SCH_PLAN_MIGRATIONS_MAX + 1, no_key);
    assert_error(&c->err, GW_INVALID_ARGUMENT, "a plan has 1 to 1000 migrations, not 1001");
    assert_string_equal(c->err.field, "migrations");
}

static void a_key_of_the_limit_is_looked_at_and_one_more_byte_is_refused(void **state)
{
    struct cluster *c = *state;
    char key[GW_STORE_KEY_MAX + 2] = {0};
    memset(key, 'k', GW_STORE_KEY_MAX);
    submit(c, 1, key);
    assert_error_code(&c->err, GW_NOT_FOUND);
    key[GW_STORE_KEY_MAX] = 'k';
    submit(c, 1, key);
    assert_error(&c->err, GW_INVALID_ARGUMENT, "an idempotency key has at most 128 bytes");
    assert_string_equal(c->err.field, "idempotency_key");
}

struct watcher {
    struct cluster *cluster;
    struct gw_rpc_call *call;
    bool is_last;
    bool is_over;
};

static void on_event(const Godwit__V1__Event *event, void *arg)
{
    struct watcher *w = arg;
    if (event)
        return;
    w->is_over = true;
    if (w->is_last)
        w->cluster->err = *gw_rpc_call_error(w->call);
}

static struct watcher watchers[SCH_WATCHERS_MAX + 1];

static bool last_is_over(struct cluster *c)
{
    (void)c;
    return watchers[SCH_WATCHERS_MAX].is_over;
}

static void as_many_as_may_watch_and_one_more_is_refused(void **state)
{
    struct cluster *c = *state;
    Godwit__V1__WatchRequest request = GODWIT__V1__WATCH_REQUEST__INIT;
    struct gw_rpc_options options = {.is_stream = true};
    request.from_now = true;
    for (size_t i = 0; i <= SCH_WATCHERS_MAX; i++) {
        struct watcher *w = &watchers[i];
        *w = (struct watcher){.cluster = c, .is_last = i == SCH_WATCHERS_MAX};
        w->call = gw_rpc_call_new(c->client, &godwit__v1__scheduler_service__descriptor, &options);
        assert_non_null(w->call);
        godwit__v1__scheduler_service__watch(gw_rpc_call_stub(w->call), &request, on_event, w);
    }
    cluster_wait(c, last_is_over, "the end of the one too many");
    assert_error(&c->err, GW_RESOURCE_EXHAUSTED, "256 watchers are all there may be");
    for (size_t i = 0; i < SCH_WATCHERS_MAX; i++)
        assert_false(watchers[i].is_over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLUSTER_TEST(a_plan_of_the_limit_is_looked_at_and_one_more_is_refused),
        CLUSTER_TEST(a_key_of_the_limit_is_looked_at_and_one_more_byte_is_refused),
        CLUSTER_TEST(as_many_as_may_watch_and_one_more_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
