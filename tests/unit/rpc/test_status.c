#include "rpc/status.h"

#include "base/utf8.h"
#include "support/test.h"

/* A peer's message that is longer than ours may be, with two bytes to each character. */
static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char text[2 * GW_ERROR_MESSAGE_MAX + 1];
    struct gw_error err = {0};
    Godwit__V1__Status status = GODWIT__V1__STATUS__INIT;
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\u00e9", 2);
    text[sizeof text - 1] = '\0';
    status.code = GW_UNAVAILABLE;
    status.message = text;
    gw_rpc_status_to_error(&status, &err);
    assert_true(gw_utf8_is_valid(err.message, strlen(err.message)));
    assert_true(strlen(err.message) >= sizeof err.message - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_message_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
