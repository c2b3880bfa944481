/* Frames, addresses and the table of calls: what needs no connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/frame.h"
#include "rpc/id_table.h"
#include "rpc/url.h"

static struct gw_rpc_frame *pack(uint64_t call_id)
{
    Godwit__V1__Envelope e = GODWIT__V1__ENVELOPE__INIT;
    e.call_id = call_id;
    e.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_PING;
    return gw_rpc_frame_pack(&e, 1000, NULL);
}

static void feed(struct gw_rpc_cutter *cutter, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        size_t room;
        uint8_t *at = gw_rpc_cutter_room(cutter, &room);
        assert_non_null(at);
        assert_true(room > 0);
        size_t n = len < room ? len : room;
        memcpy(at, bytes, n);
        gw_rpc_cutter_add(cutter, n);
        bytes += n;
        len -= n;
    }
}

static void frames_are_cut_however_the_bytes_come(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 30; piece++) {
        struct gw_rpc_cutter cutter = {.max_bytes = 1000};
        uint64_t next = 1;
        uint8_t stream[2048];
        size_t total = 0;
        for (uint64_t id = 1; id <= 100; id++) {
            struct gw_rpc_frame *frame = pack(id);
            memcpy(stream + total, frame->data, frame->len);
            total += frame->len;
            free(frame);
        }
        for (size_t at = 0; at < total; at += piece) {
            feed(&cutter, stream + at, total - at < piece ? total - at : piece);
            const uint8_t *data;
            size_t len;
            while (gw_rpc_cutter_next(&cutter, &data, &len, NULL) > 0) {
                Godwit__V1__Envelope *e = godwit__v1__envelope__unpack(NULL, len, data);
                assert_int_equal(e->call_id, next++);
                godwit__v1__envelope__free_unpacked(e, NULL);
            }
        }
        assert_int_equal(next, 101);
        gw_rpc_cutter_fini(&cutter);
    }
}

static void frame_at_the_limit_is_taken_and_one_byte_more_is_not(void **state)
{
    (void)state;
    static const uint8_t at_limit[] = {0, 0, 3, 232};
    static const uint8_t past_limit[] = {0, 0, 3, 233};
    static const uint8_t zero[] = {0, 0, 0, 0};
    const uint8_t *data;
    size_t len;
    struct gw_rpc_cutter cutter = {.max_bytes = 1000};
    feed(&cutter, at_limit, 4);
    assert_int_equal(gw_rpc_cutter_next(&cutter, &data, &len, NULL), 0);
    gw_rpc_cutter_fini(&cutter);
    struct gw_error err = {0};
    feed(&cutter, past_limit, 4);
    assert_int_equal(gw_rpc_cutter_next(&cutter, &data, &len, &err), -1);
    assert_string_equal(err.message,
                        "the peer announced a frame of 1001 bytes; 1 to 1000 are taken");
    gw_rpc_cutter_fini(&cutter);
    feed(&cutter, zero, 4);
    assert_int_equal(gw_rpc_cutter_next(&cutter, &data, &len, &err), -1);
    gw_rpc_cutter_fini(&cutter);
}

static void memory_follows_the_bytes_and_not_the_promise(void **state)
{
    (void)state;
    static const uint8_t promise[] = {0, 63, 255, 255};
    struct gw_rpc_cutter cutter = {.max_bytes = 4 * 1024 * 1024};
    const uint8_t *data;
    size_t len;
    feed(&cutter, promise, 4);
    assert_int_equal(gw_rpc_cutter_next(&cutter, &data, &len, NULL), 0);
    (void)gw_rpc_cutter_room(&cutter, &len);
    assert_int_equal(cutter.cap, GW_RPC_READ_BYTES);
    uint8_t *rest = calloc(1, 0x3fffff);
    feed(&cutter, rest, 0x3fffff);
    free(rest);
    assert_int_equal(gw_rpc_cutter_next(&cutter, &data, &len, NULL), 1);
    assert_int_equal(len, 0x3fffff);
    assert_true(cutter.cap <= 4 * 1024 * 1024 + GW_RPC_FRAME_HEAD);
    (void)gw_rpc_cutter_room(&cutter, &len);
    assert_int_equal(cutter.cap, GW_RPC_READ_BYTES); /* given back */
    gw_rpc_cutter_fini(&cutter);
}

