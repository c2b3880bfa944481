/* What is refused: each row a text, the field it blames and a part of the message. */
#include "json_case.h"

#include "base/scope.h"

struct refusal {
    const char *text;
    const char *field;
    const char *said;
};

static void assert_refused(const struct refusal *r, size_t len)
{
    struct gw_error err = {0};
    ProtobufCMessage *m =
        gw_json_text_to_message(&godwit__test__sample__descriptor, r->text, len, 0, &err);
    if (m)
        fail_msg("took %s", r->text);
    if (err.code != GW_INVALID_ARGUMENT || strcmp(err.field, r->field) != 0 ||
        !strstr(err.message, r->said))
        fail_msg("%s: code %d field '%s' message '%s'", r->text, err.code, err.field, err.message);
}

static void assert_all_refused(const struct refusal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_refused(&rows[i], strlen(rows[i].text));
}

static void text_that_is_not_json(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"", "", "expected an object"},
        {"[]", "", "expected an object"},
        {"null", "", "expected an object"},
        {"{", "", "line 1 column 2: expected a key"},
        {"{\n \"text\" 1}", "text", "line 2 column 9: expected ':'"},
        {"{\"text\":}", "text", "expected a value"},
        {"{\"text\":\"a\",}", "", "expected a key"},
        {"{\"numbers\":[1,]}", "numbers[1]", "expected a value"},
        {"{\"numbers\":[1 2]}", "numbers", "expected ',' or ']'"},
        {"{\"text\":\"a\" \"data\":\"\"}", "", "expected ',' or '}'"},
        {"{text:1}", "", "expected a key in quotes"},
        {"{'text':1}", "", "expected a key in quotes"},
        {"{} {}", "", "something follows"},
        {"{}x", "", "something follows"},
        {"{/*c*/}", "", "expected a key"},
        {"{\"aBool\":True}", "aBool", "expected a value"},
        {"{\"aBool\":tru", "aBool", "expected a value"},
        {"{\"text\":\"abc", "text", "without its end"},
        {"{\"text\":\"\\x\"}", "text", "bad escape"},
        {"{\"text\":\"\\u12g4\"}", "text", "bad escape"},
        {"{\"text\":\"\\ud800\"}", "text", "bad escape"},
        {"{\"text\":\"\\udc00\"}", "text", "bad escape"},
        {"{\"text\":\"\\ud800\\u0041\"}", "text", "bad escape"},
        {"{\"text\":\"a\nb\"}", "text", "control character"},
    };
    assert_all_refused(rows, GW_ARRAY_LEN(rows));
}

static void keys_unknown_or_doubled(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"{\"anI32\":1,\"anI32\":2}", "anI32", "is there twice"},
        {"{\"anI32\":1,\"an\\u004932\":2}", "anI32", "is there twice"},
        {"{\"anI32\":1,\"an_i32\":2}", "an_i32", "is there twice, also as anI32"},
        {"{\"counts\":{\"a\":1,\"a\":1}}", "counts.a", "is there twice"},
        {"{\"nothing\":1}", "nothing", "is not a key of Sample"},
        {"{\"AnI32\":1}", "AnI32", "is not a key of Sample"},
        {"{\"point\":{\"z\":null}}", "point.z", "is not a key of Point"},
        {"{\"x\\ty\":1}", "x?y", "is not a key"},
    };
    assert_all_refused(rows, GW_ARRAY_LEN(rows));
}

