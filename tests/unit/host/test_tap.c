/* Tap devices, in a network namespace of the test's own. Needs root; skipped without. */
#include "tests/support/test.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/process.h"
#include "host/tap.h"

static void run(const char *const *argv)
{
    const struct gw_process_plan plan = {.argv = argv, .deadline_ms = 20000, .max_bytes = 4096};
    int status = -1;
    struct gw_error err = {0};
    if (gw_process_run(&plan, NULL, &status, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(status, 0);
}

static char *ask(const char *const *argv)
{
    const struct gw_process_plan plan = {.argv = argv, .deadline_ms = 20000, .max_bytes = 65536};
    char *text = NULL;
    int status = -1;
    assert_int_equal(gw_process_run(&plan, &text, &status, NULL), 0);
    assert_int_equal(status, 0);
    return text;
}

static void a_tap_joins_its_bridge_and_vanishes_with_its_descriptor(void **state)
{
    (void)state;
    const char *const add[] = {"ip", "link", "add", "gwbr0", "type", "bridge", NULL};
    const char *const show[] = {"ip", "-o", "link", "show", "master", "gwbr0", NULL};
    struct gw_error err = {0};
    int fd = -1;
    run(add);
    assert_int_equal(gw_bridge_check("gwbr0", &err), 0);
    if (gw_tap_open("gwbr0", &fd, &err) < 0)
        fail_msg("%s", err.message);
    char *text = ask(show);
    assert_contains(text, "gwt");
    assert_contains(text, "UP");
    assert_contains(text, "link/ether fe:");
    free(text);
    close(fd);
    text = ask(show);
    assert_string_equal(text, "");
    free(text);
}

static void what_is_no_bridge_is_refused(void **state)
{
    (void)state;
    struct gw_error err = {0};
    int fd = -1;
    assert_int_equal(gw_bridge_check("lo", &err), -1);
    assert_error(&err, GW_NOT_FOUND, "lo");
    assert_string_equal(err.reason, "BRIDGE_NOT_FOUND");
    assert_int_equal(gw_tap_open("absent0", &fd, &err), -1);
    assert_string_equal(err.reason, "BRIDGE_NOT_FOUND");
    assert_int_equal(gw_bridge_check("a-name-that-is-far-too-long", &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tap_joins_its_bridge_and_vanishes_with_its_descriptor),
        cmocka_unit_test(what_is_no_bridge_is_refused),
    };
    if (unshare(CLONE_NEWNET) < 0 || access("/dev/net/tun", R_OK | W_OK) < 0) {
        print_message("skipped: needs root and /dev/net/tun\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
