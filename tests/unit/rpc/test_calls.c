/* Unary calls: the plain road, errors, cancelling, deadlines, many at once. */
#include <stdio.h>

#include "rpc_case.h"

static int set_up(void **state)
{
    struct rpc_case *c = rpc_case_new();
    rpc_case_start(c);
    *state = c;
    return 0;
}

static int tear_down(void **state)
{
    rpc_case_free(*state);
    return 0;
}

static void call_over_ipc_is_answered(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = rpc_say(c, "hello");
    assert_string_equal(out.text, "hello");
    assert_int_equal(out.n_runs, 1);
}

static void call_over_tcp_is_answered_at_the_port_the_system_chose(void **state)
{
    struct rpc_case *c = *state;
    struct gw_error err = {0};
    assert_int_equal(gw_rpc_server_listen(c->server, "tcp://127.0.0.1:0", NULL, &err), 0);
    const char *url = gw_rpc_server_url(c->server, 1);
    assert_non_null(url);
    assert_null(strstr(url, ":0"));
    assert_null(gw_rpc_server_url(c->server, 2));
    gw_rpc_channel_free(c->channel);
    rpc_case_connect(c, url);
    assert_string_equal(rpc_say(c, "over tcp").text, "over tcp");
}

static void calls_over_ipv6_are_answered(void **state)
{
    struct rpc_case *c = *state;
    struct gw_error err = {0};
    if (gw_rpc_server_listen(c->server, "tcp://[::1]:0", NULL, &err) < 0)
        skip(); /* a machine without IPv6 */
    gw_rpc_channel_free(c->channel);
    rpc_case_connect(c, gw_rpc_server_url(c->server, 1));
    assert_string_equal(rpc_say(c, "six").text, "six");
}

static void second_call_uses_the_same_connection(void **state)
{
    struct rpc_case *c = *state;
    c->server_limits.max_connections = 1;
    rpc_case_stop_server(c);
    rpc_case_serve(c, c->url);
    assert_string_equal(rpc_say(c, "one").text, "one");
    assert_string_equal(rpc_say(c, "two").text, "two");
}

static void empty_messages_are_messages(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = rpc_say(c, "");
    assert_int_equal(out.n_items, 1);
    assert_false(out.is_done);
}

static void failure_arrives_with_code_message_reason_and_field(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__refuse, "no such guest", GW_NOT_FOUND, &rpc_plain, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_NOT_FOUND);
    assert_string_equal(out.err.message, "no such guest");
    assert_string_equal(out.err.reason, "TOLD_SO");
    assert_string_equal(out.err.field, "spec.n");
}

static void failure_without_a_code_is_internal(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__refuse, "", GW_OK, &rpc_plain, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_INTERNAL);
}

static void method_without_handler_is_unimplemented(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__missing, "", 0, &rpc_plain, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_UNIMPLEMENTED);
    assert_non_null(strstr(out.err.message, "Missing"));
}

static void on_nobody(const Godwit__Test__Text *message, void *arg)
{
    struct outcome *out = arg;
    assert_null(message);
    out->err = *gw_rpc_call_error(out->call);
    out->is_done = true;
    gw_loop_stop(out->c->loop);
}

static void service_not_served_is_unimplemented(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {.c = c};
    out.call = gw_rpc_call_new(c->channel, &godwit__test__nobody__descriptor, &rpc_plain);
    Godwit__Test__Text input = GODWIT__TEST__TEXT__INIT;
    godwit__test__nobody__say(gw_rpc_call_stub(out.call), &input, on_nobody, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_UNIMPLEMENTED);
    assert_non_null(strstr(out.err.message, "godwit.test.Nobody"));
}

static void request_id_and_time_left_reach_the_handler(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    const struct gw_rpc_options options = {.deadline_ms = 5000, .request_id = "req-1\n x"};
    rpc_call(c, godwit__test__echo__say, "", 0, &options, &out);
    RUN_UNTIL(c, out.n_runs);
    assert_string_equal(c->request_id, "req-1??x");
    assert_in_range(c->time_left_ms, 1, 5000);
}

