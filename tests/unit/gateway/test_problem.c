#include "support/test.h"

#include <stdlib.h>

#include "gateway/problem.h"

static void a_problem_carries_all_of_the_error(void **state)
{
    (void)state;
    struct gw_error err;
    (void)gw_error_set(&err, GW_NOT_FOUND, "no guest \"g1\"");
    (void)gw_error_reason(&err, "GUEST_NOT_FOUND");
    (void)gw_error_field(&err, "guest");
    char *text = gwy_problem_text(404, &err, "r-1");
    assert_string_equal(
        text, "{\"type\":\"urn:godwit:problem:GUEST_NOT_FOUND\",\"title\":\"Not Found\","
              "\"status\":404,\"detail\":\"no guest \\\"g1\\\"\",\"code\":\"GUEST_NOT_FOUND\","
              "\"field\":\"guest\",\"requestId\":\"r-1\"}");
    free(text);
}

static void without_reason_the_code_is_named(void **state)
{
    (void)state;
    struct gw_error err;
    (void)gw_error_set(&err, GW_CANCELLED, "gone");
    char *text = gwy_problem_text(499, &err, "r-1");
    assert_contains(text, "\"code\":\"CANCELLED\"");
    assert_contains(text, "\"title\":\"Cancelled\"");
    free(text);
}

static void bytes_that_are_no_text_do_not_spoil_the_json(void **state)
{
    (void)state;
    struct gw_error err;
    (void)gw_error_set(&err, GW_INVALID_ARGUMENT, "field \xff\x01 is bad");
    char *text = gwy_problem_text(400, &err, "r-1");
    assert_non_null(text);
    assert_contains(text, "field ?? is bad");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_carries_all_of_the_error),
        cmocka_unit_test(without_reason_the_code_is_named),
        cmocka_unit_test(bytes_that_are_no_text_do_not_spoil_the_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
