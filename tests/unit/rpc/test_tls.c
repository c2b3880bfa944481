/* TLS: both sides show a certificate of the same authority, or nothing is said. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "rpc_case.h"
#include "tls_files.h"

struct tls_case {
    struct rpc_case *c;
    struct tls_files files;
    struct gw_rpc_tls server;
    struct gw_rpc_tls client;
};

static int set_up_group(void **state)
{
    struct tls_case *t = calloc(1, sizeof *t);
    if (tls_files_make(&t->files) < 0) {
        (void)fprintf(stderr, "skipped: the openssl command made no certificates\n");
        exit(77);
    }
    t->server = (struct gw_rpc_tls){.ca_file = t->files.ca, .cert_key_file = t->files.server};
    *state = t;
    return 0;
}

static int tear_down_group(void **state)
{
    struct tls_case *t = *state;
    tls_files_remove(&t->files);
    free(t);
    return 0;
}

static int set_up(void **state)
{
    struct tls_case *t = *state;
    struct gw_error err = {0};
    t->c = rpc_case_new();
    rpc_case_serve(t->c, t->c->url);
    if (gw_rpc_server_listen(t->c->server, "tls+tcp://127.0.0.1:0", &t->server, &err) < 0)
        fail_msg("%s", err.message);
    t->client = (struct gw_rpc_tls){
        .ca_file = t->files.ca, .cert_key_file = t->files.client, .server_name = "node.test"};
    return 0;
}

static int tear_down(void **state)
{
    struct tls_case *t = *state;
    rpc_case_free(t->c);
    return 0;
}

static const char *url_of(const struct tls_case *t)
{
    return gw_rpc_server_url(t->c->server, 1);
}

static void connect_as(struct tls_case *t, const struct gw_rpc_tls *tls)
{
    struct gw_error err = {0};
    gw_rpc_channel_free(t->c->channel);
    t->c->channel = gw_rpc_channel_new(t->c->loop, url_of(t), tls, NULL, NULL, &err);
    if (!t->c->channel)
        fail_msg("%s", err.message);
}

static void assert_unavailable(struct tls_case *t)
{
    struct outcome out = {0};
    rpc_call(t->c, godwit__test__echo__say, "", 0, &(struct gw_rpc_options){.deadline_ms = 500},
             &out);
    RUN_UNTIL(t->c, out.n_runs);
    assert_true(out.is_done);
    if (out.err.code != GW_UNAVAILABLE)
        fail_msg("got %s: %s", gw_code_name(out.err.code), out.err.message);
    assert_int_equal(t->c->n_said, 0);
}

static void assert_works(struct tls_case *t)
{
    connect_as(t, &t->client);
    assert_string_equal(rpc_say(t->c, "secret").text, "secret");
}

static void call_between_certified_sides_is_answered(void **state)
{
    struct tls_case *t = *state;
    assert_works(t);
}

static void large_messages_pass_whole(void **state)
{
    struct tls_case *t = *state;
    enum { N_BYTES = 3 * 1024 * 1024 };
    connect_as(t, &t->client);
    struct outcome outs[4] = {0};
    Godwit__Test__Text input = GODWIT__TEST__TEXT__INIT;
    input.data = (ProtobufCBinaryData){.len = N_BYTES, .data = calloc(1, N_BYTES)};
    for (int i = 0; i < 4; i++)
        rpc_call_message(t->c, godwit__test__echo__say, &input, &rpc_plain, &outs[i]);
    free(input.data.data);
    for (int i = 0; i < 4; i++) {
        RUN_UNTIL(t->c, outs[i].n_runs);
        assert_int_equal(outs[i].n_items, 1);
    }
}

static void stream_runs_to_its_end(void **state)
{
    struct tls_case *t = *state;
    struct outcome out = {0};
    connect_as(t, &t->client);
    rpc_call(t->c, godwit__test__echo__count, "", 5000, &rpc_stream, &out);
    RUN_UNTIL(t->c, out.is_done);
    assert_int_equal(out.n_items, 5000);
    assert_int_equal(out.err.code, GW_OK);
}

static void client_of_a_foreign_authority_is_not_served(void **state)
{
    struct tls_case *t = *state;
    struct gw_rpc_tls stranger = t->client;
    stranger.cert_key_file = t->files.other_client;
    connect_as(t, &stranger);
    assert_unavailable(t);
    assert_works(t);
}

static void server_of_a_foreign_authority_is_not_spoken_to(void **state)
{
    struct tls_case *t = *state;
    struct gw_rpc_tls wary = t->client;
    wary.ca_file = t->files.other_ca;
    connect_as(t, &wary);
    assert_unavailable(t);
    assert_works(t);
}

static void server_of_another_name_is_not_spoken_to(void **state)
{
    struct tls_case *t = *state;
    struct gw_rpc_tls wary = t->client;
    wary.server_name = "other.test";
    connect_as(t, &wary);
    assert_unavailable(t);
    wary.server_name = NULL; /* then it is the address, which the certificate does not carry */
    connect_as(t, &wary);
    assert_unavailable(t);
    assert_works(t);
}

