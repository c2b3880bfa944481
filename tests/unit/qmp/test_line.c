#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "qmp/qmp_priv.h"

enum { LIMIT = 64 };

static int init_line(void **state)
{
    static struct gw_qmp_line line;
    *state = &line;
    return gw_qmp_line_init(&line, LIMIT, NULL);
}

static int fini_line(void **state)
{
    gw_qmp_line_fini(*state);
    return 0;
}

/* Feed @text in pieces of @step bytes; the last object seen, or NULL. */
static json_object *feed(struct gw_qmp_line *line, const char *text, size_t step)
{
    json_object *last = NULL;
    size_t left = strlen(text);
    while (left) {
        size_t used = 0, n = left < step ? left : step;
        json_object *object = NULL;
        assert_int_equal(gw_qmp_line_feed(line, text, n, &used, &object, NULL), 0);
        if (object) {
            json_object_put(last);
            last = object;
        }
        text += used;
        left -= used;
    }
    return last;
}

static void assert_refused(
    struct gw_qmp_line *line, const char *text, size_t len, enum gw_code code, const char *message)
{
    size_t used = 0, done = 0;
    json_object *object = NULL;
    struct gw_error err = {0};
    while (done < len) {
        int failed = gw_qmp_line_feed(line, text + done, len - done, &used, &object, &err);
        if (object)
            fail_msg("\"%s\" was taken", text);
        if (failed)
            break;
        done += used;
    }
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.message, message));
}

static void a_line_is_one_object(void **state)
{
    json_object *object = feed(*state, "{\"a\": 1}\r\n", 100);
    assert_int_equal(json_object_get_int(json_object_object_get(object, "a")), 1);
    assert_false(gw_qmp_line_is_open(*state));
    json_object_put(object);
}

static void a_line_may_come_byte_by_byte(void **state)
{
    json_object *object = feed(*state, "  {\"a\": \"\\u20ac}\", \"b\": [1, {}]} \r\n", 1);
    assert_string_equal(json_object_get_string(json_object_object_get(object, "a")), "\u20ac}");
    json_object_put(object);
}

static void feeding_stops_at_the_end_of_each_line(void **state)
{
    const char text[] = "{\"a\": 1}\n{\"a\": 2}\n";
    size_t used = 0;
    json_object *object = NULL;
    assert_int_equal(gw_qmp_line_feed(*state, text, sizeof text - 1, &used, &object, NULL), 0);
    assert_int_equal(used, 9);
    assert_int_equal(json_object_get_int(json_object_object_get(object, "a")), 1);
    json_object_put(object);
}

static void empty_lines_are_skipped(void **state)
{
    assert_null(feed(*state, "\r\n\n  \n", 100));
    json_object *object = feed(*state, "{}\n", 100);
    assert_non_null(object);
    json_object_put(object);
}

static void a_begun_line_is_open(void **state)
{
    assert_null(feed(*state, "{\"a\"", 100));
    assert_true(gw_qmp_line_is_open(*state));
}

static void a_line_at_the_limit_is_taken(void **state)
{
    char text[LIMIT + 1];
    memset(text, ' ', LIMIT);
    memcpy(text, "{}", 2);
    text[LIMIT] = '\n';
    for (int i = 0; i < 2; i++) { /* the count starts anew with each line */
        size_t used = 0;
        json_object *object = NULL;
        assert_int_equal(gw_qmp_line_feed(*state, text, sizeof text, &used, &object, NULL), 0);
        assert_non_null(object);
        json_object_put(object);
    }
}

static void a_line_one_past_the_limit_is_refused(void **state)
{
    char text[LIMIT + 1];
    memset(text, ' ', sizeof text);
    memcpy(text, "{}", 2);
    assert_refused(*state, text, sizeof text, GW_RESOURCE_EXHAUSTED, "longer than 64 bytes");
}

static void what_is_not_one_object_is_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"hello\n", "not JSON"},
        {"{\"a\": }\n", "not JSON"},
        {"{\"a\":\n", "not one JSON object"},
        {"12\n", "not one JSON object"},
        {"[]\n", "not one JSON object"},
        {"\"x\"\n", "not one JSON object"},
        {"null \n", "not an object"},
        {"{} {}\n", "text after"},
        {"{}x\n", "text after"},
        {"{\"a\": \"\xc3\xa4\"}\n", "not ASCII"},
        {"\x01\n", "not ASCII"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "not JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fini_line(state);
        init_line(state);
        assert_refused(*state, rows[i].text, strlen(rows[i].text), GW_DATA_LOSS, rows[i].message);
    }
}

static void a_nul_byte_is_refused(void **state)
{
    assert_refused(*state, "{}\0\n", 4, GW_DATA_LOSS, "not ASCII");
}

#define LINE_TEST(name) cmocka_unit_test_setup_teardown(name, init_line, fini_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(a_line_is_one_object),
        LINE_TEST(a_line_may_come_byte_by_byte),
        LINE_TEST(feeding_stops_at_the_end_of_each_line),
        LINE_TEST(empty_lines_are_skipped),
        LINE_TEST(a_begun_line_is_open),
        LINE_TEST(a_line_at_the_limit_is_taken),
        LINE_TEST(a_line_one_past_the_limit_is_refused),
        LINE_TEST(what_is_not_one_object_is_refused),
        LINE_TEST(a_nul_byte_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
