/* Clients that break the rules: their connection ends, the server goes on. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw_peer.h"

static int set_up(void **state)
{
    struct rpc_case *c = rpc_case_new();
    rpc_case_start(c);
    *state = c;
    return 0;
}

static int tear_down(void **state)
{
    struct rpc_case *c = *state;
    assert_string_equal(rpc_say(c, "still here").text, "still here");
    rpc_case_free(c);
    return 0;
}

static void length_over_the_limit_ends_the_connection(void **state)
{
    int fd = raw_client(*state);
    raw_send(fd, "\x7f\xff\xff\xff", 4);
    raw_expect_closed(*state, fd);
}

static void length_of_zero_ends_the_connection(void **state)
{
    int fd = raw_client(*state);
    raw_send(fd, "\0\0\0\0", 4);
    raw_expect_closed(*state, fd);
}

static void garbage_ends_the_connection(void **state)
{
    int fd = raw_connect(*state);
    raw_send(fd, "GET / HTTP/1.1\r\nHost: godwit\r\n\r\n", 32);
    raw_expect_closed(*state, fd);
    fd = raw_client(*state);
    raw_send(fd, "\0\0\0\x04\xff\xff\xff\xff", 8);
    raw_expect_closed(*state, fd);
}

static void frame_cut_short_harms_nobody(void **state)
{
    int fd = raw_client(*state);
    raw_send(fd, "\0\0\x10\0abc", 7);
    rpc_case_step(*state);
    close(fd);
    rpc_case_step(*state);
}

static void frame_of_a_megabyte_that_never_comes_takes_no_memory_for_itself(void **state)
{
    int fd = raw_client(*state);
    raw_send(fd, "\0\x3f\0\0", 4);
    rpc_case_step(*state);
    assert_string_equal(rpc_say(*state, "meanwhile").text, "meanwhile");
    close(fd);
}

static void frame_in_single_bytes_is_understood(void **state)
{
    struct rpc_case *c = *state;
    int fd = raw_client(c);
    int out[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), 0);
    raw_send_say(out[0], 1, "slow");
    char bytes[512];
    ssize_t len = recv(out[1], bytes, sizeof bytes, 0);
    for (ssize_t i = 0; i < len; i++) {
        raw_send(fd, &bytes[i], 1);
        rpc_case_step(c);
    }
    raw_expect(c, fd, RAW_REPLY, 1);
    close(out[0]);
    close(out[1]);
    close(fd);
}

static void first_frame_other_than_hello_ends_the_connection(void **state)
{
    int fd = raw_connect(*state);
    raw_send_say(fd, 1, "too early");
    raw_expect_closed(*state, fd);
    assert_int_equal(((struct rpc_case *)*state)->n_said, 0);
}

static void hello_of_another_version_ends_the_connection(void **state)
{
    int fd = raw_connect(*state);
    Godwit__V1__Envelope hello = GODWIT__V1__ENVELOPE__INIT;
    hello.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO;
    hello.version = 2;
    hello.max_frame_bytes = 1024 * 1024;
    raw_send_frame(fd, &hello);
    raw_expect_closed(*state, fd);
}

static void hello_with_a_frame_limit_too_small_ends_the_connection(void **state)
{
    int fd = raw_connect(*state);
    Godwit__V1__Envelope hello = GODWIT__V1__ENVELOPE__INIT;
    hello.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO;
    hello.version = 1;
    hello.max_frame_bytes = 16;
    raw_send_frame(fd, &hello);
    raw_expect_closed(*state, fd);
}

static void large_hello_ends_the_connection(void **state)
{
    int fd = raw_connect(*state);
    raw_send(fd, "\0\0\x02\0", 4);
    raw_expect_closed(*state, fd);
}

static void second_hello_ends_the_connection(void **state)
{
    int fd = raw_client(*state);
    raw_send_hello(fd);
    raw_expect_closed(*state, fd);
}

static void peer_that_says_no_hello_is_dropped(void **state)
{
    struct rpc_case *c = *state;
    rpc_case_stop_server(c);
    c->server_limits.tick_ms = 20;
    rpc_case_serve(c, c->url);
    raw_expect_closed(c, raw_connect(c));
}

static void peer_that_falls_silent_is_dropped_and_one_that_answers_pings_is_not(void **state)
{
    struct rpc_case *c = *state;
    rpc_case_stop_server(c);
    c->server_limits.tick_ms = 20;
    rpc_case_serve(c, c->url);
    struct outcome out = {0}; /* the channel answers pings */
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &out);
    RUN_UNTIL(c, c->n_held == 1);
    raw_expect_closed(c, raw_client(c));
    assert_int_equal(c->held[0].n_cancelled, 0);
    rpc_release_held(&c->held[0], "done");
    RUN_UNTIL(c, out.n_runs);
    assert_string_equal(out.text, "done");
}