static void plain_client_on_the_tls_port_is_not_served(void **state)
{
    struct tls_case *t = *state;
    char url[RPC_PATH_MAX];
    (void)snprintf(url, sizeof url, "%s", url_of(t) + strlen("tls+"));
    rpc_case_connect(t->c, url);
    assert_unavailable(t);
    assert_works(t);
}

static void tls_client_on_a_plain_port_is_unavailable(void **state)
{
    struct tls_case *t = *state;
    struct gw_error err = {0};
    assert_int_equal(gw_rpc_server_listen(t->c->server, "tcp://127.0.0.1:0", NULL, &err), 0);
    char url[RPC_PATH_MAX];
    (void)snprintf(url, sizeof url, "tls+%s", gw_rpc_server_url(t->c->server, 2));
    t->c->channel = gw_rpc_channel_new(t->c->loop, url, &t->client, NULL, NULL, &err);
    assert_unavailable(t);
    assert_works(t);
}

static void silent_connection_to_the_tls_port_hinders_nobody(void **state)
{
    struct tls_case *t = *state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(strrchr(url_of(t), ':') + 1)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    rpc_case_step(t->c);
    assert_works(t);
    close(fd);
}

static void assert_refused(struct tls_case *t,
                           const struct gw_rpc_tls *tls,
                           enum gw_code code,
                           const char *said)
{
    struct gw_error err = {0};
    assert_int_equal(gw_rpc_server_listen(t->c->server, "tls+tcp://127.0.0.1:0", tls, &err), -1);
    if (err.code != code || !strstr(err.message, said))
        fail_msg("got %s: %s", gw_code_name(err.code), err.message);
    gw_error_clear(&err);
    assert_null(gw_rpc_channel_new(t->c->loop, url_of(t), tls, NULL, NULL, &err));
    assert_int_equal(err.code, code);
}

static void files_that_will_not_do_are_named(void **state)
{
    struct tls_case *t = *state;
    struct gw_rpc_tls tls = t->server;
    assert_refused(t, NULL, GW_INVALID_ARGUMENT, "no CA file is given");
    tls.cert_key_file = NULL;
    assert_refused(t, &tls, GW_INVALID_ARGUMENT, "no certificate and key file is given");
    tls.cert_key_file = "/nonexistent/key.pem";
    assert_refused(t, &tls, GW_NOT_FOUND, "/nonexistent/key.pem");
    tls.cert_key_file = t->files.ca; /* a certificate without its key */
    assert_refused(t, &tls, GW_INVALID_ARGUMENT, t->files.ca);
    tls = t->server;
    tls.ca_file = "/dev/null";
    assert_refused(t, &tls, GW_INVALID_ARGUMENT, "/dev/null");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(call_between_certified_sides_is_answered),
        TEST(large_messages_pass_whole),
        TEST(stream_runs_to_its_end),
        TEST(client_of_a_foreign_authority_is_not_served),
        TEST(server_of_a_foreign_authority_is_not_spoken_to),
        TEST(server_of_another_name_is_not_spoken_to),
        TEST(plain_client_on_the_tls_port_is_not_served),
        TEST(tls_client_on_a_plain_port_is_unavailable),
        TEST(silent_connection_to_the_tls_port_hinders_nobody),
        TEST(files_that_will_not_do_are_named),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