static void numbers_out_of_range(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"{\"aU32\":-1}", "aU32", "from 0 to 4294967295"},
        {"{\"aU32\":4294967296}", "aU32", "from 0 to 4294967295"},
        {"{\"aU64\":-1}", "aU64", "from 0 to 18446744073709551615"},
        {"{\"aU64\":\"-1\"}", "aU64", "from 0 to"},
        {"{\"aU64\":18446744073709551616}", "aU64", "beyond 64 bits"},
        {"{\"aU64\":\"18446744073709551616\"}", "aU64", "from 0 to"},
        {"{\"anI64\":9223372036854775808}", "anI64", "from -9223372036854775808"},
        {"{\"anI64\":-9223372036854775809}", "anI64", "beyond 64 bits"},
        {"{\"anI32\":2147483648}", "anI32", "to 2147483647"},
        {"{\"anI32\":-2147483649}", "anI32", "from -2147483648"},
        {"{\"anI32\":1.5}", "anI32", "whole number"},
        {"{\"anI32\":1e40}", "anI32", "whole number"},
        {"{\"aU64\":1e19}", "aU64", "whole number"},
        {"{\"aDouble\":1e400}", "aDouble", "too large"},
        {"{\"aDouble\":-1e400}", "aDouble", "too large"},
        {"{\"aFloat\":1e39}", "aFloat", "too large"},
        {"{\"aDouble\":NaN}", "aDouble", "expected a value"},
        {"{\"aDouble\":\"NaN\"}", "aDouble", "must be a number"},
        {"{\"aDouble\":-Infinity}", "aDouble", "expected a value"},
        {"{\"anI32\":01}", "", "expected ',' or '}'"},
        {"{\"anI32\":+1}", "anI32", "expected a value"},
        {"{\"anI32\":-}", "anI32", "expected a value"},
        {"{\"anI32\":1.}", "anI32", "expected a value"},
        {"{\"anI32\":1e}", "anI32", "expected a value"},
        {"{\"anI32\":0x10}", "", "expected ',' or '}'"},
        {"{\"anI32\":\"\"}", "anI32", "whole number"},
        {"{\"anI32\":\" 1\"}", "anI32", "whole number"},
        {"{\"anI32\":\"1e3\"}", "anI32", "whole number"},
        {"{\"anI32\":\"0x10\"}", "anI32", "whole number"},
    };
    assert_all_refused(rows, GW_ARRAY_LEN(rows));
}

static void values_of_the_wrong_type(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"{\"anI32\":true}", "anI32", "whole number"},
        {"{\"anI32\":[1]}", "anI32", "whole number"},
        {"{\"text\":1}", "text", "must be a text in quotes"},
        {"{\"aBool\":\"true\"}", "aBool", "must be true or false"},
        {"{\"aBool\":1}", "aBool", "must be true or false"},
        {"{\"color\":\"RED\"}", "color", "is \"RED\", which is no Color"},
        {"{\"color\":3}", "color", "is 3, which is no Color"},
        {"{\"color\":true}", "color", "must be the name of a Color"},
        {"{\"data\":\"?\"}", "data", "must be base64"},
        {"{\"madeAt\":\"yesterday\"}", "madeAt", "must be a time like"},
        {"{\"madeAt\":0}", "madeAt", "must be a time in quotes"},
        {"{\"point\":[]}", "point", "must be an object"},
        {"{\"numbers\":{}}", "numbers", "must be a list"},
        {"{\"numbers\":1}", "numbers", "must be a list"},
        {"{\"numbers\":[1,null]}", "numbers[1]", "must not be null"},
        {"{\"counts\":[]}", "counts", "must be an object"},
        {"{\"counts\":{\"a\":null}}", "counts.a", "must not be null"},
        {"{\"places\":{\"x\":{}}}", "places.x", "whole number"},
        {"{\"flags\":{\"1\":\"\"}}", "flags.1", "must be true or false"},
        {"{\"aName\":\"\",\"aNumber\":1}", "aNumber", "only one may be given"},
    };
    assert_all_refused(rows, GW_ARRAY_LEN(rows));
}

static void path_is_told_as_the_user_wrote_it(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"{\"child\":{\"points\":[{},{\"x\":\"a\"}]}}", "child.points[1].x",
         "child.points[1].x must"},
        {"{\"child\":{\"an_i32\":\"a\"}}", "child.an_i32", "child.an_i32 must"},
        {"{\"child\":{\"anI32\":\"a\"}}", "child.anI32", "child.anI32 must"},
        {"{\"places\":{\"1\":{\"y\":[]}}}", "places.1.y", "places.1.y must"},
    };
    assert_all_refused(rows, GW_ARRAY_LEN(rows));
}

static void text_with_nul_or_not_utf8(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"{\"text\":\"a\\u0000b\"}", "text", "bad escape"},
        {"{\"text\":\"\xff\"}", "text", "not UTF-8"},
        {"{\"text\":\"\xed\xa0\x80\"}", "text", "not UTF-8"},
        {"{\"te\xfft\":\"\"}", "", "not UTF-8"},
    };
    assert_all_refused(rows, GW_ARRAY_LEN(rows));
    static const char nul_in_string[] = "{\"text\":\"a\0b\"}";
    assert_refused(&(struct refusal){nul_in_string, "text", "control character"},
                   sizeof nul_in_string - 1);
    static const char nul_after[] = "{}\0";
    assert_refused(&(struct refusal){nul_after, "", "something follows"}, sizeof nul_after - 1);
}