static void frames_a_server_never_asked_for_end_the_connection(void **state)
{
    static const int kinds[] = {RAW_REPLY, RAW_ITEM, 0, 99};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int fd = raw_client(*state);
        raw_send_kind(fd, (enum raw_kind)kinds[i], 1);
        raw_expect_closed(*state, fd);
    }
}

static void call_numbers_must_rise_by_one(void **state)
{
    static const uint64_t firsts[] = {0, 2, UINT64_MAX};
    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        int fd = raw_client(*state);
        raw_send_say(fd, firsts[i], "");
        raw_expect_closed(*state, fd);
    }
    int fd = raw_client(*state);
    raw_send_say(fd, 1, "");
    raw_expect(*state, fd, RAW_REPLY, 1);
    raw_send_say(fd, 1, "");
    raw_expect_closed(*state, fd);
}

static void cancel_and_credit_of_unknown_calls_are_ignored(void **state)
{
    int fd = raw_client(*state);
    raw_send_kind(fd, RAW_CANCEL, 7);
    raw_send_kind(fd, RAW_CREDIT, 7);
    raw_send_kind(fd, RAW_PONG, 7);
    raw_send_say(fd, 1, "");
    raw_expect(*state, fd, RAW_REPLY, 1);
    close(fd);
}

static void ping_is_answered_with_its_number(void **state)
{
    int fd = raw_client(*state);
    raw_send_kind(fd, RAW_PING, 42);
    raw_expect(*state, fd, RAW_PONG, 42);
    close(fd);
}

static void request_that_is_not_its_message_is_an_invalid_argument(void **state)
{
    struct rpc_case *c = *state;
    int fd = raw_client(c);
    char service[] = "godwit.test.Echo";
    char method[] = "Say";
    uint8_t rubbish[] = {0x0a, 0xff, 0x01};
    Godwit__V1__Envelope frame = GODWIT__V1__ENVELOPE__INIT;
    frame.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_REQUEST;
    frame.call_id = 1;
    frame.service = service;
    frame.method = method;
    frame.payload = (ProtobufCBinaryData){.len = sizeof rubbish, .data = rubbish};
    raw_send_frame(fd, &frame);
    Godwit__V1__Envelope *reply = raw_read_frame(c, fd);
    assert_int_equal(reply->status->code, GW_INVALID_ARGUMENT);
    assert_non_null(strstr(reply->status->message, "godwit.test.Text"));
    godwit__v1__envelope__free_unpacked(reply, NULL);
    assert_int_equal(c->n_said, 0);
    raw_send_say(fd, 2, "");
    raw_expect(c, fd, RAW_REPLY, 2);
    close(fd);
}

static void strings_that_are_not_utf8_are_an_invalid_argument(void **state)
{
    struct rpc_case *c = *state;
    int fd = raw_client(c);
    raw_send_say(fd, 1, "\xff");
    Godwit__V1__Envelope *reply = raw_read_frame(c, fd);
    assert_non_null(reply->status);
    assert_int_equal(reply->status->code, GW_INVALID_ARGUMENT);
    assert_string_equal(reply->status->field, "text");
    godwit__v1__envelope__free_unpacked(reply, NULL);
    assert_int_equal(c->n_said, 0);
    close(fd);
}

static void credit_without_bound_is_taken_for_what_it_is(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_stream, &out);
    RUN_UNTIL(c, c->n_held == 1);
    int fd = raw_client(c);
    Godwit__V1__Envelope credit = GODWIT__V1__ENVELOPE__INIT;
    credit.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_CREDIT;
    credit.call_id = 1;
    credit.credit = UINT32_MAX;
    raw_send_say(fd, 1, "");
    raw_send_frame(fd, &credit);
    raw_send_frame(fd, &credit);
    raw_expect(c, fd, RAW_REPLY, 1);
    close(fd);
    rpc_release_held(&c->held[0], "");
    RUN_UNTIL(c, out.is_done);
}

