#include "json_case.h"

#include "base/scope.h"

static void assert_written(const Godwit__Test__Sample *m, unsigned flags, const char *wanted)
{
    struct gw_error err = {0};
    GW_AUTO_FREE char *text = gw_json_text_from_message(&m->base, flags, &err);
    if (!text)
        fail_msg("%s", err.message);
    assert_string_equal(text, wanted);
}

static void unset_fields_are_left_out(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    assert_written(&m, 0, "{}");
}

static void defaults_are_written_when_asked_for(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    assert_written(&m, GW_JSON_DEFAULTS,
                   "{\"anI32\":0,\"anS32\":0,\"aU32\":0,\"anI64\":\"0\",\"aU64\":\"0\","
                   "\"anF64\":\"0\",\"aFloat\":0.0,\"aDouble\":0.0,\"aBool\":false,"
                   "\"color\":\"COLOR_UNSPECIFIED\",\"text\":\"\",\"data\":\"\",\"numbers\":[],"
                   "\"words\":[],\"points\":[],\"colors\":[],\"blobs\":[],\"counts\":{},"
                   "\"places\":{},\"flags\":{}}");
}

static void integers_of_64_bits_are_strings(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    m.an_i32 = INT32_MIN;
    m.a_u32 = UINT32_MAX;
    m.an_i64 = INT64_MIN;
    m.a_u64 = UINT64_MAX;
    assert_written(&m, 0,
                   "{\"anI32\":-2147483648,\"aU32\":4294967295,"
                   "\"anI64\":\"-9223372036854775808\",\"aU64\":\"18446744073709551615\"}");
}

static void enums_are_names_and_unknown_ones_numbers(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    m.color = GODWIT__TEST__COLOR__COLOR_BLUE;
    assert_written(&m, 0, "{\"color\":\"COLOR_BLUE\"}");
    m.color = (Godwit__Test__Color)77;
    assert_written(&m, 0, "{\"color\":77}");
}

static void bytes_are_base64(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    uint8_t bytes[] = {0, 255};
    m.data = (ProtobufCBinaryData){.len = 2, .data = bytes};
    assert_written(&m, 0, "{\"data\":\"AP8=\"}");
}

static void timestamp_is_rfc_3339(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    at.seconds = 1795255200;
    m.made_at = &at;
    assert_written(&m, 0, "{\"madeAt\":\"2026-11-21T10:00:00Z\"}");
}

static void timestamp_beyond_year_9999_is_refused(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    at.seconds = INT64_MAX;
    m.made_at = &at;
    struct gw_error err = {0};
    assert_null(gw_json_text_from_message(&m.base, 0, &err));
    assert_int_equal(err.code, GW_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "years 1 to 9999"));
}

static void strings_that_are_not_utf8_are_mended(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    char text[] = "a\xff/\xc3\xa9";
    m.text = text;
    assert_written(&m, 0, "{\"text\":\"a\xef\xbf\xbd/\xc3\xa9\"}");
}

static void numbers_that_json_lacks_are_strings(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    m.a_double = __builtin_inf();
    m.a_float = -__builtin_inff();
    assert_written(&m, 0, "{\"aFloat\":\"-Infinity\",\"aDouble\":\"Infinity\"}");
}

static void set_optional_is_written_though_it_holds_its_default(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    char empty[] = "";
    Godwit__Test__Old old = GODWIT__TEST__OLD__INIT;
    old.has_maybe = 1;
    old.maybe_text = empty;
    m.old = &old;
    assert_written(&m, 0, "{\"old\":{\"maybe\":0,\"maybeText\":\"\"}}");
}

static void oneof_member_that_is_set_is_written(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    m.choice_case = GODWIT__TEST__SAMPLE__CHOICE_A_NUMBER;
    assert_written(&m, 0, "{\"aNumber\":\"0\"}");
}

static void pretty_text_is_indented(void **state)
{
    (void)state;
    Godwit__Test__Sample m = GODWIT__TEST__SAMPLE__INIT;
    m.an_i32 = 1;
    assert_written(&m, GW_JSON_PRETTY, "{\n  \"anI32\": 1\n}");
}

static void message_nested_too_deep_is_refused(void **state)
{
    (void)state;
    enum { N = GW_JSON_DEPTH_MAX + 1 };
    Godwit__Test__Sample m[N];
    for (int i = 0; i < N; i++) {
        godwit__test__sample__init(&m[i]);
        m[i].child = i ? &m[i - 1] : NULL;
    }
    struct gw_error err = {0};
    assert_null(gw_json_from_message(&m[N - 1].base, 0, &err));
    assert_non_null(strstr(err.message, "deeper than 32"));
    json_object *object = gw_json_from_message(&m[N - 2].base, 0, &err);
    assert_non_null(object);
    json_object_put(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unset_fields_are_left_out),
        cmocka_unit_test(defaults_are_written_when_asked_for),
        cmocka_unit_test(integers_of_64_bits_are_strings),
        cmocka_unit_test(enums_are_names_and_unknown_ones_numbers),
        cmocka_unit_test(bytes_are_base64),
        cmocka_unit_test(timestamp_is_rfc_3339),
        cmocka_unit_test(timestamp_beyond_year_9999_is_refused),
        cmocka_unit_test(strings_that_are_not_utf8_are_mended),
        cmocka_unit_test(numbers_that_json_lacks_are_strings),
        cmocka_unit_test(set_optional_is_written_though_it_holds_its_default),
        cmocka_unit_test(oneof_member_that_is_set_is_written),
        cmocka_unit_test(pretty_text_is_indented),
        cmocka_unit_test(message_nested_too_deep_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
