/* A scheduler that refuses, is slow, or is not there. */
#include "gateway_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void every_code_has_its_http_status(void **state)
{
    struct gateway_case *c = *state;
    for (unsigned code = 1; code < GW_CODE_COUNT; code++) {
        if (code == GW_UNAVAILABLE) /* an idempotent call would be sent again */
            continue;
        fake_scheduler_fail(c->fake, "GetGuest", (enum gw_code)code, "SOME_REASON", "guest",
                            "no guest \"g1\" here");
        (void)gateway_case_ask(c, "GET", "/v1/guests/g1");
        gateway_case_expect_problem(c, gw_code_http_status((enum gw_code)code), "SOME_REASON",
                                    "\"detail\":\"no guest \\\"g1\\\" here\"");
        assert_contains(c->response.body, "\"field\":\"guest\"");
    }
}

static void a_failure_without_reason_is_named_by_its_code(void **state)
{
    struct gateway_case *c = *state;
    fake_scheduler_fail(c->fake, "SubmitPlan", GW_FAILED_PRECONDITION, "", "", "not now");
    (void)gateway_case_send(c, "POST", "/v1/migrations", "{\"guest\":\"g1\"}");
    gateway_case_expect_problem(c, 409, "FAILED_PRECONDITION", "not now");
    assert_contains(c->response.body, "\"title\":\"Conflict\"");
}

static void an_absent_scheduler_is_503_and_works_again_when_back(void **state)
{
    struct gateway_case *c = *state;
    assert_int_equal(gateway_case_ask(c, "GET", "/v1/hosts"), 200);
    fake_scheduler_stop(c->fake);
    c->fake = NULL;
    double start = now_s();
    (void)gateway_case_ask(c, "GET", "/v1/hosts");
    gateway_case_expect_problem(c, 503, "UNAVAILABLE", "scheduler");
    gateway_case_expect_header(c, "Retry-After", "1");
    assert_true(now_s() - start < 7);
    assert_int_equal(gateway_case_ask(c, "GET", "/healthz"), 200);
    c->fake = fake_scheduler_start(c->scheduler_url);
    assert_int_equal(gateway_case_ask(c, "GET", "/readyz"), 200);
    assert_int_equal(gateway_case_ask(c, "GET", "/v1/hosts"), 200);
}

static void work_for_hosts_finds_an_absent_scheduler_just_as_soon(void **state)
{
    struct gateway_case *c = *state;
    fake_scheduler_stop(c->fake);
    c->fake = NULL;
    double start = now_s();
    (void)gateway_case_ask(c, "POST", "/v1/guests/g1/start");
    assert_int_equal(c->response.status, 503);
    assert_true(now_s() - start < 7);
}

static void a_scheduler_that_does_not_answer_is_504(void **state)
{
    struct gateway_case *c = *state;
    fake_scheduler_stall(c->fake, "ListHosts");
    (void)gateway_case_ask(c, "GET", "/v1/hosts");
    gateway_case_expect_problem(c, 504, "DEADLINE_EXCEEDED", "");
}

static void a_slow_call_does_not_hold_up_others(void **state)
{
    struct gateway_case *c = *state;
    static const char text[] = "GET /v1/hosts HTTP/1.1\r\nHost: x\r\n\r\n";
    fake_scheduler_stall(c->fake, "ListHosts");
    int fd = http_connect(c->gateway->url);
    http_send(fd, text, sizeof text - 1);
    fake_scheduler_await(c->fake, "ListHosts", 1);
    assert_int_equal(gateway_case_ask(c, "GET", "/v1/guests"), 200);
    (void)close(fd); /* and one who leaves while waiting is no trouble */
    assert_int_equal(gateway_case_ask(c, "GET", "/v1/guests"), 200);
}

static void stopping_answers_those_who_wait(void **state)
{
    struct gateway_case *c = *state;
    static const char text[] = "GET /v1/hosts HTTP/1.1\r\nHost: x\r\n\r\n";
    fake_scheduler_stall(c->fake, "ListHosts");
    int fd = http_connect(c->gateway->url);
    http_send(fd, text, sizeof text - 1);
    fake_scheduler_await(c->fake, "ListHosts", 1);
    (void)gateway_case_teardown(state);
    struct http_response response = http_receive(fd, 1);
    assert_true(response.status == 499 || response.status == 503 || response.status == 0);
    http_response_free(&response);
    (void)close(fd);
    (void)gateway_case_setup(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gateway_case_setup, gateway_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_code_has_its_http_status),
        TEST(a_failure_without_reason_is_named_by_its_code),
        TEST(an_absent_scheduler_is_503_and_works_again_when_back),
        TEST(work_for_hosts_finds_an_absent_scheduler_just_as_soon),
        TEST(a_scheduler_that_does_not_answer_is_504),
        TEST(a_slow_call_does_not_hold_up_others),
        TEST(stopping_answers_those_who_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
