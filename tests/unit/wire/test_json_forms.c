/* UTF-8, base64, RFC 3339, names of fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "wire/json_priv.h"

static bool utf8(const char *s)
{
    return gw_utf8_is_valid(s, strlen(s));
}

static void utf8_takes_every_length_of_sequence(void **state)
{
    (void)state;
    assert_true(utf8(""));
    assert_true(utf8("abc"));
    assert_true(utf8("\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x86"));
    assert_true(utf8("\xf4\x8f\xbf\xbf"));
}

static void utf8_refuses_what_the_standard_forbids(void **state)
{
    (void)state;
    assert_false(utf8("\x80"));             /* tail alone */
    assert_false(utf8("\xc3"));             /* cut */
    assert_false(utf8("\xc0\xaf"));         /* overlong */
    assert_false(utf8("\xe0\x80\xaf"));     /* overlong */
    assert_false(utf8("\xf0\x80\x80\xaf")); /* overlong */
    assert_false(utf8("\xed\xa0\x80"));     /* surrogate */
    assert_false(utf8("\xf4\x90\x80\x80")); /* above U+10FFFF */
    assert_false(utf8("\xff"));
}

static void base64_encodes_the_vectors_of_rfc_4648(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < GW_ARRAY_LEN(pairs); i++) {
        char *text = gw_json_base64_encode((const uint8_t *)pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text, pairs[i][1]);
        free(text);
        ProtobufCBinaryData data;
        assert_int_equal(gw_json_base64_decode(pairs[i][1], strlen(pairs[i][1]), &data), 0);
        assert_int_equal(data.len, strlen(pairs[i][0]));
        if (data.len)
            assert_memory_equal(data.data, pairs[i][0], data.len);
        free(data.data);
    }
}

static void base64_takes_the_url_alphabet_without_padding(void **state)
{
    (void)state;
    ProtobufCBinaryData data;
    assert_int_equal(gw_json_base64_decode("-_8", 3, &data), 0);
    assert_int_equal(data.len, 2);
    assert_int_equal(data.data[0], 0xfb);
    assert_int_equal(data.data[1], 0xff);
    free(data.data);
}

static void base64_refuses_rubbish(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "A", "=", "====", "A===", "AA=", "AAA==", "A A=", "AA=A", "\xc3\xa9==", "AAAAA"};
    ProtobufCBinaryData data;
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++)
        if (gw_json_base64_decode(bad[i], strlen(bad[i]), &data) != -1)
            fail_msg("took %s", bad[i]);
}

static void time_formats_with_no_more_digits_than_needed(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *text;
    } cases[] = {
        {0, 0, "1970-01-01T00:00:00Z"},
        {0, 500000000, "1970-01-01T00:00:00.500Z"},
        {1, 1000, "1970-01-01T00:00:01.000001Z"},
        {-1, 1, "1969-12-31T23:59:59.000000001Z"},
        {-62135596800, 0, "0001-01-01T00:00:00Z"},
        {253402300799, 999999999, "9999-12-31T23:59:59.999999999Z"},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(cases); i++) {
        char text[GW_JSON_TIME_MAX];
        assert_int_equal(gw_json_time_format(text, cases[i].seconds, cases[i].nanos), 0);
        assert_string_equal(text, cases[i].text);
        int64_t seconds;
        int32_t nanos;
        assert_int_equal(gw_json_time_parse(text, &seconds, &nanos), 0);
        assert_int_equal(seconds, cases[i].seconds);
        assert_int_equal(nanos, cases[i].nanos);
    }
}

static void time_outside_the_years_1_to_9999_has_no_form(void **state)
{
    (void)state;
    char text[GW_JSON_TIME_MAX];
    assert_int_equal(gw_json_time_format(text, -62135596801, 0), -1);
    assert_int_equal(gw_json_time_format(text, 253402300800, 0), -1);
    assert_int_equal(gw_json_time_format(text, 0, -1), -1);
    assert_int_equal(gw_json_time_format(text, 0, 1000000000), -1);
}

static void time_of_another_zone_is_taken_to_utc(void **state)
{
    (void)state;
    int64_t seconds;
    int32_t nanos;
    assert_int_equal(gw_json_time_parse("2000-03-01T00:30:00.25+01:00", &seconds, &nanos), 0);
    assert_int_equal(seconds, 951867000);
    assert_int_equal(nanos, 250000000);
}

static void time_refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "now",
        "2026-11-21",
        "2026-11-21T10:00:00",
        "2026-11-21 10:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00+1:00",
        "2026-01-01T00:00:00Zx",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-00:01",
    };
    int64_t seconds;
    int32_t nanos;
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++)
        if (gw_json_time_parse(bad[i], &seconds, &nanos) != -1)
            fail_msg("took %s", bad[i]);
}

static void field_answers_to_both_its_names_only(void **state)
{
    (void)state;
    ProtobufCFieldDescriptor field = {.name = "max_downtime_ms"};
    assert_true(gw_json_field_is_named(&field, "max_downtime_ms"));
    assert_true(gw_json_field_is_named(&field, "maxDowntimeMs"));
    assert_false(gw_json_field_is_named(&field, "maxdowntimems"));
    assert_false(gw_json_field_is_named(&field, "maxDowntimeM"));
    assert_false(gw_json_field_is_named(&field, "maxDowntimeMsx"));
    assert_false(gw_json_field_is_named(&field, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_takes_every_length_of_sequence),
        cmocka_unit_test(utf8_refuses_what_the_standard_forbids),
        cmocka_unit_test(base64_encodes_the_vectors_of_rfc_4648),
        cmocka_unit_test(base64_takes_the_url_alphabet_without_padding),
        cmocka_unit_test(base64_refuses_rubbish),
        cmocka_unit_test(time_formats_with_no_more_digits_than_needed),
        cmocka_unit_test(time_outside_the_years_1_to_9999_has_no_form),
        cmocka_unit_test(time_of_another_zone_is_taken_to_utc),
        cmocka_unit_test(time_refuses_what_is_no_time),
        cmocka_unit_test(field_answers_to_both_its_names_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
