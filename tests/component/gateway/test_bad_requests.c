/* What a client may get wrong, and what it is told. Nothing of it reaches the scheduler. */
#include "gateway_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "gateway/request.h"

static void unknown_paths_are_404(void **state)
{
    struct gateway_case *c = *state;
    static const char *const paths[] = {
        "/",
        "/v1",
        "/v2/hosts",
        "/v1/hosts/",
        "/v1/hosts/h1/x",
        "/v1/guests/g1/pause",
        "//v1/hosts",
        "/v1//hosts",
        "/v1/guests/"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)gateway_case_ask(c, "GET", paths[i]);
        gateway_case_expect_problem(c, 404, "PATH_NOT_FOUND", "no such path");
    }
}

static void path_escapes_are_refused(void **state)
{
    struct gateway_case *c = *state;
    static const char *const paths[] = {
        "/v1/guests/..",       "/v1/../healthz",       "/v1/guests/./g1", "/v1/guests/%2e%2e",
        "/v1/guests/a%2Fb",    "/v1/guests/a%00",      "/v1/guests/a;b",  "/v1/guests/a\"b",
        "/v1/guests/a\\..\\b", "/v1/hosts/h1%20start",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)gateway_case_ask(c, "GET", paths[i]);
        gateway_case_expect_problem(c, 400, "BAD_PATH", "a path may have");
    }
    assert_int_equal(fake_scheduler_count(c->fake, "GetGuest"), 0);
}

static void wrong_methods_are_405_with_allow(void **state)
{
    struct gateway_case *c = *state;
    static const struct {
        const char *method;
        const char *path;
        const char *allow;
    } rows[] = {
        {"DELETE", "/v1/hosts", "GET"},
        {"PUT", "/v1/guests", "GET, POST"},
        {"PATCH", "/v1/guests/g1", "GET, DELETE"},
        {"GET", "/v1/guests/g1/start", "POST"},
        {"OPTIONS", "/v1/migrations/m-1", "GET, DELETE"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)gateway_case_ask(c, rows[i].method, rows[i].path);
        gateway_case_expect_problem(c, 405, "METHOD_NOT_ALLOWED", rows[i].allow);
        gateway_case_expect_header(c, "Allow", rows[i].allow);
    }
}

static void bodies_that_are_not_json_are_415(void **state)
{
    struct gateway_case *c = *state;
    (void)gateway_case_raw(c, "POST", "/v1/migrations", "Content-Type: text/plain\r\n", "{}");
    gateway_case_expect_problem(c, 415, "UNSUPPORTED_MEDIA_TYPE", "application/json");
    (void)gateway_case_raw(c, "POST", "/v1/guests", "", "{}");
    gateway_case_expect_problem(c, 415, "UNSUPPORTED_MEDIA_TYPE", "application/json");
    (void)gateway_case_raw(c, "POST", "/v1/guests/g1/stop", "Content-Type: application/jsonx\r\n",
                           "{}");
    gateway_case_expect_problem(c, 415, "UNSUPPORTED_MEDIA_TYPE", "application/json");
}

static void malformed_bodies_are_400_with_the_field(void **state)
{
    struct gateway_case *c = *state;
    static const struct {
        const char *path;
        const char *body;
        const char *detail;
    } rows[] = {
        {"/v1/migrations", "", "\"code\""},
        {"/v1/migrations", "{", "\"code\""},
        {"/v1/migrations", "[]", "\"code\""},
        {"/v1/migrations", "{} {}", "\"code\""},
        {"/v1/migrations", "{\"guest\":\"g1\",\"too\":\"h2\"}", "\"field\":\"too\""},
        {"/v1/migrations", "{\"guest\":\"a\",\"guest\":\"b\"}", "\"field\":\"guest\""},
        {"/v1/migrations", "{\"guest\":7}", "\"field\":\"guest\""},
        {"/v1/guests", "{\"spec\":{\"disks\":[{\"sizeBytes\":-1}]}}",
         "\"field\":\"spec.disks[0].sizeBytes\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)gateway_case_send(c, "POST", rows[i].path, rows[i].body);
        gateway_case_expect_problem(c, 400, "INVALID_ARGUMENT", rows[i].detail);
    }
    assert_int_equal(fake_scheduler_count(c->fake, "SubmitPlan"), 0);
    assert_int_equal(fake_scheduler_count(c->fake, "CreateGuest"), 0);
}

static void malformed_queries_are_400(void **state)
{
    struct gateway_case *c = *state;
    static const char *const paths[] = {
        "/v1/hosts?x=1",
        "/v1/guests?host=h1&host=h2",
        "/v1/guests?host",
        "/v1/guests?host=",
        "/v1/guests?host=h%31",
        "/v1/migrations?limit=many",
        "/v1/migrations?limit=99999999999",
        "/v1/migrations?active_only=yes",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)gateway_case_ask(c, "GET", paths[i]);
        gateway_case_expect_problem(c, 400, "INVALID_ARGUMENT", "\"field\":");
    }
    assert_int_equal(fake_scheduler_count(c->fake, "ListGuests"), 0);
}

