/* Servers that break the rules: the call fails, the channel mends itself. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw_peer.h"

struct hostile {
    struct rpc_case *c;
    int listener;
    int fd;
};

static int set_up(void **state)
{
    struct hostile *h = calloc(1, sizeof *h);
    h->c = rpc_case_new();
    h->listener = raw_listen(h->c);
    h->fd = -1;
    rpc_case_connect(h->c, h->c->url);
    *state = h;
    return 0;
}

/* Whatever was done to it, the channel reaches an honest server afterwards. */
static int tear_down(void **state)
{
    struct hostile *h = *state;
    if (h->fd >= 0)
        close(h->fd);
    close(h->listener);
    rpc_case_serve(h->c, h->c->url);
    assert_string_equal(rpc_say(h->c, "mended").text, "mended");
    rpc_case_free(h->c);
    free(h);
    return 0;
}

/* Start a call and take it: HELLOs are exchanged, the request is read. */
static void take_call(struct hostile *h,
                      stub_fn method,
                      const struct gw_rpc_options *options,
                      struct outcome *out)
{
    rpc_call(h->c, method, "x", 1, options, out);
    h->fd = raw_server(h->c, h->listener);
    raw_expect(h->c, h->fd, RAW_REQUEST, 1);
}

static void assert_fails(struct hostile *h, struct outcome *out, enum gw_code code)
{
    RUN_UNTIL(h->c, out->is_done);
    if (out->err.code != code)
        fail_msg("got %s: %s", gw_code_name(out->err.code), out->err.message);
}

static void garbage_makes_the_call_internal(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    raw_send(h->fd, "\0\0\0\x03\xff\xff\xff", 7);
    assert_fails(h, &out, GW_INTERNAL);
    assert_non_null(strstr(out.err.message, "rubbish"));
}

static void idempotent_call_is_not_repeated_after_garbage(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_idempotent, &out);
    raw_send(h->fd, "\0\0\0\0", 4);
    assert_fails(h, &out, GW_INTERNAL);
}

static void oversize_frame_makes_the_call_internal(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    raw_send(h->fd, "\x10\0\0\0", 4);
    assert_fails(h, &out, GW_INTERNAL);
}

static void reply_to_a_call_never_made_is_internal(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    raw_send_kind(h->fd, RAW_REPLY, 2);
    assert_fails(h, &out, GW_INTERNAL);
    assert_non_null(strstr(out.err.message, "never made"));
}

static void reply_to_a_call_given_up_is_ignored(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    struct outcome next = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    gw_rpc_call_cancel(out.call);
    assert_fails(h, &out, GW_CANCELLED);
    raw_expect(h->c, h->fd, RAW_CANCEL, 1);
    rpc_call(h->c, godwit__test__echo__say, "x", 0, &rpc_plain, &next);
    raw_expect(h->c, h->fd, RAW_REQUEST, 2);
    raw_send_kind(h->fd, RAW_REPLY, 1);
    raw_send_kind(h->fd, RAW_REPLY, 1);
    raw_send_kind(h->fd, RAW_REPLY, 2);
    RUN_UNTIL(h->c, next.n_runs);
    assert_int_equal(next.n_items, 1);
    assert_int_equal(out.n_runs, 1);
}

static void second_reply_is_ignored(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    raw_send_kind(h->fd, RAW_REPLY, 1);
    raw_send_kind(h->fd, RAW_REPLY, 1);
    RUN_UNTIL(h->c, out.n_runs);
    raw_send_kind(h->fd, RAW_PING, 5);
    raw_expect(h->c, h->fd, RAW_PONG, 5);
    assert_int_equal(out.n_runs, 1);
}

static void item_of_a_unary_call_is_internal(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    raw_send_kind(h->fd, RAW_ITEM, 1);
    assert_fails(h, &out, GW_INTERNAL);
    assert_int_equal(out.n_items, 0);
}

static void send_rubbish(int fd, enum raw_kind kind)
{
    uint8_t rubbish[] = {0x0a, 0xff, 0x01};
    Godwit__V1__Envelope frame = GODWIT__V1__ENVELOPE__INIT;
    frame.kind = (Godwit__V1__FrameKind)kind;
    frame.call_id = 1;
    frame.payload = (ProtobufCBinaryData){.len = sizeof rubbish, .data = rubbish};
    raw_send_frame(fd, &frame);
}

static void reply_that_is_not_its_message_is_internal(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    send_rubbish(h->fd, RAW_REPLY);
    assert_fails(h, &out, GW_INTERNAL);
    assert_non_null(strstr(out.err.message, "godwit.test.Text"));
}

static void item_that_is_not_its_message_ends_the_stream(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__count, &rpc_stream, &out);
    raw_send_kind(h->fd, RAW_ITEM, 1);
    send_rubbish(h->fd, RAW_ITEM);
    assert_fails(h, &out, GW_INTERNAL);
    assert_int_equal(out.n_items, 1);
    raw_expect(h->c, h->fd, RAW_CANCEL, 1);
}

