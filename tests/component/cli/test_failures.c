/* Exit status and message of each class of failure. */
#include "cli_case.h"

#include <stdlib.h>

#include "base/str.h"
#include "sample.h"

static void every_code_has_its_exit_status(void **state)
{
    struct cli_case *c = *state;
    for (unsigned code = 1; code < GW_CODE_COUNT; code++) {
        if (code == GW_UNAVAILABLE) /* an idempotent call would be sent again */
            continue;
        fake_scheduler_fail(c->fake, "GetGuest", (enum gw_code)code, "SOME_REASON", "",
                            "no guest \"g1\"");
        int status = cli_case_run(c, "guest show g1 --timeout 2");
        assert_int_equal(status, gw_code_exit_status((enum gw_code)code));
        assert_string_equal(c->err, "godwit: no guest \"g1\" [SOME_REASON]\n");
        assert_string_equal(c->out, "");
    }
}

static void the_offending_field_is_named(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_fail(c->fake, "StartGuest", GW_INVALID_ARGUMENT, "", "guest", "this is no name");
    assert_int_equal(cli_case_run(c, "guest start .."), 2);
    assert_string_equal(c->err, "godwit: field guest: this is no name\n");
}

static void an_absent_scheduler_is_unavailable_within_the_deadline(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_stop(c->fake);
    c->fake = NULL;
    assert_int_equal(cli_case_run(c, "guest list --timeout 1"), 9);
    assert_contains(c->err, c->url);
    c->fake = fake_scheduler_start(c->url);
    assert_int_equal(cli_case_run(c, "guest list --timeout 5"), 0);
}

static void a_scheduler_that_does_not_answer_runs_into_the_deadline(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_stall(c->fake, "ListHosts");
    assert_int_equal(cli_case_run(c, "host list --timeout 1"), 8);
    assert_string_equal(c->out, "");
}

static void an_address_that_is_none_is_refused(void **state)
{
    struct cli_case *c = *state;
    char *good = c->url;
    static char bad[] = "http://localhost";
    c->url = bad;
    assert_int_equal(cli_case_run(c, "guest list"), 2);
    assert_contains(c->err, "http://localhost");
    c->url = good;
}

static void tls_needs_its_files(void **state)
{
    struct cli_case *c = *state;
    char *good = c->url;
    static char tls[] = "tls+tcp://localhost:1";
    c->url = tls;
    assert_int_equal(cli_case_run(c, "guest list"), 2);
    assert_contains(c->err, "needs --tls-ca and --tls-cert-key");
    c->url = good;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_case_setup, cli_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_code_has_its_exit_status),
        TEST(the_offending_field_is_named),
        TEST(an_absent_scheduler_is_unavailable_within_the_deadline),
        TEST(a_scheduler_that_does_not_answer_runs_into_the_deadline),
        TEST(an_address_that_is_none_is_refused),
        TEST(tls_needs_its_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