static void objects_not_from_text_are_checked_as_well(void **state)
{
    (void)state;
    json_object *object = json_object_new_object();
    json_object_object_add(object, "text", json_object_new_string_len("a\0b", 3));
    struct gw_error err = {0};
    assert_null(gw_json_to_message(&godwit__test__sample__descriptor, object, &err));
    assert_string_equal(err.message, "text must be UTF-8 text without NUL");
    json_object_put(object);
}

static void nesting_past_the_limit(void **state)
{
    (void)state;
    GW_AUTO_STR text;
    gw_str_init(&text, 1024 * 1024);
    for (int i = 0; i < GW_JSON_DEPTH_MAX; i++)
        gw_str_append(&text, "{\"child\":");
    gw_str_append(&text, "{}");
    struct gw_error err = {0};
    assert_null(gw_json_text_to_message(&godwit__test__sample__descriptor, gw_str_text(&text),
                                        text.len, 0, &err));
    assert_non_null(strstr(err.message, "deeper than 32 levels"));
    assert_true(strlen(err.field) < GW_ERROR_FIELD_MAX);

    gw_str_reset(&text);
    gw_str_append(&text, "{\"numbers\":");
    for (int i = 0; i < 500000; i++)
        gw_str_append(&text, "[");
    assert_null(gw_json_text_to_message(&godwit__test__sample__descriptor, gw_str_text(&text),
                                        text.len, 0, &err));
    assert_non_null(strstr(err.message, "deeper than 32 levels"));
}

/* A Sample from a list of @n numbers; the list is a value, too. */
static ProtobufCMessage *numbers(unsigned n, struct gw_error *err)
{
    GW_AUTO_STR text;
    gw_str_init(&text, 2 * (size_t)n + 64);
    gw_str_append(&text, "{\"numbers\":[0");
    for (unsigned i = 1; i < n; i++)
        gw_str_append(&text, ",0");
    gw_str_append(&text, "]}");
    return gw_json_text_to_message(&godwit__test__sample__descriptor, gw_str_text(&text), text.len,
                                   0, err);
}

static void values_up_to_the_limit_and_one_past_it(void **state)
{
    (void)state;
    struct gw_error err = {0};
    ProtobufCMessage *m = numbers(GW_JSON_VALUES_MAX - 1, &err);
    if (!m)
        fail_msg("%s", err.message);
    protobuf_c_message_free_unpacked(m, NULL);
    assert_null(numbers(GW_JSON_VALUES_MAX, &err));
    assert_int_equal(err.code, GW_INVALID_ARGUMENT);
    assert_string_equal(err.field, "numbers[32767]");
    assert_non_null(strstr(err.message, "one value too many: a text may hold 32768"));
}

/* A repeatable stream of numbers (Knuth's MMIX generator). */
static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void text_changed_at_random_is_taken_or_refused_with_a_reason(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof everything];
        memcpy(text, everything, sizeof text);
        size_t len = sizeof text - 1;
        for (uint32_t n = next_random(&seed) % 4; n < 4; n++)
            text[next_random(&seed) % len] = everything[next_random(&seed) % len];
        if (next_random(&seed) % 4 == 0)
            len = next_random(&seed) % len;
        struct gw_error err = {0};
        ProtobufCMessage *m =
            gw_json_text_to_message(&godwit__test__sample__descriptor, text, len, 0, &err);
        assert_true(m || err.code == GW_INVALID_ARGUMENT);
        if (m)
            protobuf_c_message_free_unpacked(m, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_is_not_json),
        cmocka_unit_test(keys_unknown_or_doubled),
        cmocka_unit_test(numbers_out_of_range),
        cmocka_unit_test(values_of_the_wrong_type),
        cmocka_unit_test(path_is_told_as_the_user_wrote_it),
        cmocka_unit_test(text_with_nul_or_not_utf8),
        cmocka_unit_test(objects_not_from_text_are_checked_as_well),
        cmocka_unit_test(nesting_past_the_limit),
        cmocka_unit_test(values_up_to_the_limit_and_one_past_it),
        cmocka_unit_test(text_changed_at_random_is_taken_or_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
