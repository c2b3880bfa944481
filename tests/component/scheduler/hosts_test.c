/* Heartbeats: who a host is, and what its reports do. */
#include <stdlib.h>

#include "cluster.h"
#include "hosts.h"

#define OTHER_ID "bbbbbbbb-0000-4000-8000-00000000000f"
#define OTHER_BOOT "cccccccc-0000-4000-8000-00000000000f"

static void free_reply(Godwit__V1__HeartbeatReply *reply)
{
    if (reply)
        godwit__v1__heartbeat_reply__free_unpacked(reply, NULL);
}

static void a_host_is_up_with_both_agents_and_its_facts(void **state)
{
    struct cluster *c = *state;
    Godwit__V1__Host *host = client_host(c, "h1");
    assert_int_equal(host->state, GODWIT__V1__HOST_STATE__HOST_STATE_UP);
    assert_string_equal(host->facts->migration_address, "10.0.0.1");
    assert_non_null(host->source_seen_at);
    assert_non_null(host->target_seen_at);
    godwit__v1__host__free_unpacked(host, NULL);
    assert_null(client_host(c, "h9"));
    assert_string_equal(c->err.reason, "HOST_NOT_FOUND");
}

static void a_known_host_outlives_a_restart(void **state)
{
    struct cluster *c = *state;
    cluster_restart(c);
    Godwit__V1__Host *host = client_host(c, "h2");
    assert_non_null(host);
    assert_string_equal(host->source_url, gw_rpc_server_url(c->hosts[1].server, 0));
    godwit__v1__host__free_unpacked(host, NULL);
}

static void hosts_are_listed_by_name(void **state)
{
    struct cluster *c = *state;
    free_reply(fake_beat_as(&c->hosts[0], "a-host-that-came-late", OTHER_ID, OTHER_BOOT));
    Godwit__V1__ListHostsReply *reply = client_hosts(c);
    assert_non_null(reply);
    assert_in_range(reply->n_hosts, 3, 16);
    assert_string_equal(reply->hosts[0]->name, "a-host-that-came-late");
    assert_string_equal(reply->hosts[1]->name, "h1");
    godwit__v1__list_hosts_reply__free_unpacked(reply, NULL);
}

static void a_second_host_of_the_same_name_is_refused(void **state)
{
    struct cluster *c = *state;
    assert_null(fake_beat_as(&c->hosts[0], "h1", OTHER_ID, OTHER_BOOT));
    assert_error(&c->err, GW_ALREADY_EXISTS, "host name h1");
    assert_string_equal(c->err.reason, "HOST_NAME_TAKEN");
}

static void a_copy_of_a_living_host_is_refused(void **state)
{
    struct cluster *c = *state;
    assert_null(fake_beat_as(&c->hosts[0], "h1", c->hosts[0].id, OTHER_BOOT));
    assert_string_equal(c->err.reason, "HOST_CLONED");
    assert_null(fake_beat_as(&c->hosts[0], "h4", c->hosts[0].id, OTHER_BOOT));
    assert_string_equal(c->err.reason, "HOST_CLONED");
}

static void a_host_that_was_silent_may_come_back_with_another_boot(void **state)
{
    struct cluster *c = *state;
    c->scheduler->options.host_silent_after_ms = 0;
    sch_hosts_check(c->scheduler);
    Godwit__V1__Host *host = client_host(c, "h1");
    assert_int_equal(host->state, GODWIT__V1__HOST_STATE__HOST_STATE_SILENT);
    godwit__v1__host__free_unpacked(host, NULL);
    Godwit__V1__HeartbeatReply *reply =
        fake_beat_as(&c->hosts[0], "h1", c->hosts[0].id, OTHER_BOOT);
    assert_non_null(reply);
    free_reply(reply);
}

static void rubbish_in_a_heartbeat_is_refused_with_its_field(void **state)
{
    struct cluster *c = *state;
    assert_null(fake_beat_as(&c->hosts[0], "../h", c->hosts[0].id, OTHER_BOOT));
    assert_error_code(&c->err, GW_INVALID_ARGUMENT);
    assert_string_equal(c->err.field, "host_name");
    assert_null(fake_beat_as(&c->hosts[0], "h1", "no uuid", OTHER_BOOT));
    assert_string_equal(c->err.field, "host_id");
    assert_null(fake_beat_as(&c->hosts[0], "h1", c->hosts[0].id, ""));
    assert_string_equal(c->err.field, "boot_id");
}

static Godwit__V1__GuestReport report_of(struct cluster *c, uint64_t epoch)
{
    Godwit__V1__GuestReport report = GODWIT__V1__GUEST_REPORT__INIT;
    report.guest_uuid = c->guest_uuid;
    report.epoch = epoch;
    report.state = STATE(RUNNING);
    report.qemu_pid = 77;
    return report;
}

static bool is_crashed(struct cluster *c)
{
    return sch_guest_find(c->scheduler, "web")->row.state == GW_GUEST_CRASHED;
}

