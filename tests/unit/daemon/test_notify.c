#include "daemon/daemon_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"
#include "support/test.h"

static int forget(void **state)
{
    (void)state;
    return unsetenv("NOTIFY_SOCKET");
}

static void without_a_socket_nothing_is_sent(void **state)
{
    (void)state;
    struct gw_notify notify;
    struct gw_error err = {0};
    assert_int_equal(gw_notify_init(&notify, &err), 0);
    assert_int_equal(gw_notify_send(&notify, "READY=1\n", &err), 0);
}

static void an_abstract_socket_is_reached(void **state)
{
    (void)state;
    GW_AUTO_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(sa_family_t);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0); /* the kernel picks */
    len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    char name[sizeof address.sun_path + 1] = "@";
    memcpy(name + 1, address.sun_path + 1, len - offsetof(struct sockaddr_un, sun_path) - 1);
    setenv("NOTIFY_SOCKET", name, 1);

    struct gw_notify notify;
    struct gw_error err = {0};
    assert_int_equal(gw_notify_init(&notify, &err), 0);
    assert_null(getenv("NOTIFY_SOCKET")); /* children must not speak for us */
    assert_int_equal(gw_notify_send(&notify, "READY=1\n", &err), 0);
    char text[64] = "";
    assert_int_equal(recv(fd, text, sizeof text - 1, 0), 8);
    assert_string_equal(text, "READY=1\n");
}

static void names_of_another_form_are_refused(void **state)
{
    (void)state;
    char too_long[200];
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[0] = '/';
    too_long[sizeof too_long - 1] = '\0';
    const char *const names[] = {"relative", "vsock:2:1", too_long};
    for (size_t i = 0; i < GW_ARRAY_LEN(names); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        struct gw_notify notify;
        struct gw_error err = {0};
        assert_int_equal(gw_notify_init(&notify, &err), -1);
        assert_error(&err, GW_INVALID_ARGUMENT, "$NOTIFY_SOCKET must be");
    }
}

static void a_socket_nobody_listens_on_is_an_error(void **state)
{
    (void)state;
    setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
    struct gw_notify notify;
    struct gw_error err = {0};
    assert_int_equal(gw_notify_init(&notify, &err), 0);
    assert_int_equal(gw_notify_send(&notify, "READY=1\n", &err), -1);
    assert_error(&err, GW_NOT_FOUND, "can't tell readiness");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_socket_nothing_is_sent, forget, forget),
        cmocka_unit_test_setup_teardown(an_abstract_socket_is_reached, forget, forget),
        cmocka_unit_test_setup_teardown(names_of_another_form_are_refused, forget, forget),
        cmocka_unit_test_setup_teardown(a_socket_nobody_listens_on_is_an_error, forget, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