static void bad_idempotency_keys_are_400(void **state)
{
    struct gateway_case *c = *state;
    (void)gateway_case_raw(c, "POST", "/v1/migrations",
                           "Content-Type: application/json\r\nIdempotency-Key: a b\r\n",
                           "{\"guest\":\"g1\"}");
    gateway_case_expect_problem(c, 400, "INVALID_ARGUMENT", "\"field\":\"Idempotency-Key\"");
}

/* Status of a request for a move under a key of @n bytes. */
static int migrate_with_key_of(struct gateway_case *c, int n)
{
    char headers[512];
    (void)snprintf(headers, sizeof headers,
                   "Content-Type: application/json\r\nIdempotency-Key: %0*d\r\n", n, 7);
    return gateway_case_raw(c, "POST", "/v1/migrations", headers, "{\"guest\":\"g1\"}");
}

static void a_key_at_the_limit_is_taken_and_one_byte_more_is_400(void **state)
{
    struct gateway_case *c = *state;
    fake_scheduler_reply(c->fake, "SubmitPlan", "{\"migrations\":[{\"id\":\"m-1\"}]}");
    assert_int_equal(migrate_with_key_of(c, GWY_IDEMPOTENCY_KEY_MAX), 202);
    assert_int_equal(migrate_with_key_of(c, GWY_IDEMPOTENCY_KEY_MAX + 1), 400);
    gateway_case_expect_problem(c, 400, "INVALID_ARGUMENT", "\"field\":\"Idempotency-Key\"");
    assert_int_equal(fake_scheduler_count(c->fake, "SubmitPlan"), 1);
}

static void a_segment_at_the_limit_is_taken_and_one_byte_more_is_not(void **state)
{
    struct gateway_case *c = *state;
    char path[128];
    fake_scheduler_reply(c->fake, "GetGuest", "{}");
    (void)snprintf(path, sizeof path, "/v1/guests/%0*d", GWY_SEGMENT_MAX, 1);
    assert_int_equal(gateway_case_ask(c, "GET", path), 200);
    (void)snprintf(path, sizeof path, "/v1/guests/%0*d", GWY_SEGMENT_MAX + 1, 1);
    (void)gateway_case_ask(c, "GET", path);
    gateway_case_expect_problem(c, 404, "PATH_NOT_FOUND", "no such path");
    assert_int_equal(fake_scheduler_count(c->fake, "GetGuest"), 1);
}

/* A body of @n bytes: an empty object and blanks. */
static char *body_of(size_t n)
{
    char *body = malloc(n + 1);
    assert_non_null(body);
    memset(body, ' ', n);
    memcpy(body, "{}", 2);
    body[n] = '\0';
    return body;
}

static void a_body_at_the_limit_is_read_and_one_past_it_is_413(void **state)
{
    struct gateway_case *c = *state;
    char *body = body_of(GWY_BODY_MAX_BYTES);
    assert_int_equal(gateway_case_send(c, "POST", "/v1/guests", body), 201);
    free(body);
    body = body_of(GWY_BODY_MAX_BYTES + 1);
    (void)gateway_case_send(c, "POST", "/v1/guests", body);
    gateway_case_expect_problem(c, 413, "BODY_TOO_LARGE", "limit of 1048576 bytes");
    free(body);
    assert_int_equal(fake_scheduler_count(c->fake, "CreateGuest"), 1);
}

