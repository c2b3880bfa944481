#include "base/code.h"

#include "support/test.h"

/* The table of the house rules, spelled out once more, so that a slip in either shows. */
static const struct {
    enum gw_code code;
    unsigned number;
    const char *name;
    int http;
    int exit;
    enum gw_retry retry;
} wanted[] = {
    {GW_OK, 0, "OK", 200, 0, GW_RETRY_NO},
    {GW_CANCELLED, 1, "CANCELLED", 499, 8, GW_RETRY_CALLER},
    {GW_UNKNOWN, 2, "UNKNOWN", 500, 10, GW_RETRY_NO},
    {GW_INVALID_ARGUMENT, 3, "INVALID_ARGUMENT", 400, 2, GW_RETRY_NO},
    {GW_DEADLINE_EXCEEDED, 4, "DEADLINE_EXCEEDED", 504, 8, GW_RETRY_CALLER},
    {GW_NOT_FOUND, 5, "NOT_FOUND", 404, 4, GW_RETRY_NO},
    {GW_ALREADY_EXISTS, 6, "ALREADY_EXISTS", 409, 5, GW_RETRY_NO},
    {GW_PERMISSION_DENIED, 7, "PERMISSION_DENIED", 403, 3, GW_RETRY_NO},
    {GW_RESOURCE_EXHAUSTED, 8, "RESOURCE_EXHAUSTED", 429, 7, GW_RETRY_BACK_OFF},
    {GW_FAILED_PRECONDITION, 9, "FAILED_PRECONDITION", 409, 6, GW_RETRY_AFTER_CHANGE},
    {GW_ABORTED, 10, "ABORTED", 409, 6, GW_RETRY_AFTER_CHANGE},
    {GW_OUT_OF_RANGE, 11, "OUT_OF_RANGE", 400, 2, GW_RETRY_NO},
    {GW_UNIMPLEMENTED, 12, "UNIMPLEMENTED", 501, 10, GW_RETRY_NO},
    {GW_INTERNAL, 13, "INTERNAL", 500, 10, GW_RETRY_NO},
    {GW_UNAVAILABLE, 14, "UNAVAILABLE", 503, 9, GW_RETRY_BACK_OFF},
    {GW_DATA_LOSS, 15, "DATA_LOSS", 500, 10, GW_RETRY_NO},
    {GW_UNAUTHENTICATED, 16, "UNAUTHENTICATED", 401, 3, GW_RETRY_NO},
};

static void every_code_has_its_row(void **state)
{
    (void)state;
    assert_int_equal(sizeof wanted / sizeof wanted[0], GW_CODE_COUNT);
    for (unsigned i = 0; i < GW_CODE_COUNT; i++) {
        assert_int_equal(wanted[i].code, i);
        assert_int_equal(wanted[i].number, i);
        assert_string_equal(gw_code_name(wanted[i].code), wanted[i].name);
        assert_int_equal(gw_code_http_status(wanted[i].code), wanted[i].http);
        assert_int_equal(gw_code_exit_status(wanted[i].code), wanted[i].exit);
        assert_int_equal(gw_code_retry(wanted[i].code), wanted[i].retry);
        assert_int_equal(gw_code_from_number(i), wanted[i].code);
    }
}

static void a_number_outside_the_table_is_unknown(void **state)
{
    (void)state;
    const unsigned outside[] = {GW_CODE_COUNT, GW_CODE_COUNT + 1, 1000, UINT32_MAX};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        assert_int_equal(gw_code_from_number(outside[i]), GW_UNKNOWN);
        assert_string_equal(gw_code_name((enum gw_code)outside[i]), "UNKNOWN");
        assert_int_equal(gw_code_http_status((enum gw_code)outside[i]), 500);
        assert_int_equal(gw_code_exit_status((enum gw_code)outside[i]), 10);
    }
}

static void only_success_exits_with_zero(void **state)
{
    (void)state;
    for (unsigned i = 1; i < GW_CODE_COUNT; i++)
        assert_true(gw_code_exit_status((enum gw_code)i) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_row),
        cmocka_unit_test(a_number_outside_the_table_is_unknown),
        cmocka_unit_test(only_success_exits_with_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