static void more_items_than_asked_for_are_internal(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__count, &rpc_stream, &out);
    gw_rpc_call_hold(out.call, true);
    for (int i = 0; i <= GW_RPC_STREAM_CREDIT; i++)
        raw_send_kind(h->fd, RAW_ITEM, 1);
    assert_fails(h, &out, GW_INTERNAL);
    assert_int_equal(out.n_items, GW_RPC_STREAM_CREDIT);
}

static void unknown_status_code_is_unknown(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    Godwit__V1__Status status = GODWIT__V1__STATUS__INIT;
    Godwit__V1__Envelope frame = GODWIT__V1__ENVELOPE__INIT;
    frame.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_REPLY;
    frame.call_id = 1;
    frame.status = &status;
    status.code = 4000000000;
    raw_send_frame(h->fd, &frame);
    assert_fails(h, &out, GW_UNKNOWN);
}

static void calls_from_the_server_are_refused(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    raw_send_say(h->fd, 1, "and you?");
    Godwit__V1__Envelope *reply = raw_read_frame(h->c, h->fd);
    assert_int_equal(reply->kind, RAW_REPLY);
    assert_int_equal(reply->status->code, GW_UNIMPLEMENTED);
    godwit__v1__envelope__free_unpacked(reply, NULL);
    raw_send_kind(h->fd, RAW_CANCEL, 1);
    raw_send_kind(h->fd, RAW_REPLY, 1);
    RUN_UNTIL(h->c, out.n_runs);
    assert_int_equal(out.n_items, 1);
}

static void server_that_says_nothing_is_unavailable_at_the_deadline(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    rpc_call(h->c, godwit__test__echo__say, "", 0, &(struct gw_rpc_options){.deadline_ms = 60},
             &out);
    h->fd = raw_accept(h->c, h->listener);
    assert_fails(h, &out, GW_UNAVAILABLE);
}

static void server_that_hangs_up_is_tried_again_and_again(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    rpc_call(h->c, godwit__test__echo__say, "x", 0, &rpc_plain, &out);
    for (int i = 0; i < 3; i++)
        close(raw_accept(h->c, h->listener));
    h->fd = raw_server(h->c, h->listener);
    raw_expect(h->c, h->fd, RAW_REQUEST, 1);
    raw_send_kind(h->fd, RAW_REPLY, 1);
    RUN_UNTIL(h->c, out.n_runs);
    assert_int_equal(out.n_items, 1);
}

static void server_that_falls_silent_is_given_up(void **state)
{
    struct hostile *h = *state;
    struct outcome out = {0};
    gw_rpc_channel_free(h->c->channel);
    h->c->channel_limits.tick_ms = 20;
    rpc_case_connect(h->c, h->c->url);
    take_call(h, godwit__test__echo__say, &rpc_plain, &out);
    assert_fails(h, &out, GW_UNAVAILABLE);
    assert_non_null(strstr(out.err.message, "silent"));
}

static void requests_for_a_server_that_never_reads_are_refused_at_the_limit(void **state)
{
    enum { N = 12, N_BYTES = 3 * 1024 * 1024 };
    struct hostile *h = *state;
    struct outcome first = {0};
    struct outcome outs[N] = {0};
    rpc_call(h->c, godwit__test__echo__say, "", 0, &rpc_plain, &first);
    h->fd = raw_accept(h->c, h->listener);
    Godwit__V1__Envelope hello = GODWIT__V1__ENVELOPE__INIT;
    hello.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO;
    hello.version = 1;
    hello.max_frame_bytes = UINT64_MAX;
    raw_send_frame(h->fd, &hello);
    raw_expect(h->c, h->fd, RAW_HELLO, 0);
    raw_expect(h->c, h->fd, RAW_REQUEST, 1);
    Godwit__Test__Text input = GODWIT__TEST__TEXT__INIT;
    input.data = (ProtobufCBinaryData){.len = N_BYTES, .data = calloc(1, N_BYTES)};
    for (int i = 0; i < N; i++)
        rpc_call_message(h->c, godwit__test__echo__say, &input, &rpc_plain, &outs[i]);
    free(input.data.data);
    RUN_UNTIL(h->c, outs[N - 1].is_done);
    assert_int_equal(outs[N - 1].err.code, GW_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(outs[N - 1].err.message, "reads too slowly"));
    assert_false(outs[0].is_done);
    close(h->fd);
    h->fd = -1;
    for (int i = 0; i < N; i++)
        RUN_UNTIL(h->c, outs[i].is_done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(garbage_makes_the_call_internal),
        TEST(idempotent_call_is_not_repeated_after_garbage),
        TEST(oversize_frame_makes_the_call_internal),
        TEST(reply_to_a_call_never_made_is_internal),
        TEST(reply_to_a_call_given_up_is_ignored),
        TEST(second_reply_is_ignored),
        TEST(item_of_a_unary_call_is_internal),
        TEST(reply_that_is_not_its_message_is_internal),
        TEST(item_that_is_not_its_message_ends_the_stream),
        TEST(more_items_than_asked_for_are_internal),
        TEST(unknown_status_code_is_unknown),
        TEST(calls_from_the_server_are_refused),
        TEST(server_that_says_nothing_is_unavailable_at_the_deadline),
        TEST(server_that_hangs_up_is_tried_again_and_again),
        TEST(server_that_falls_silent_is_given_up),
        TEST(requests_for_a_server_that_never_reads_are_refused_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
