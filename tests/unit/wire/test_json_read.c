#include "json_case.h"

#include "base/scope.h"

static void every_field_survives_the_way_there_and_back(void **state)
{
    (void)state;
    Godwit__Test__Sample *m = sample_from(everything);
    assert_int_equal(m->an_i32, -1);
    assert_int_equal(m->a_u64, 5);
    assert_true(m->a_double == -1.25);
    assert_string_equal(m->text, "\xc3\xa9\xf0\x9f\xa6\x86\n\"\\");
    assert_int_equal(m->n_numbers, 3);
    assert_int_equal(m->points[1]->x, 9);
    assert_int_equal(m->n_counts, 2);
    assert_int_equal(m->places[0]->key, 7);
    assert_int_equal(m->choice_case, GODWIT__TEST__SAMPLE__CHOICE_A_PLACE);
    assert_int_equal(m->made_at->nanos, 1);
    assert_true(m->old->has_maybe);

    size_t len = godwit__test__sample__get_packed_size(m);
    uint8_t *packed = malloc(len);
    godwit__test__sample__pack(m, packed);
    sample_free(m);
    m = godwit__test__sample__unpack(NULL, len, packed);
    free(packed);

    struct gw_error err = {0};
    char *text = gw_json_text_from_message(&m->base, 0, &err);
    sample_free(m);
    m = sample_from(text);
    char *again = gw_json_text_from_message(&m->base, 0, &err);
    assert_string_equal(text, again);
    assert_non_null(strstr(text, "\"places\":{\"7\":{\"x\":1},\"8\":{}}"));
    free(text);
    free(again);
    sample_free(m);
}

static void proto_names_are_taken_as_well(void **state)
{
    (void)state;
    Godwit__Test__Sample *m = sample_from("{\"an_i32\":5,\"old\":{\"maybe_text\":\"x\"}}");
    assert_int_equal(m->an_i32, 5);
    assert_string_equal(m->old->maybe_text, "x");
    sample_free(m);
}

static void integers_are_taken_in_each_form(void **state)
{
    (void)state;
    static const char *const forms[] = {"{\"aU64\":1000}", "{\"aU64\":\"1000\"}", "{\"aU64\":1e3}",
                                        "{\"aU64\":1000.0}"};
    for (size_t i = 0; i < GW_ARRAY_LEN(forms); i++) {
        Godwit__Test__Sample *m = sample_from(forms[i]);
        assert_int_equal(m->a_u64, 1000);
        sample_free(m);
    }
}

static void integers_are_taken_up_to_their_ends(void **state)
{
    (void)state;
    Godwit__Test__Sample *m =
        sample_from("{\"aU64\":18446744073709551615,\"anI64\":-9223372036854775808,"
                    "\"anI32\":\"-2147483648\",\"aU32\":4294967295}");
    assert_true(m->a_u64 == UINT64_MAX);
    assert_true(m->an_i64 == INT64_MIN);
    assert_true(m->an_i32 == INT32_MIN);
    assert_true(m->a_u32 == UINT32_MAX);
    sample_free(m);
}

static void null_leaves_a_field_unset(void **state)
{
    (void)state;
    Godwit__Test__Sample *m =
        sample_from("{\"anI32\":null,\"point\":null,\"words\":null,\"counts\":null,"
                    "\"aName\":null,\"aNumber\":\"1\"}");
    assert_int_equal(m->an_i32, 0);
    assert_null(m->point);
    assert_int_equal(m->n_words, 0);
    assert_int_equal(m->choice_case, GODWIT__TEST__SAMPLE__CHOICE_A_NUMBER);
    sample_free(m);
}

static void enum_is_taken_by_number(void **state)
{
    (void)state;
    Godwit__Test__Sample *m = sample_from("{\"color\":-2}");
    assert_int_equal(m->color, GODWIT__TEST__COLOR__COLOR_BLUE);
    sample_free(m);
}

static void white_space_may_stand_anywhere(void **state)
{
    (void)state;
    Godwit__Test__Sample *m =
        sample_from(" \t\r\n{ \"numbers\" : [ 1 , 2 ] , \"point\" : { } } \n");
    assert_int_equal(m->n_numbers, 2);
    assert_non_null(m->point);
    sample_free(m);
}

static void text_at_the_limit_is_taken_and_one_byte_more_is_not(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *type = &godwit__test__sample__descriptor;
    struct gw_error err = {0};
    ProtobufCMessage *m = gw_json_text_to_message(type, "{}  ", 4, 4, &err);
    assert_non_null(m);
    protobuf_c_message_free_unpacked(m, NULL);
    assert_null(gw_json_text_to_message(type, "{}   ", 5, 4, &err));
    assert_int_equal(err.code, GW_RESOURCE_EXHAUSTED);
    assert_string_equal(err.message, "JSON of 5 bytes is over the limit of 4 bytes");
}

static void nesting_at_the_limit_is_taken(void **state)
{
    (void)state;
    GW_AUTO_STR text;
    gw_str_init(&text, 4096);
    for (int i = 1; i < GW_JSON_DEPTH_MAX; i++)
        gw_str_append(&text, "{\"child\":");
    gw_str_append(&text, "{}");
    for (int i = 1; i < GW_JSON_DEPTH_MAX; i++)
        gw_str_append(&text, "}");
    sample_free(sample_from(gw_str_text(&text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_survives_the_way_there_and_back),
        cmocka_unit_test(proto_names_are_taken_as_well),
        cmocka_unit_test(integers_are_taken_in_each_form),
        cmocka_unit_test(integers_are_taken_up_to_their_ends),
        cmocka_unit_test(null_leaves_a_field_unset),
        cmocka_unit_test(enum_is_taken_by_number),
        cmocka_unit_test(white_space_may_stand_anywhere),
        cmocka_unit_test(text_at_the_limit_is_taken_and_one_byte_more_is_not),
        cmocka_unit_test(nesting_at_the_limit_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
