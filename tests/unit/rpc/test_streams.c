/* Server streams: items in order, credit, ends, slow readers. */
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

static void count_to(struct rpc_case *c, uint32_t n, struct outcome *out)
{
    rpc_call(c, godwit__test__echo__count, "", n, &rpc_stream, out);
}

static void check_order(struct outcome *out)
{
    assert_int_equal(out->last_n, out->n_items);
}

static void ten_thousand_items_come_in_order_and_then_the_end(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {.on_item = check_order};
    count_to(c, 10000, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.n_items, 10000);
    assert_int_equal(out.n_runs, 10001);
    assert_int_equal(out.err.code, GW_OK);
}

static void empty_stream_ends_at_once(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    count_to(c, 0, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.n_runs, 1);
    assert_int_equal(out.err.code, GW_OK);
}

static void server_sends_no_more_than_the_reader_has_room_for(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {.on_item = check_order};
    count_to(c, 10000, &out);
    gw_rpc_call_hold(out.call, true);
    RUN_UNTIL(c, out.n_items == GW_RPC_STREAM_CREDIT);
    for (int i = 0; i < 5; i++) /* more would come now */
        assert_string_equal(rpc_say(c, "meanwhile").text, "meanwhile");
    assert_int_equal(out.n_items, GW_RPC_STREAM_CREDIT);
    assert_int_equal(c->held[0].n_sent, GW_RPC_STREAM_CREDIT);
    gw_rpc_call_hold(out.call, false);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.n_items, 10000);
}

static void two_streams_run_side_by_side(void **state)
{
    struct rpc_case *c = *state;
    struct outcome a = {.on_item = check_order};
    struct outcome b = {.on_item = check_order};
    count_to(c, 1000, &a);
    count_to(c, 2000, &b);
    RUN_UNTIL(c, a.is_done && b.is_done);
    assert_int_equal(a.n_items, 1000);
    assert_int_equal(b.n_items, 2000);
}

static void cancel_at_item(struct outcome *out)
{
    if (out->n_items == 100)
        gw_rpc_call_cancel(out->call);
}

static void cancelled_stream_brings_no_item_more(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {.on_item = cancel_at_item};
    count_to(c, 10000, &out);
    RUN_UNTIL(c, out.is_done && c->held[0].n_cancelled == 1);
    assert_int_equal(out.err.code, GW_CANCELLED);
    assert_int_equal(out.n_items, 100);
    assert_string_equal(rpc_say(c, "next").text, "next");
}

static void free_channel_at_item(struct outcome *out)
{
    if (out->n_items != 10)
        return;
    gw_rpc_channel_free(out->c->channel);
    out->c->channel = NULL;
}

static void item_closure_may_free_the_channel(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {.on_item = free_channel_at_item};
    count_to(c, 10000, &out);
    RUN_UNTIL(c, out.is_done && c->held[0].n_cancelled == 1);
    assert_int_equal(out.err.code, GW_CANCELLED);
    assert_int_equal(out.n_items, 10);
}

static void stream_fails_when_the_server_goes(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    count_to(c, UINT32_MAX, &out);
    RUN_UNTIL(c, out.n_items > 100);
    rpc_case_stop_server(c);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_UNAVAILABLE);
    assert_int_equal(c->held[0].n_cancelled, 1);
}

static void stream_fails_at_once_when_nobody_serves(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_case_stop_server(c);
    count_to(c, 1, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_UNAVAILABLE);
    assert_non_null(strstr(out.err.message, c->url));
}

static void stream_with_a_deadline_ends_at_it(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    const struct gw_rpc_options options = {.is_stream = true, .deadline_ms = 100};
    rpc_call(c, godwit__test__echo__count, "", UINT32_MAX, &options, &out);
    RUN_UNTIL(c, out.is_done && c->held[0].n_cancelled == 1);
    assert_int_equal(out.err.code, GW_DEADLINE_EXCEEDED);
}

static void items_past_the_credit_break_the_stream_only(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    c->ignores_credit = true;
    count_to(c, 1000, &out);
    gw_rpc_call_hold(out.call, true);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_INTERNAL);
    assert_int_equal(out.n_items, GW_RPC_STREAM_CREDIT);
    assert_string_equal(rpc_say(c, "next").text, "next");
}

static void stream_answered_as_unary_call_is_taken_for_its_end(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__say, "x", 0, &rpc_stream, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.n_items, 0);
    assert_int_equal(out.err.code, GW_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ten_thousand_items_come_in_order_and_then_the_end),
        TEST(empty_stream_ends_at_once),
        TEST(server_sends_no_more_than_the_reader_has_room_for),
        TEST(two_streams_run_side_by_side),
        TEST(cancelled_stream_brings_no_item_more),
        TEST(item_closure_may_free_the_channel),
        TEST(stream_fails_when_the_server_goes),
        TEST(stream_fails_at_once_when_nobody_serves),
        TEST(stream_with_a_deadline_ends_at_it),
        TEST(items_past_the_credit_break_the_stream_only),
        TEST(stream_answered_as_unary_call_is_taken_for_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