static void peer_that_calls_and_never_reads_is_dropped(void **state)
{
    struct rpc_case *c = *state;
    int fd = raw_client(c);
    char service[] = "godwit.test.Echo";
    char method[] = "Say";
    enum { N_BYTES = 512 * 1024 };
    uint8_t *payload = calloc(1, N_BYTES + 64);
    Godwit__Test__Text input = GODWIT__TEST__TEXT__INIT;
    input.data = (ProtobufCBinaryData){.len = N_BYTES, .data = payload};
    uint8_t *packed = malloc(N_BYTES + 64);
    Godwit__V1__Envelope frame = GODWIT__V1__ENVELOPE__INIT;
    frame.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_REQUEST;
    frame.service = service;
    frame.method = method;
    frame.payload.len = godwit__test__text__pack(&input, packed);
    frame.payload.data = packed;
    uint8_t *bytes = malloc(N_BYTES + 1024);
    bool is_dropped = false;
    for (uint64_t id = 1; !is_dropped && id < 200; id++) {
        frame.call_id = id;
        size_t len = godwit__v1__envelope__pack(&frame, bytes + 4);
        bytes[0] = 0;
        bytes[1] = (uint8_t)(len >> 16);
        bytes[2] = (uint8_t)(len >> 8);
        bytes[3] = (uint8_t)len;
        for (size_t done = 0; done < len + 4 && !is_dropped;) {
            ssize_t n = send(fd, bytes + done, len + 4 - done, MSG_NOSIGNAL);
            if (n > 0)
                done += (size_t)n;
            else if (errno == EAGAIN)
                rpc_case_step(c);
            else
                is_dropped = true;
        }
    }
    assert_true(is_dropped);
    assert_in_range(c->n_said, GW_RPC_SEND_QUEUE_MAX_BYTES / N_BYTES, 60);
    free(bytes);
    free(packed);
    free(payload);
    close(fd);
}

static void connection_past_the_limit_is_closed(void **state)
{
    struct rpc_case *c = *state;
    rpc_case_stop_server(c);
    c->server_limits.max_connections = 2;
    rpc_case_serve(c, c->url);
    int first = raw_client(c);
    int second = raw_client(c);
    raw_expect_closed(c, raw_connect(c));
    raw_send_say(first, 1, "");
    raw_expect(c, first, RAW_REPLY, 1);
    close(first); /* makes room again */
    close(second);
}

static void call_past_the_limit_of_a_connection_is_refused(void **state)
{
    struct rpc_case *c = *state;
    rpc_case_stop_server(c);
    c->server_limits.max_calls = 3;
    rpc_case_serve(c, c->url);
    struct outcome outs[4] = {0};
    for (int i = 0; i < 4; i++)
        rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &outs[i]);
    RUN_UNTIL(c, outs[3].is_done);
    assert_int_equal(outs[3].err.code, GW_RESOURCE_EXHAUSTED);
    assert_int_equal(c->n_held, 3);
    for (int i = 0; i < 3; i++)
        rpc_release_held(&c->held[i], "");
    RUN_UNTIL(c, outs[0].n_runs && outs[1].n_runs && outs[2].n_runs);
}

/* A repeatable stream of numbers (Knuth's MMIX generator). */
static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void frames_changed_at_random_end_their_connection_at_worst(void **state)
{
    struct rpc_case *c = *state;
    uint64_t seed = 20261121;
    int out[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), 0);
    for (int round = 0; round < 300; round++) {
        uint8_t bytes[512];
        raw_send_say(out[0], 1, "hello");
        raw_send_kind(out[0], RAW_CREDIT, 1);
        ssize_t len = recv(out[1], bytes, sizeof bytes, 0);
        for (uint32_t n = next_random(&seed) % 4; n < 4; n++)
            bytes[4 + next_random(&seed) % (uint32_t)(len - 4)] = (uint8_t)next_random(&seed);
        int fd = raw_client(c);
        raw_send(fd, bytes, (size_t)len);
        rpc_case_step(c);
        close(fd);
    }
    close(out[0]);
    close(out[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(length_over_the_limit_ends_the_connection),
        TEST(length_of_zero_ends_the_connection),
        TEST(garbage_ends_the_connection),
        TEST(frame_cut_short_harms_nobody),
        TEST(frame_of_a_megabyte_that_never_comes_takes_no_memory_for_itself),
        TEST(frame_in_single_bytes_is_understood),
        TEST(first_frame_other_than_hello_ends_the_connection),
        TEST(hello_of_another_version_ends_the_connection),
        TEST(hello_with_a_frame_limit_too_small_ends_the_connection),
        TEST(large_hello_ends_the_connection),
        TEST(second_hello_ends_the_connection),
        TEST(peer_that_says_no_hello_is_dropped),
        TEST(peer_that_falls_silent_is_dropped_and_one_that_answers_pings_is_not),
        TEST(frames_a_server_never_asked_for_end_the_connection),
        TEST(call_numbers_must_rise_by_one),
        TEST(cancel_and_credit_of_unknown_calls_are_ignored),
        TEST(ping_is_answered_with_its_number),
        TEST(request_that_is_not_its_message_is_an_invalid_argument),
        TEST(strings_that_are_not_utf8_are_an_invalid_argument),
        TEST(credit_without_bound_is_taken_for_what_it_is),
        TEST(peer_that_calls_and_never_reads_is_dropped),
        TEST(connection_past_the_limit_is_closed),
        TEST(call_past_the_limit_of_a_connection_is_refused),
        TEST(frames_changed_at_random_end_their_connection_at_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
