#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qmp/qmp_priv.h"

/* Parse @text into @message, which borrows from the returned object. */
static json_object *parse(const char *text, struct gw_qmp_message *message)
{
    json_object *object = json_tokener_parse(text);
    assert_non_null(object);
    assert_int_equal(gw_qmp_message_parse(object, message, NULL), 0);
    return object;
}

static void greeting_tells_whether_oob_is_offered(void **state)
{
    (void)state;
    struct gw_qmp_message message;
    json_object_put(parse("{\"QMP\":{\"version\":{},\"capabilities\":[\"x\",\"oob\"]}}", &message));
    assert_int_equal(message.kind, GW_QMP_GREETING);
    assert_true(message.offers_oob);
    json_object_put(parse("{\"QMP\":{\"version\":{},\"capabilities\":[]}}", &message));
    assert_false(message.offers_oob);
}

static void return_carries_id_and_value(void **state)
{
    (void)state;
    struct gw_qmp_message message;
    json_object *object = parse("{\"return\":[1,2],\"id\":7}", &message);
    assert_int_equal(message.kind, GW_QMP_RETURN);
    assert_true(message.has_id);
    assert_int_equal(message.id, 7);
    assert_int_equal(json_object_array_length(message.data), 2);
    json_object_put(object);
}

static void error_carries_class_and_text(void **state)
{
    (void)state;
    struct gw_qmp_message message;
    json_object *object =
        parse("{\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"}}", &message);
    assert_int_equal(message.kind, GW_QMP_ERROR);
    assert_false(message.has_id);
    assert_string_equal(message.error_class, "GenericError");
    assert_string_equal(message.error_text, "no");
    json_object_put(object);
}

static void event_carries_name_data_and_time(void **state)
{
    (void)state;
    struct gw_qmp_message message;
    json_object *object = parse("{\"event\":\"STOP\",\"timestamp\":{\"seconds\":2,"
                                "\"microseconds\":3},\"data\":{\"a\":1}}",
                                &message);
    assert_int_equal(message.kind, GW_QMP_EVENT);
    assert_string_equal(message.event, "STOP");
    assert_int_equal(message.stamp_us, 2000003);
    assert_non_null(message.data);
    json_object_put(object);
}

static void event_without_a_clock_has_time_0(void **state)
{
    (void)state;
    struct gw_qmp_message message;
    json_object_put(parse("{\"event\":\"STOP\",\"timestamp\":{\"seconds\":-1,"
                          "\"microseconds\":-1}}",
                          &message));
    assert_int_equal(message.stamp_us, 0);
    assert_null(message.data);
    json_object_put(parse("{\"event\":\"STOP\"}", &message));
    assert_int_equal(message.stamp_us, 0);
}

static void objects_of_another_form_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{}",
        "{\"hello\":1}",
        "{\"QMP\":1}",
        "{\"QMP\":{}}",
        "{\"QMP\":{\"capabilities\":{}}}",
        "{\"event\":1}",
        "{\"event\":\"STOP\",\"data\":[]}",
        "{\"error\":1,\"id\":1}",
        "{\"error\":{\"class\":\"x\"},\"id\":1}",
        "{\"return\":{},\"id\":\"1\"}",
        "{\"return\":{},\"id\":-1}",
        "{\"return\":null,\"id\":1}",
        "{\"id\":1}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gw_qmp_message message;
        struct gw_error err = {0};
        json_object *object = json_tokener_parse(rows[i]);
        assert_int_equal(gw_qmp_message_parse(object, &message, &err), -1);
        assert_int_equal(err.code, GW_DATA_LOSS);
        json_object_put(object);
    }
}

static void commands_are_one_line_of_json(void **state)
{
    (void)state;
    size_t len = 0;
    char *text = gw_qmp_message_format("stop", false, NULL, 3, &len, NULL);
    assert_string_equal(text, "{\"execute\":\"stop\",\"id\":3}\n");
    assert_int_equal(len, strlen(text));
    free(text);

    json_object *arguments = json_tokener_parse("{\"a\":\"x\\ny\"}");
    text = gw_qmp_message_format("yank", true, arguments, 4, &len, NULL);
    assert_string_equal(text, "{\"exec-oob\":\"yank\",\"id\":4,\"arguments\":{\"a\":\"x\\ny\"}}\n");
    free(text);
    json_object_put(arguments);
}

static void a_command_past_the_limit_is_refused(void **state)
{
    (void)state;
    size_t len = 0, around = strlen("{\"execute\":\"a\",\"id\":1,\"arguments\":\"\"}\n");
    size_t n = GW_QMP_COMMAND_MAX_BYTES - around;
    char *filler = malloc(n + 2);
    assert_non_null(filler);
    memset(filler, 'x', n + 1);
    filler[n] = '\0';
    json_object *fits = json_object_new_string(filler);
    char *text = gw_qmp_message_format("a", false, fits, 1, &len, NULL);
    assert_int_equal(len, GW_QMP_COMMAND_MAX_BYTES);
    free(text);
    json_object_put(fits);

    filler[n] = 'x';
    filler[n + 1] = '\0';
    struct gw_error err = {0};
    json_object *too_long = json_object_new_string(filler);
    assert_null(gw_qmp_message_format("a", false, too_long, 1, &len, &err));
    assert_int_equal(err.code, GW_INVALID_ARGUMENT);
    json_object_put(too_long);
    free(filler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greeting_tells_whether_oob_is_offered),
        cmocka_unit_test(return_carries_id_and_value),
        cmocka_unit_test(error_carries_class_and_text),
        cmocka_unit_test(event_carries_name_data_and_time),
        cmocka_unit_test(event_without_a_clock_has_time_0),
        cmocka_unit_test(objects_of_another_form_are_refused),
        cmocka_unit_test(commands_are_one_line_of_json),
        cmocka_unit_test(a_command_past_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
