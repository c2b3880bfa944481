#include "support/test.h"

#include <godwit/v1/scheduler.pb-c.h>

#include "gateway/message.h"

static void fields_are_set_by_name(void **state)
{
    (void)state;
    struct gw_error err = {0};
    ProtobufCMessage *m = gwy_message_new(&godwit__v1__list_migrations_request__descriptor);
    assert_int_equal(gwy_message_set(m, "guest", "g1", &err), 0);
    assert_int_equal(gwy_message_set(m, "active_only", "true", &err), 0);
    assert_int_equal(gwy_message_set(m, "limit", "4294967295", &err), 0);
    const Godwit__V1__ListMigrationsRequest *r = (const Godwit__V1__ListMigrationsRequest *)m;
    assert_string_equal(r->guest, "g1");
    assert_true(r->active_only);
    assert_true(r->limit == UINT32_MAX);
    assert_true(gwy_message_get_u32(m, "limit") == UINT32_MAX);
    assert_int_equal(gwy_message_get_u32(m, "timeout_ms"), 0);
    protobuf_c_message_free_unpacked(m, NULL);
}

static void a_contradiction_is_refused(void **state)
{
    (void)state;
    struct gw_error err = {0};
    ProtobufCMessage *m = gwy_message_new(&godwit__v1__get_guest_request__descriptor);
    assert_int_equal(gwy_message_set(m, "guest", "g1", &err), 0);
    assert_int_equal(gwy_message_set(m, "guest", "g1", &err), 0);
    assert_int_equal(gwy_message_set(m, "guest", "g2", &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, "guest differs");
    assert_string_equal(err.field, "guest");
    protobuf_c_message_free_unpacked(m, NULL);
}

static void rubbish_is_refused_with_its_field(void **state)
{
    (void)state;
    static const char *const numbers[] = {"", "-1", "+1", "1x", " 1", "4294967296", "00000000001"};
    struct gw_error err = {0};
    ProtobufCMessage *m = gwy_message_new(&godwit__v1__list_migrations_request__descriptor);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_int_equal(gwy_message_set(m, "limit", numbers[i], &err), -1);
        assert_error(&err, GW_INVALID_ARGUMENT, "limit must be a whole number");
        assert_string_equal(err.field, "limit");
    }
    assert_int_equal(gwy_message_set(m, "active_only", "1", &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, "active_only must be true or false");
    protobuf_c_message_free_unpacked(m, NULL);
}

static void fields_of_other_kinds_are_not_for_paths(void **state)
{
    (void)state;
    struct gw_error err = {0};
    ProtobufCMessage *m = gwy_message_new(&godwit__v1__create_guest_request__descriptor);
    assert_int_equal(gwy_message_set(m, "spec", "x", &err), -1);
    assert_error_code(&err, GW_INTERNAL);
    assert_int_equal(gwy_message_set(m, "nothing", "x", &err), -1);
    protobuf_c_message_free_unpacked(m, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_set_by_name),
        cmocka_unit_test(a_contradiction_is_refused),
        cmocka_unit_test(rubbish_is_refused_with_its_field),
        cmocka_unit_test(fields_of_other_kinds_are_not_for_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