static void message_over_the_peers_limit_is_not_packed(void **state)
{
    (void)state;
    uint8_t payload[100] = {0};
    Godwit__V1__Envelope e = GODWIT__V1__ENVELOPE__INIT;
    e.payload = (ProtobufCBinaryData){.len = sizeof payload, .data = payload};
    size_t len = godwit__v1__envelope__get_packed_size(&e);
    struct gw_error err = {0};
    struct gw_rpc_frame *frame = gw_rpc_frame_pack(&e, len, &err);
    assert_non_null(frame);
    free(frame);
    assert_null(gw_rpc_frame_pack(&e, len - 1, &err));
    assert_int_equal(err.code, GW_RESOURCE_EXHAUSTED);
}

static void table_finds_what_was_put_and_nothing_else(void **state)
{
    (void)state;
    enum { N = 1024 };
    static struct gw_rpc_id_node nodes[N];
    struct gw_rpc_id_table table = {0};
    for (size_t i = 0; i < N; i++) {
        nodes[i].id = i + 1;
        gw_rpc_id_put(&table, &nodes[i]);
    }
    assert_int_equal(table.n, N);
    assert_ptr_equal(gw_rpc_id_find(&table, 700), &nodes[699]);
    assert_null(gw_rpc_id_find(&table, 0));
    assert_null(gw_rpc_id_find(&table, N + 1));
    assert_ptr_equal(gw_rpc_id_take(&table, 1), &nodes[0]);
    assert_null(gw_rpc_id_take(&table, 1));
    for (size_t i = 1; i < N; i++) {
        assert_ptr_equal(gw_rpc_id_lowest(&table), &nodes[i]);
        (void)gw_rpc_id_take(&table, i + 1);
    }
    assert_null(gw_rpc_id_lowest(&table));
    assert_int_equal(table.n, 0);
}

static void addresses_of_each_kind_are_understood(void **state)
{
    (void)state;
    struct gw_rpc_url url;
    assert_int_equal(gw_rpc_url_parse("ipc:///run/godwit/a.sock", &url, NULL), 0);
    assert_int_equal(url.transport, GW_RPC_IPC);
    assert_string_equal(url.text + url.path_at, "/run/godwit/a.sock");
    assert_int_equal(gw_rpc_url_parse("tcp://10.0.0.1:7400", &url, NULL), 0);
    assert_int_equal(url.transport, GW_RPC_TCP);
    assert_string_equal(url.host, "10.0.0.1");
    assert_int_equal(url.port, 7400);
    assert_int_equal(gw_rpc_url_parse("tls+tcp://[fe80::1]:65535", &url, NULL), 0);
    assert_int_equal(url.transport, GW_RPC_TLS);
    assert_string_equal(url.host, "fe80::1");
    assert_int_equal(url.port, 65535);
    gw_rpc_url_set_port(&url, 80);
    assert_string_equal(url.text, "tls+tcp://[fe80::1]:80");
}

static void addresses_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    char longest[200] = "ipc:///";
    memset(longest + 7, 'a', 107);
    static const char *const bad[] = {
        "",
        "/run/a.sock",
        "http://a:1",
        "ipc://a.sock",
        "ipc:///",
        "tcp://",
        "tcp://a",
        "tcp://a:",
        "tcp://a:x",
        "tcp://a:65536",
        "tcp://:80",
        "tcp://a:-1",
        "tcp://a:+1",
        "tcp://a:000080",
        "tcp://a b:80",
        "tcp://::1:80",
        "tcp://a/b:80",
        "tls+tcp://*:80",
        "TCP://a:80",
        "tcp://[]:80",
    };
    struct gw_rpc_url url;
    struct gw_error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gw_error_clear(&err);
        if (gw_rpc_url_parse(bad[i], &url, &err) == 0)
            fail_msg("took %s", bad[i]);
        assert_int_equal(err.code, GW_INVALID_ARGUMENT);
    }
    assert_int_equal(gw_rpc_url_parse(longest, &url, &err), -1);
    assert_non_null(strstr(err.message, "107"));
    longest[6 + 107] = '\0';
    assert_int_equal(gw_rpc_url_parse(longest, &url, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_cut_however_the_bytes_come),
        cmocka_unit_test(frame_at_the_limit_is_taken_and_one_byte_more_is_not),
        cmocka_unit_test(memory_follows_the_bytes_and_not_the_promise),
        cmocka_unit_test(message_over_the_peers_limit_is_not_packed),
        cmocka_unit_test(table_finds_what_was_put_and_nothing_else),
        cmocka_unit_test(addresses_of_each_kind_are_understood),
        cmocka_unit_test(addresses_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