static void request_id_is_made_when_none_is_given(void **state)
{
    struct rpc_case *c = *state;
    rpc_say(c, "");
    assert_int_equal(strlen(c->request_id), 16);
}

static void call_without_deadline_is_refused(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__say, "", 0, &(struct gw_rpc_options){0}, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_INVALID_ARGUMENT);
    assert_int_equal(c->n_said, 0);
}

static void answer_may_come_later_and_out_of_order(void **state)
{
    struct rpc_case *c = *state;
    struct outcome a = {0};
    struct outcome b = {0};
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &a);
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &b);
    RUN_UNTIL(c, c->n_held == 2);
    rpc_release_held(&c->held[1], "b");
    RUN_UNTIL(c, b.n_runs);
    assert_int_equal(a.n_runs, 0);
    rpc_release_held(&c->held[0], "a");
    RUN_UNTIL(c, a.n_runs);
    assert_string_equal(a.text, "a");
    assert_string_equal(b.text, "b");
}

static void thousand_calls_are_under_way_at_once(void **state)
{
    enum { N = 1000 };
    struct rpc_case *c = *state;
    struct outcome *outs = calloc(N, sizeof *outs);
    assert_non_null(outs);
    for (unsigned i = 0; i < N; i++)
        rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &outs[i]);
    RUN_UNTIL(c, c->n_held == N);
    for (unsigned i = N; i > 0; i--) {
        char text[16];
        (void)snprintf(text, sizeof text, "%u", i - 1);
        rpc_release_held(&c->held[i - 1], text);
    }
    for (unsigned i = 0; i < N; i++) {
        RUN_UNTIL(c, outs[i].n_runs);
        assert_int_equal(strtoul(outs[i].text, NULL, 10), i);
        assert_int_equal(outs[i].n_runs, 1);
    }
    free(outs);
}

static void cancel_ends_the_call_and_tells_the_handler(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &out);
    RUN_UNTIL(c, c->n_held == 1);
    assert_false(gw_rpc_is_cancelled(c->held[0].request));
    gw_rpc_call_cancel(out.call);
    assert_int_equal(out.n_runs, 0);
    RUN_UNTIL(c, out.is_done && c->held[0].n_cancelled == 1);
    assert_int_equal(out.err.code, GW_CANCELLED);
    assert_true(gw_rpc_is_cancelled(c->held[0].request));
    rpc_release_held(&c->held[0], "too late");
    assert_string_equal(rpc_say(c, "next").text, "next");
    assert_int_equal(out.n_runs, 1);
}

static void cancel_before_the_connection_stands_ends_the_call(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &out);
    gw_rpc_call_cancel(out.call);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_CANCELLED);
    assert_string_equal(rpc_say(c, "next").text, "next");
    assert_int_equal(c->n_held, 0);
}

static void deadline_ends_the_call_and_tells_the_handler(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    assert_string_equal(rpc_say(c, "connect").text, "connect");
    rpc_call(c, godwit__test__echo__hold, "", 0, &(struct gw_rpc_options){.deadline_ms = 50}, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_DEADLINE_EXCEEDED);
    assert_non_null(strstr(out.err.message, "Hold"));
    RUN_UNTIL(c, c->n_held == 1 && c->held[0].n_cancelled == 1);
    assert_true(gw_rpc_is_cancelled(c->held[0].request));
    rpc_release_held(&c->held[0], "too late");
    assert_string_equal(rpc_say(c, "next").text, "next");
}

static void handler_may_answer_after_its_server_is_gone(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &out);
    RUN_UNTIL(c, c->n_held == 1);
    rpc_case_stop_server(c);
    assert_int_equal(c->held[0].n_cancelled, 1);
    assert_int_equal(gw_rpc_time_left_ms(c->held[0].request), 0);
    rpc_release_held(&c->held[0], "too late");
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_UNAVAILABLE);
}

