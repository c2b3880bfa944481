/* Each route: which call it makes, and what it answers. */
#include "gateway_case.h"

#include <stdlib.h>
#include <unistd.h>

static void reading_routes_pass_replies_on(void **state)
{
    struct gateway_case *c = *state;
    static const struct {
        const char *path;
        const char *method;
        const char *asked;
        const char *reply;
        const char *part; /* of the body */
    } rows[] = {
        {"/v1/version", "GetVersion", "{}", "{\"version\":\"9.9\"}", "\"version\":\"9.9\""},
        {"/readyz", "GetVersion", "{}", "{}", "\"version\":\"\""},
        {"/v1/hosts", "ListHosts", "{}", "{\"hosts\":[{\"name\":\"h1\"}]}", "\"name\":\"h1\""},
        {"/v1/hosts/h1", "GetHost", "{\"host\":\"h1\"}", "{\"name\":\"h1\"}", "\"nGuests\":0"},
        {"/v1/guests", "ListGuests", "{}", "{}", "{\"guests\":[]}"},
        {"/v1/guests?host=h2", "ListGuests", "{\"host\":\"h2\"}", "{}", "{\"guests\":[]}"},
        {"/v1/guests/g1", "GetGuest", "{\"guest\":\"g1\"}", "{\"state\":4}",
         "\"state\":\"GUEST_STATE_RUNNING\""},
        {"/v1/trash", "ListTrash", "{}", "{\"absent\":[{\"host\":\"h2\"}]}",
         "{\"entries\":[],\"leftOut\":\"0\",\"absent\":[{\"host\":\"h2\""},
        {"/v1/trash?host=h2&id=0123456789abcdef", "ListTrash",
         "{\"host\":\"h2\",\"id\":\"0123456789abcdef\"}",
         "{\"entries\":[{\"id\":\"0123456789abcdef\"}]}", "\"unknown\":false"},
        {"/v1/migrations", "ListMigrations", "{}", "{}", "{\"migrations\":[]}"},
        {"/v1/migrations?guest=g1&activeOnly=true&limit=7", "ListMigrations",
         "{\"guest\":\"g1\",\"activeOnly\":true,\"limit\":7}", "{}", "{\"migrations\":[]}"},
        {"/v1/migrations/m-1", "GetMigration", "{\"id\":\"m-1\"}", "{\"phase\":3}",
         "\"phase\":\"MIGRATION_PHASE_COPYING\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_scheduler_reply(c->fake, rows[i].method, rows[i].reply);
        assert_int_equal(gateway_case_ask(c, "GET", rows[i].path), 200);
        gateway_case_expect_header(c, "Content-Type", "application/json");
        gateway_case_expect_asked(c, rows[i].method, rows[i].asked);
        assert_contains(c->response.body, rows[i].part);
    }
}

static void healthz_needs_no_scheduler(void **state)
{
    struct gateway_case *c = *state;
    assert_int_equal(gateway_case_ask(c, "GET", "/healthz"), 200);
    assert_string_equal(c->response.body, "{\"status\":\"ok\"}\n");
    assert_int_equal(fake_scheduler_count(c->fake, "GetVersion"), 0);
}

static void head_is_get_without_the_body(void **state)
{
    struct gateway_case *c = *state;
    assert_int_equal(gateway_case_ask(c, "HEAD", "/v1/guests"), 200);
    gateway_case_expect_header(c, "Content-Length", "14");
}

static void a_created_guest_has_a_location(void **state)
{
    struct gateway_case *c = *state;
    fake_scheduler_reply(c->fake, "CreateGuest", "{\"spec\":{\"name\":\"g1\"}}");
    assert_int_equal(gateway_case_send(c, "POST", "/v1/guests",
                                       "{\"spec\":{\"name\":\"g1\",\"memoryBytes\":4096},"
                                       "\"start\":true}"),
                     201);
    gateway_case_expect_header(c, "Location", "/v1/guests/g1");
    gateway_case_expect_asked(
        c, "CreateGuest", "{\"spec\":{\"name\":\"g1\",\"memoryBytes\":\"4096\"},\"start\":true}");
}

static void start_and_stop_take_the_guest_from_the_path(void **state)
{
    struct gateway_case *c = *state;
    assert_int_equal(gateway_case_ask(c, "POST", "/v1/guests/g1/start"), 200);
    gateway_case_expect_asked(c, "StartGuest", "{\"guest\":\"g1\"}");
    assert_int_equal(
        gateway_case_send(c, "POST", "/v1/guests/g1/stop", "{\"force\":true,\"timeoutMs\":5000}"),
        200);
    gateway_case_expect_asked(c, "StopGuest",
                              "{\"guest\":\"g1\",\"force\":true,\"timeoutMs\":5000}");
    assert_int_equal(gateway_case_send(c, "POST", "/v1/guests/g1/stop", "{\"guest\":\"g2\"}"), 400);
    gateway_case_expect_problem(c, 400, "INVALID_ARGUMENT", "differs from the one in the path");
}

static void a_deleted_guest_leaves_no_content(void **state)
{
    struct gateway_case *c = *state;
    assert_int_equal(gateway_case_ask(c, "DELETE", "/v1/guests/g1"), 204);
    assert_string_equal(c->response.body, "");
    gateway_case_expect_asked(c, "DeleteGuest", "{\"guest\":\"g1\"}");
}

static void a_migration_becomes_a_plan_of_one(void **state)
{
    struct gateway_case *c = *state;
    fake_scheduler_reply(c->fake, "SubmitPlan",
                         "{\"migrations\":[{\"id\":\"m-1\",\"guestName\":\"g1\"}]}");
    assert_int_equal(gateway_case_raw(c, "POST", "/v1/migrations",
                                      "Content-Type: application/json; charset=utf-8\r\n"
                                      "Idempotency-Key: k-1\r\n",
                                      "{\"guest\":\"g1\",\"toHost\":\"h2\"}"),
                     202);
    gateway_case_expect_header(c, "Location", "/v1/migrations/m-1");
    assert_contains(c->response.body, "\"id\":\"m-1\"");
    gateway_case_expect_asked(c, "SubmitPlan",
                              "{\"purpose\":\"PLAN_PURPOSE_MOVE\",\"migrations\":[{\"guest\":"
                              "\"g1\",\"toHost\":\"h2\"}],\"idempotencyKey\":\"k-1\"}");
}

static void a_migration_without_key_gets_its_requests_id(void **state)
{
    struct gateway_case *c = *state;
    fake_scheduler_reply(c->fake, "SubmitPlan", "{\"migrations\":[{\"id\":\"m-1\"}]}");
    assert_int_equal(gateway_case_raw(c, "POST", "/v1/migrations",
                                      "Content-Type: application/json\r\nX-Request-Id: r-7\r\n",
                                      "{\"guest\":\"g1\"}"),
                     202);
    gateway_case_expect_header(c, "X-Request-Id", "r-7");
    char *asked = fake_scheduler_asked(c->fake, "SubmitPlan");
    assert_contains(asked, "\"idempotencyKey\":\"r-7\"");
    free(asked);
}

static void deleting_a_migration_asks_for_its_cancel(void **state)
{
    struct gateway_case *c = *state;
    fake_scheduler_reply(c->fake, "CancelMigration", "{\"id\":\"m-1\",\"cancelRequested\":true}");
    assert_int_equal(gateway_case_ask(c, "DELETE", "/v1/migrations/m-1"), 202);
    assert_contains(c->response.body, "\"cancelRequested\":true");
    gateway_case_expect_asked(c, "CancelMigration", "{\"id\":\"m-1\"}");
}

static void a_connection_serves_one_request_after_another(void **state)
{
    struct gateway_case *c = *state;
    static const char text[] = "GET /v1/guests HTTP/1.1\r\nHost: x\r\n\r\n";
    int fd = http_connect(c->gateway->url);
    for (int i = 0; i < 20; i++) {
        http_send(fd, text, sizeof text - 1);
        struct http_response response = http_receive(fd, 1);
        assert_int_equal(response.status, 200);
        http_response_free(&response);
    }
    (void)close(fd);
    assert_int_equal(fake_scheduler_count(c->fake, "ListGuests"), 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gateway_case_setup, gateway_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reading_routes_pass_replies_on),
        TEST(healthz_needs_no_scheduler),
        TEST(head_is_get_without_the_body),
        TEST(a_created_guest_has_a_location),
        TEST(start_and_stop_take_the_guest_from_the_path),
        TEST(a_deleted_guest_leaves_no_content),
        TEST(a_migration_becomes_a_plan_of_one),
        TEST(a_migration_without_key_gets_its_requests_id),
        TEST(deleting_a_migration_asks_for_its_cancel),
        TEST(a_connection_serves_one_request_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
