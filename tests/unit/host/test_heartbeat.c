/* Heartbeats against a played scheduler: what they say, how they go on after failures. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/str.h"
#include "godwit/v1/scheduler.pb-c.h"
#include "host/heartbeat.h"
#include "tests/unit/host/host_fixture.h"

struct fixture {
    Godwit__V1__SchedulerService_Service service; /* first */
    struct host_fixture *host;
    struct gw_loop *loop;
    struct gw_pool *pool;
    struct gw_rpc_server *server;
    struct gw_rpc_channel *channel;
    struct gw_heartbeat *heartbeat;
    struct gw_timer *deadline;
    struct gw_log log;
    bool is_late;
    unsigned n_beats, wanted_beats;
    unsigned n_orders;
    bool is_failing;
    char name[64], url[64], machine[64];
    uint64_t n_guests, guest_epoch;
    uint32_t role, n_pools;
};

static void on_beat(Godwit__V1__SchedulerService_Service *service,
                    const Godwit__V1__HeartbeatRequest *input,
                    Godwit__V1__HeartbeatReply_Closure closure,
                    void *closure_data)
{
    struct fixture *f = (struct fixture *)service;
    struct gw_error err = {0};
    Godwit__V1__HeartbeatReply reply = GODWIT__V1__HEARTBEAT_REPLY__INIT;
    Godwit__V1__GuestOrder order = GODWIT__V1__GUEST_ORDER__INIT;
    Godwit__V1__GuestOrder *orders[] = {&order};
    static char uuid[] = FIXTURE_UUID;
    f->n_beats++;
    f->role = input->role;
    (void)gw_str_copy(f->name, sizeof f->name, input->host_name);
    (void)gw_str_copy(f->url, sizeof f->url, input->url);
    f->n_pools = (uint32_t)input->facts->n_pools;
    f->n_guests = input->n_guests;
    if (input->n_guests)
        f->guest_epoch = input->guests[0]->epoch;
    if (f->n_beats >= f->wanted_beats)
        gw_loop_stop(f->loop);
    if (f->is_failing) {
        (void)gw_error_set(&err, GW_UNAVAILABLE, "not now");
        gw_rpc_fail(closure_data, &err);
        return;
    }
    order.guest_uuid = uuid;
    order.epoch = 9;
    order.kill = true;
    reply.interval_ms = 1; /* taken as the least, 100 */
    reply.n_orders = 1;
    reply.orders = orders;
    closure(&reply, closure_data);
}

static void on_late(void *arg)
{
    struct fixture *f = arg;
    f->is_late = true;
    gw_loop_stop(f->loop);
}

static void fill(void *arg, struct gw_guest_reports *out)
{
    (void)arg;
    out->items = calloc(1, sizeof *out->items);
    assert_non_null(out->items);
    out->n_items = 1;
    out->items[0] = (struct gw_guest_report){
        .guest_uuid = FIXTURE_UUID, .epoch = 7, .state = GW_GUEST_REPORT_RUNNING};
}

static void take_order(void *arg, const char *guest_uuid, uint64_t epoch, bool kill)
{
    struct fixture *f = arg;
    assert_string_equal(guest_uuid, FIXTURE_UUID);
    assert_int_equal(epoch, 9);
    assert_true(kill);
    f->n_orders++;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct gw_error err = {0};
    f->log = gw_log_none();
    f->host = host_fixture_new();
    f->loop = gw_loop_new(&err);
    f->pool = gw_pool_new(f->loop, 1, 8, &err);
    f->deadline = gw_timer_new(f->loop, on_late, f);
    godwit__v1__scheduler_service__init(&f->service, NULL);
    f->service.heartbeat = on_beat;
    f->server = gw_rpc_server_new(f->loop, NULL, &f->log, &err);
    assert_int_equal(gw_rpc_server_add(f->server, &f->service.base, &err), 0);
    assert_int_equal(gw_rpc_server_listen(f->server, f->host->settings.scheduler, NULL, &err), 0);
    f->channel =
        gw_rpc_channel_new(f->loop, f->host->settings.scheduler, NULL, NULL, &f->log, &err);
    assert_non_null(f->channel);
    const struct gw_heartbeat_config config = {.loop = f->loop,
                                               .pool = f->pool,
                                               .scheduler = f->channel,
                                               .host = &f->host->host,
                                               .log = &f->log,
                                               .role = GW_AGENT_SOURCE,
                                               .url = "tcp://127.0.0.1:1"};
    const struct gw_heartbeat_handlers handlers = {.fill = fill, .order = take_order, .arg = f};
    f->heartbeat = gw_heartbeat_start(&config, &handlers, &err);
    assert_non_null(f->heartbeat);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    gw_heartbeat_stop(f->heartbeat);
    gw_pool_free(f->pool);
    gw_rpc_channel_free(f->channel);
    gw_rpc_server_free(f->server);
    gw_timer_free(f->deadline);
    gw_loop_free(f->loop);
    host_fixture_free(f->host);
    free(f);
    return 0;
}

static void await_beats(struct fixture *f, unsigned n)
{
    f->wanted_beats = f->n_beats + n;
    gw_timer_start(f->deadline, 30000);
    assert_int_equal(gw_loop_run(f->loop, NULL), 0);
    gw_timer_stop(f->deadline);
    assert_false(f->is_late);
}

static void a_beat_says_who_and_what_and_obeys(void **state)
{
    struct fixture *f = *state;
    await_beats(f, 3);
    assert_string_equal(f->name, "h1");
    assert_string_equal(f->url, "tcp://127.0.0.1:1");
    assert_int_equal(f->role, GW_AGENT_SOURCE);
    assert_int_equal(f->n_pools, 2);
    assert_int_equal(f->n_guests, 1);
    assert_int_equal(f->guest_epoch, 7);
    assert_true(f->n_orders >= 2);
    assert_non_null(gw_heartbeat_facts(f->heartbeat));
}

static void beats_go_on_after_failures(void **state)
{
    struct fixture *f = *state;
    f->is_failing = true;
    await_beats(f, 2);
    assert_int_equal(f->n_orders, 0);
    f->is_failing = false;
    await_beats(f, 2);
    assert_true(f->n_orders >= 1);
}

static void a_beat_can_be_asked_for(void **state)
{
    struct fixture *f = *state;
    await_beats(f, 1);
    gw_heartbeat_now(f->heartbeat);
    gw_heartbeat_now(f->heartbeat);
    await_beats(f, 1);
}

static void it_can_be_stopped_at_any_moment(void **state)
{
    struct fixture *f = *state;
    (void)f; /* torn down while the facts are being found */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_beat_says_who_and_what_and_obeys),
        CASE(beats_go_on_after_failures),
        CASE(a_beat_can_be_asked_for),
        CASE(it_can_be_stopped_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