static void channel_free_finishes_calls_before_it_returns(void **state)
{
    struct rpc_case *c = *state;
    struct outcome waiting = {0};
    struct outcome sent = {0};
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &sent);
    RUN_UNTIL(c, c->n_held == 1);
    struct gw_rpc_channel *other = c->channel;
    rpc_case_connect(c, c->url);
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &waiting);
    gw_rpc_channel_free(c->channel);
    assert_true(waiting.is_done);
    assert_int_equal(waiting.err.code, GW_CANCELLED);
    c->channel = other;
    gw_rpc_channel_free(c->channel);
    c->channel = NULL;
    assert_true(sent.is_done);
    assert_int_equal(sent.err.code, GW_CANCELLED);
    RUN_UNTIL(c, c->held[0].n_cancelled == 1);
    rpc_release_held(&c->held[0], "");
}

static void free_channel(struct outcome *out)
{
    gw_rpc_channel_free(out->c->channel);
    out->c->channel = NULL;
}

static void closure_may_free_its_channel(void **state)
{
    struct rpc_case *c = *state;
    struct outcome held = {0};
    struct outcome out = {.on_item = free_channel};
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &held);
    rpc_call(c, godwit__test__echo__say, "x", 0, &rpc_plain, &out);
    RUN_UNTIL(c, out.n_runs);
    assert_true(held.is_done);
    assert_int_equal(held.err.code, GW_CANCELLED);
    RUN_UNTIL(c, c->held[0].n_cancelled == 1);
    rpc_release_held(&c->held[0], "");
}

static void closure_of_a_failed_call_may_free_its_channel(void **state)
{
    struct rpc_case *c = *state;
    struct outcome a = {.on_done = free_channel};
    struct outcome b = {0};
    rpc_call(c, godwit__test__echo__say, "", 0, &(struct gw_rpc_options){0}, &a);
    rpc_call(c, godwit__test__echo__say, "", 0, &(struct gw_rpc_options){0}, &b);
    RUN_UNTIL(c, a.is_done && b.is_done);
    assert_int_equal(b.n_runs, 1);
}

static void say_again(struct outcome *out)
{
    static const char next[] = "again";
    if (out->n_runs < 3)
        rpc_call(out->c, godwit__test__echo__say, next, 0, &rpc_plain, &out[1]);
}

static void closure_may_start_the_next_call(void **state)
{
    struct rpc_case *c = *state;
    struct outcome outs[2] = {{.on_item = say_again}, {0}};
    rpc_call(c, godwit__test__echo__say, "x", 0, &rpc_plain, &outs[0]);
    RUN_UNTIL(c, outs[1].n_runs);
    assert_string_equal(outs[1].text, "again");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(call_over_ipc_is_answered),
        TEST(call_over_tcp_is_answered_at_the_port_the_system_chose),
        TEST(calls_over_ipv6_are_answered),
        TEST(second_call_uses_the_same_connection),
        TEST(empty_messages_are_messages),
        TEST(failure_arrives_with_code_message_reason_and_field),
        TEST(failure_without_a_code_is_internal),
        TEST(method_without_handler_is_unimplemented),
        TEST(service_not_served_is_unimplemented),
        TEST(request_id_and_time_left_reach_the_handler),
        TEST(request_id_is_made_when_none_is_given),
        TEST(call_without_deadline_is_refused),
        TEST(answer_may_come_later_and_out_of_order),
        TEST(thousand_calls_are_under_way_at_once),
        TEST(cancel_ends_the_call_and_tells_the_handler),
        TEST(cancel_before_the_connection_stands_ends_the_call),
        TEST(deadline_ends_the_call_and_tells_the_handler),
        TEST(handler_may_answer_after_its_server_is_gone),
        TEST(channel_free_finishes_calls_before_it_returns),
        TEST(closure_may_free_its_channel),
        TEST(closure_of_a_failed_call_may_free_its_channel),
        TEST(closure_may_start_the_next_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
