/* Sizes and numbers at their limits, on both sides. */
#include <stdio.h>

#include "rpc_case.h"

static int set_up(void **state)
{
    *state = rpc_case_new();
    return 0;
}

static int tear_down(void **state)
{
    rpc_case_free(*state);
    return 0;
}

static void say_bytes(struct rpc_case *c, size_t n, struct outcome *out)
{
    Godwit__Test__Text input = GODWIT__TEST__TEXT__INIT;
    input.data = (ProtobufCBinaryData){.len = n, .data = calloc(1, n)};
    rpc_call_message(c, godwit__test__echo__say, &input, &rpc_plain, out);
    free(input.data.data);
    RUN_UNTIL(c, out->n_runs);
}

static void large_messages_pass_whole(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_case_start(c);
    say_bytes(c, GW_RPC_FRAME_MAX_BYTES - 1024, &out);
    assert_int_equal(out.n_items, 1);
}

static void request_over_the_limit_is_refused_before_it_is_sent(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_case_start(c);
    say_bytes(c, GW_RPC_FRAME_MAX_BYTES, &out);
    assert_int_equal(out.err.code, GW_RESOURCE_EXHAUSTED);
    assert_string_equal(rpc_say(c, "next").text, "next");
    assert_int_equal(c->n_said, 1);
}

static void request_over_the_servers_limit_is_refused_before_it_is_sent(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    c->server_limits.max_frame_bytes = 10000;
    rpc_case_start(c);
    say_bytes(c, 10000, &out);
    assert_int_equal(out.err.code, GW_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(out.err.message, "10000 bytes"));
    assert_string_equal(rpc_say(c, "next").text, "next");
    assert_int_equal(c->n_said, 1);
}

static void reply_over_the_callers_limit_is_an_error_instead(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    c->channel_limits.max_frame_bytes = 10000;
    rpc_case_start(c);
    say_bytes(c, 10000, &out);
    assert_int_equal(out.err.code, GW_RESOURCE_EXHAUSTED);
    assert_int_equal(c->n_said, 1);
    assert_string_equal(rpc_say(c, "next").text, "next");
}

static void call_past_the_channels_limit_is_refused(void **state)
{
    struct rpc_case *c = *state;
    struct outcome outs[4] = {0};
    c->channel_limits.max_calls = 3;
    rpc_case_start(c);
    for (int i = 0; i < 4; i++)
        rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &outs[i]);
    RUN_UNTIL(c, outs[3].is_done && c->n_held == 3);
    assert_int_equal(outs[3].err.code, GW_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(outs[3].err.message, "the limit is 3"));
    for (int i = 0; i < 3; i++)
        rpc_release_held(&c->held[i], "");
    for (int i = 0; i < 3; i++)
        RUN_UNTIL(c, outs[i].n_runs);
    assert_string_equal(rpc_say(c, "next").text, "next");
}

static void long_request_id_is_replaced(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    char id[100];
    memset(id, 'a', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    rpc_case_start(c);
    rpc_call(c, godwit__test__echo__say, "", 0,
             &(struct gw_rpc_options){.deadline_ms = 5000, .request_id = id}, &out);
    RUN_UNTIL(c, out.n_runs);
    assert_int_equal(strlen(c->request_id), 16);
}

static void deadline_over_the_limit_is_cut(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_case_start(c);
    rpc_call(c, godwit__test__echo__say, "", 0, &(struct gw_rpc_options){.deadline_ms = UINT32_MAX},
             &out);
    RUN_UNTIL(c, out.n_runs);
    assert_in_range(c->time_left_ms, GW_RPC_DEADLINE_MAX_MS - 20000, GW_RPC_DEADLINE_MAX_MS);
}

static void listeners_and_services_have_their_limit(void **state)
{
    struct rpc_case *c = *state;
    struct gw_error err = {0};
    rpc_case_serve(c, c->url);
    for (int i = 1; i < 8; i++)
        assert_int_equal(gw_rpc_server_listen(c->server, "tcp://127.0.0.1:0", NULL, &err), 0);
    assert_int_equal(gw_rpc_server_listen(c->server, "tcp://127.0.0.1:0", NULL, &err), -1);
    assert_int_equal(err.code, GW_RESOURCE_EXHAUSTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(large_messages_pass_whole),
        TEST(request_over_the_limit_is_refused_before_it_is_sent),
        TEST(request_over_the_servers_limit_is_refused_before_it_is_sent),
        TEST(reply_over_the_callers_limit_is_an_error_instead),
        TEST(call_past_the_channels_limit_is_refused),
        TEST(long_request_id_is_replaced),
        TEST(deadline_over_the_limit_is_cut),
        TEST(listeners_and_services_have_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