static void send_chunks(int fd, size_t total)
{
    enum { CHUNK = 65536 };
    static const char head[] = "POST /v1/guests HTTP/1.1\r\nHost: x\r\n"
                               "Content-Type: application/json\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    static char chunk[CHUNK];
    memset(chunk, ' ', sizeof chunk);
    http_send(fd, head, sizeof head - 1);
    for (size_t sent = 0; sent < total; sent += CHUNK) {
        http_send(fd, "10000\r\n", 7);
        http_send(fd, chunk, sizeof chunk);
        http_send(fd, "\r\n", 2);
    }
    http_send(fd, "0\r\n\r\n", 5);
}

static void a_body_without_length_is_limited_too(void **state)
{
    struct gateway_case *c = *state;
    int fd = http_connect(c->gateway->url);
    send_chunks(fd, 2 * GWY_BODY_MAX_BYTES);
    struct http_response response = http_receive(fd, 1);
    assert_int_equal(response.status, 413);
    http_response_free(&response);
    (void)close(fd);
}

static void a_body_without_end_closes_the_connection(void **state)
{
    struct gateway_case *c = *state;
    int fd = http_connect(c->gateway->url);
    send_chunks(fd, 4 * GWY_DISCARD_MAX_BYTES);
    struct http_response response = http_receive(fd, 1);
    assert_int_equal(response.status, 0);
    http_response_free(&response);
    (void)close(fd);
    assert_int_equal(gateway_case_ask(c, "GET", "/healthz"), 200);
}

static void a_client_that_asks_first_is_told_before_it_sends(void **state)
{
    struct gateway_case *c = *state;
    static const char head[] = "POST /v1/guests HTTP/1.1\r\nHost: x\r\n"
                               "Content-Type: application/json\r\nExpect: 100-continue\r\n"
                               "Content-Length: 2000000\r\n\r\n";
    int fd = http_connect(c->gateway->url);
    http_send(fd, head, sizeof head - 1);
    struct http_response response = http_receive(fd, 1);
    assert_int_equal(response.status, 413);
    http_response_free(&response);
    (void)close(fd);
}

static void headers_are_limited(void **state)
{
    struct gateway_case *c = *state;
    struct gw_str headers;
    gw_str_init(&headers, 2 * GWY_HEADERS_MAX_BYTES);
    gw_str_append(&headers, "X-Long: ");
    while (headers.len < GWY_HEADERS_MAX_BYTES)
        gw_str_append(&headers, "aaaaaaaaaaaaaaaa");
    gw_str_append(&headers, "\r\n");
    int status = gateway_case_raw(c, "GET", "/v1/hosts", gw_str_text(&headers), NULL);
    assert_in_range(status, 400, 431);
    gw_str_fini(&headers);
    assert_int_equal(gateway_case_ask(c, "GET", "/healthz"), 200);
}

static void rubbish_does_not_hurt_the_next_client(void **state)
{
    struct gateway_case *c = *state;
    static const char *const rubbish[] = {"\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01",
                                          "GET /v1/hosts HTTP/9.9\r\n\r\n",
                                          "POST /v1/guests HTTP/1.1\r\nHost: x\r\n"
                                          "Content-Length: -1\r\n\r\n"};
    for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
        int fd = http_connect(c->gateway->url);
        http_send(fd, rubbish[i], strlen(rubbish[i]));
        (void)close(fd);
        assert_int_equal(gateway_case_ask(c, "GET", "/healthz"), 200);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gateway_case_setup, gateway_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unknown_paths_are_404),
        TEST(path_escapes_are_refused),
        TEST(wrong_methods_are_405_with_allow),
        TEST(bodies_that_are_not_json_are_415),
        TEST(malformed_bodies_are_400_with_the_field),
        TEST(malformed_queries_are_400),
        TEST(bad_idempotency_keys_are_400),
        TEST(a_key_at_the_limit_is_taken_and_one_byte_more_is_400),
        TEST(a_segment_at_the_limit_is_taken_and_one_byte_more_is_not),
        TEST(a_body_at_the_limit_is_read_and_one_past_it_is_413),
        TEST(a_body_without_length_is_limited_too),
        TEST(a_body_without_end_closes_the_connection),
        TEST(a_client_that_asks_first_is_told_before_it_sends),
        TEST(headers_are_limited),
        TEST(rubbish_does_not_hurt_the_next_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