/* Reports from before the last change are ignored for two heartbeats: 20 ms here. */
static bool is_quiet_over(struct cluster *c)
{
    return gw_loop_now_us(c->loop) > sch_guest_find(c->scheduler, "web")->quiet_until_us;
}

static void a_guest_that_crashed_is_shown_so_under_its_epoch_only(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    cluster_wait(c, is_quiet_over, "old reports to have passed");
    Godwit__V1__GuestReport report = report_of(c, 1);
    report.state = STATE(CRASHED);
    free_reply(fake_beat_with(&c->hosts[0], &report));
    assert_guest(c, STATE(RUNNING), "h1", 2);
    report.epoch = 2;
    free_reply(fake_beat_with(&c->hosts[1], &report));
    assert_guest(c, STATE(RUNNING), "h1", 2);
    free_reply(fake_beat_with(&c->hosts[0], &report));
    cluster_wait(c, is_crashed, "the guest to be crashed");
    cluster_restart(c);
    assert_guest(c, STATE(CRASHED), "h1", 2);
}

static void a_stale_copy_elsewhere_is_ordered_killed(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    Godwit__V1__GuestReport report = report_of(c, 1);
    Godwit__V1__HeartbeatReply *reply = fake_beat_with(&c->hosts[1], &report);
    assert_int_equal(reply->n_orders, 1);
    assert_true(reply->orders[0]->kill);
    assert_int_equal(reply->orders[0]->epoch, 2);
    assert_string_equal(reply->orders[0]->guest_uuid, c->guest_uuid);
    free_reply(reply);
}

static void a_target_that_still_prepares_for_a_move_that_is_over_is_told(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, "Begin");
    Godwit__V1__GuestReport report = report_of(c, 3);
    report.state = STATE(MIGRATING);
    report.migration_id = c->migration_id;
    report.attempt = 1;
    Godwit__V1__HeartbeatReply *reply = fake_target_beat_with(&c->hosts[1], &report);
    assert_int_equal(reply->n_orders, 0);
    free_reply(reply);
    godwit__v1__migration__free_unpacked(client_cancel(c), NULL);
    cluster_wait_phase(c, PHASE(CANCELLED));
    reply = fake_target_beat_with(&c->hosts[1], &report);
    assert_int_equal(reply->n_orders, 1);
    assert_true(reply->orders[0]->kill);
    free_reply(reply);
}

static void the_paused_guest_of_a_committed_source_is_not_killed(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    c->hosts[1].rules[ACTIVATE].is_held = true;
    assert_int_equal(cluster_move(c, LIVE), 0);
    cluster_wait_trace(c, "Begin");
    assert_int_equal(fake_relinquished(c, 1, 2), 0);
    cluster_wait_trace(c, "Activate");
    Godwit__V1__GuestReport report = report_of(c, 2);
    Godwit__V1__HeartbeatReply *reply = fake_beat_with(&c->hosts[0], &report);
    assert_int_equal(reply->n_orders, 0);
    free_reply(reply);
}

static void an_unknown_guest_is_left_alone(void **state)
{
    struct cluster *c = *state;
    Godwit__V1__GuestReport report = report_of(c, 1);
    char uuid[] = OTHER_ID;
    report.guest_uuid = uuid;
    Godwit__V1__HeartbeatReply *reply = fake_beat_with(&c->hosts[1], &report);
    assert_int_equal(reply->n_orders, 0);
    free_reply(reply);
}

static void guests_of_a_silent_host_are_unknown(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    c->scheduler->options.host_silent_after_ms = 0;
    sch_hosts_check(c->scheduler);
    assert_guest(c, STATE(UNKNOWN), "h1", 2);
    assert_int_equal(cluster_move(c, LIVE), -1);
    assert_string_equal(c->err.reason, "HOST_SILENT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLUSTER_TEST(a_host_is_up_with_both_agents_and_its_facts),
        CLUSTER_TEST(a_known_host_outlives_a_restart),
        CLUSTER_TEST(hosts_are_listed_by_name),
        CLUSTER_TEST(a_second_host_of_the_same_name_is_refused),
        CLUSTER_TEST(a_copy_of_a_living_host_is_refused),
        CLUSTER_TEST(a_host_that_was_silent_may_come_back_with_another_boot),
        CLUSTER_TEST(rubbish_in_a_heartbeat_is_refused_with_its_field),
        CLUSTER_TEST(a_guest_that_crashed_is_shown_so_under_its_epoch_only),
        CLUSTER_TEST(a_stale_copy_elsewhere_is_ordered_killed),
        CLUSTER_TEST(a_target_that_still_prepares_for_a_move_that_is_over_is_told),
        CLUSTER_TEST(the_paused_guest_of_a_committed_source_is_not_killed),
        CLUSTER_TEST(an_unknown_guest_is_left_alone),
        CLUSTER_TEST(guests_of_a_silent_host_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
