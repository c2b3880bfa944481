#include "gateway_case.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/tmp_folder.h"

static void *run(void *arg)
{
    (void)gw_loop_run(arg, NULL);
    return NULL;
}

static void stop_loop(void *arg)
{
    gw_loop_stop(arg);
}

int gateway_case_setup(void **state)
{
    static char listen[] = "127.0.0.1:0";
    static char none[] = "";
    struct gw_error err = {0};
    struct gw_log log = gw_log_none();
    struct gateway_case *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->folder = tmp_folder_make();
    c->scheduler_url = gw_strf("ipc://%s/s.sock", c->folder);
    c->fake = fake_scheduler_start(c->scheduler_url);
    c->loop = gw_loop_new(&err);
    struct gwy_settings settings = {.listen = listen,
                                    .scheduler = c->scheduler_url,
                                    .tls_ca = none,
                                    .tls_cert_key = none,
                                    .tls_server_name = none};
    c->gateway = gwy_gateway_start(c->loop, &log, &settings, &err);
    if (!c->gateway) {
        (void)fprintf(stderr, "%s\n", err.message);
        abort();
    }
    if (pthread_create(&c->thread, NULL, run, c->loop) != 0)
        abort();
    *state = c;
    return 0;
}

int gateway_case_teardown(void **state)
{
    struct gateway_case *c = *state;
    (void)gw_loop_post(c->loop, stop_loop, c->loop);
    (void)pthread_join(c->thread, NULL);
    gwy_gateway_stop(c->gateway);
    gw_loop_free(c->loop);
    fake_scheduler_stop(c->fake);
    tmp_folder_remove(c->folder);
    http_response_free(&c->response);
    free(c->scheduler_url);
    free(c);
    return 0;
}

int gateway_case_raw(struct gateway_case *c,
                     const char *method,
                     const char *path,
                     const char *headers,
                     const char *body)
{
    http_response_free(&c->response);
    c->response = http_ask(c->gateway->url, method, path, headers, body);
    return c->response.status;
}

int gateway_case_ask(struct gateway_case *c, const char *method, const char *path)
{
    return gateway_case_raw(c, method, path, "", NULL);
}

int gateway_case_send(struct gateway_case *c,
                      const char *method,
                      const char *path,
                      const char *body)
{
    return gateway_case_raw(c, method, path, "Content-Type: application/json\r\n", body);
}

void gateway_case_expect_header(struct gateway_case *c, const char *name, const char *wanted)
{
    char *value = http_header(&c->response, name);
    if (!value)
        fail_msg("no header %s in %s", name, c->response.head);
    assert_string_equal(value, wanted);
    free(value);
}

void gateway_case_expect_problem(struct gateway_case *c,
                                 int status,
                                 const char *code,
                                 const char *detail)
{
    char *wanted_code = gw_strf("\"code\":\"%s\"", code);
    char *wanted_status = gw_strf("\"status\":%d", status);
    char *wanted_type = gw_strf("\"type\":\"urn:godwit:problem:%s\"", code);
    if (c->response.status != status)
        fail_msg("expected %d, got %s%s", status, c->response.head, c->response.body);
    gateway_case_expect_header(c, "Content-Type", "application/problem+json");
    assert_contains(c->response.body, wanted_code);
    assert_contains(c->response.body, wanted_status);
    assert_contains(c->response.body, wanted_type);
    assert_contains(c->response.body, detail);
    char *id = http_header(&c->response, "X-Request-Id");
    assert_non_null(id);
    assert_contains(c->response.body, id);
    free(id);
    free(wanted_code);
    free(wanted_status);
    free(wanted_type);
}

void gateway_case_expect_asked(struct gateway_case *c, const char *method, const char *wanted)
{
    char *asked = fake_scheduler_asked(c->fake, method);
    assert_non_null(asked);
    assert_string_equal(asked, wanted);
    free(asked);
}
