/* Requests to plain structs: what is let in and what is refused, with the field. */
#include <stdlib.h>

#include "base/scope.h"
#include "services/source/begin_decode_rpc.h"
#include "services/source/wire_rpc.h"
#include "support/test.h"
#include "wire/json.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define ID63 "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"
#define LIVE(memory, disks)                                                                        \
    "{\"mode\":\"MIGRATION_MODE_LIVE\",\"endpoints\":{" memory ",\"disks\":[" disks "]}}"
#define MEMORY "\"memoryHost\":\"10.0.0.1\",\"memoryPort\":7000"
#define DISK(name, host, port)                                                                     \
    "{\"name\":\"" name "\",\"host\":\"" host "\",\"port\":" port ",\"exportName\":\"e\"}"

static int
attempt(const char *json, bool needs_migration, struct src_attempt *out, const char *field)
{
    struct gw_error err = {0};
    ProtobufCMessage *m =
        gw_json_text_to_message(&godwit__v1__attempt__descriptor, json, strlen(json), 0, &err);

    assert_non_null(m);
    int result = src_attempt_decode((Godwit__V1__Attempt *)m, needs_migration, out, &err);
    protobuf_c_message_free_unpacked(m, NULL);
    if (result != 0)
        assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_string_equal(err.field, field);
    return result;
}

static void an_attempt_passes_at_its_limits(void **state)
{
    struct src_attempt out;

    (void)state;
    assert_int_equal(attempt("{\"guestUuid\":\"" UUID "\",\"migrationId\":\"" ID63
                             "\",\"attempt\":4294967295,\"epoch\":\"18446744073709551615\"}",
                             true, &out, ""),
                     0);
    assert_string_equal(out.migration_id, ID63);
    assert_true(out.epoch == UINT64_MAX);
    assert_int_equal(attempt("{\"guestUuid\":\"" UUID "\",\"epoch\":\"1\"}", false, &out, ""), 0);
    assert_string_equal(out.migration_id, "");
}

static void a_bad_attempt_is_refused_with_its_field(void **state)
{
    struct src_attempt out;
    static const struct {
        const char *json, *field;
    } bad[] = {
        {"{\"guestUuid\":\"../x\",\"epoch\":\"1\"}", "attempt.guest_uuid"},
        {"{\"guestUuid\":\"" UUID "\"}", "attempt.epoch"},
        {"{\"guestUuid\":\"" UUID "\",\"epoch\":\"1\"}", "attempt.migration_id"},
        {"{\"guestUuid\":\"" UUID "\",\"epoch\":\"1\",\"migrationId\":\"a/b\",\"attempt\":1}",
         "attempt.migration_id"},
        {"{\"guestUuid\":\"" UUID "\",\"epoch\":\"1\",\"migrationId\":\"" ID63 "m\",\"attempt\":1}",
         "attempt.migration_id"},
        {"{\"guestUuid\":\"" UUID "\",\"epoch\":\"1\",\"migrationId\":\"m\"}", "attempt.attempt"},
    };

    (void)state;
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++)
        assert_int_equal(attempt(bad[i].json, true, &out, bad[i].field), -1);
    struct gw_error err = {0};
    assert_int_equal(src_attempt_decode(NULL, true, &out, &err), -1);
    assert_error_code(&err, GW_INVALID_ARGUMENT);
}

static int begin(const char *json, struct src_begin *out, uint32_t *out_copied, const char *field)
{
    static const struct src_attempt any = {.migration_id = "m", .attempt = 1, .epoch = 1};
    struct gw_error err = {0};
    enum gw_record_mode mode = GW_RECORD_MODE_NONE;
    GW_AUTO_FREE struct gw_guest_spec *spec = calloc(1, sizeof *spec);
    ProtobufCMessage *m = gw_json_text_to_message(&godwit__v1__begin_request__descriptor, json,
                                                  strlen(json), 0, &err);

    if (m == NULL)
        fail_msg("%s: %s", json, err.message);
    spec->n_disks = 2;
    memcpy(spec->disks[0].name, "root", 5);
    memcpy(spec->disks[1].name, "data", 5);
    int result =
        src_begin_decode((Godwit__V1__BeginRequest *)m, &any, spec, out, &mode, out_copied, &err);
    protobuf_c_message_free_unpacked(m, NULL);
    if (result != 0)
        assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_string_equal(err.field, field);
    return result;
}

static void copied_disks_become_bits_of_the_spec(void **state)
{
    GW_AUTO_FREE struct src_begin *out = malloc(sizeof *out);
    uint32_t copied = 0;

    (void)state;
    assert_int_equal(begin(LIVE(MEMORY, DISK("data", "fe80::1", "1")), out, &copied, ""), 0);
    assert_int_equal(copied, 2);
    assert_int_equal(out->n_disks, 1);
    assert_string_equal(out->disks[0].host, "fe80::1");
    assert_int_equal(begin("{\"mode\":\"MIGRATION_MODE_COLD\"}", out, &copied, ""), 0);
    assert_int_equal(copied, 0);
}

static void a_bad_begin_is_refused_with_its_field(void **state)
{
    GW_AUTO_FREE struct src_begin *out = malloc(sizeof *out);
    uint32_t copied = 0;
    static const struct {
        const char *json, *field;
    } bad[] = {
        {"{}", "mode"},
        {"{\"mode\":\"MIGRATION_MODE_LIVE\"}", "endpoints"},
        {LIVE("\"memoryHost\":\"host,path=x\",\"memoryPort\":1", ""), "endpoints.memory_host"},
        {LIVE("\"memoryHost\":\"10.0.0.1\",\"memoryPort\":65536", ""), "endpoints.memory_port"},
        {LIVE(MEMORY, DISK("nope", "10.0.0.1", "1")), "endpoints.disks.name"},
        {LIVE(MEMORY, DISK("root", "10.0.0.1", "1") "," DISK("root", "10.0.0.1", "1")),
         "endpoints.disks.name"},
        {LIVE(MEMORY, DISK("root", "localhost", "1")), "endpoints.disks.host"},
        {LIVE(MEMORY, DISK("root", "10.0.0.1", "0")), "endpoints.disks.port"},
    };

    (void)state;
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++)
        assert_int_equal(begin(bad[i].json, out, &copied, bad[i].field), -1);
}

static void progress_sums_disks_and_memory(void **state)
{
    struct src_progress p = {.step = SRC_COPY_MEMORY,
                             .memory_total_bytes = 100,
                             .memory_done_bytes = 150,
                             .memory_remaining_bytes = 30,
                             .n_disks = 2};
    struct src_progress_message m;

    (void)state;
    p.disks[0] = (struct src_disk_progress){.name = "a", .total_bytes = 10, .done_bytes = 10};
    p.disks[1] = (struct src_disk_progress){.name = "b", .total_bytes = 20, .done_bytes = 5};
    memset(&m, 0xff, sizeof m);
    src_progress_encode(&p, &m);
    assert_int_equal(m.base.bytes_total, 130);
    assert_int_equal(m.base.bytes_done, 85);
    assert_int_equal(m.base.n_disks, 2);
    assert_string_equal(m.base.disks[1]->name, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_passes_at_its_limits),
        cmocka_unit_test(a_bad_attempt_is_refused_with_its_field),
        cmocka_unit_test(copied_disks_become_bits_of_the_spec),
        cmocka_unit_test(a_bad_begin_is_refused_with_its_field),
        cmocka_unit_test(progress_sums_disks_and_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
