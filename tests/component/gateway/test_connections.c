/* Many clients at once. */
#include "gateway_case.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static const char text[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

static void expect_ok(int fd)
{
    struct http_response response = http_receive(fd, 1);
    assert_int_equal(response.status, 200);
    http_response_free(&response);
}

static void ask(int fd)
{
    http_send(fd, text, sizeof text - 1);
    expect_ok(fd);
}

static void one_client_too_many_waits_for_another_to_leave(void **state)
{
    struct gateway_case *c = *state;
    int fds[GWY_CONNECTIONS_MAX];
    char byte;
    for (unsigned i = 0; i < GWY_CONNECTIONS_MAX; i++) {
        fds[i] = http_connect(c->gateway->url);
        ask(fds[i]);
    }
    int one_more = http_connect(c->gateway->url);
    http_send(one_more, text, sizeof text - 1);
    ask(fds[0]); /* the gateway has had its turn */
    assert_int_equal(recv(one_more, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    (void)close(fds[0]);
    expect_ok(one_more);
    (void)close(one_more);
    for (unsigned i = 1; i < GWY_CONNECTIONS_MAX; i++)
        (void)close(fds[i]);
}

static void requests_sent_together_are_answered_in_order(void **state)
{
    struct gateway_case *c = *state;
    static const char two[] = "GET /v1/guests HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\r\n\r\n"
                              "GET /v1/hosts HTTP/1.1\r\nHost: x\r\nX-Request-Id: b\r\n\r\n";
    int fd = http_connect(c->gateway->url);
    http_send(fd, two, sizeof two - 1);
    c->response = http_receive(fd, 1);
    gateway_case_expect_header(c, "X-Request-Id", "a");
    http_response_free(&c->response);
    c->response = http_receive(fd, 1);
    gateway_case_expect_header(c, "X-Request-Id", "b");
    (void)close(fd);
}

static void clients_that_leave_early_do_no_harm(void **state)
{
    struct gateway_case *c = *state;
    static const char get[] = "GET /v1/guests HTTP/1.1\r\nHost: x\r\n\r\n";
    for (size_t n = 0; n <= sizeof get - 1; n++) {
        int fd = http_connect(c->gateway->url);
        http_send(fd, get, n);
        (void)close(fd);
    }
    assert_int_equal(gateway_case_ask(c, "GET", "/v1/guests"), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gateway_case_setup, gateway_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_client_too_many_waits_for_another_to_leave),
        TEST(requests_sent_together_are_answered_in_order),
        TEST(clients_that_leave_early_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
