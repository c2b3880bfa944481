/* The link: servers that are down, come back, are in the way; retries. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "rpc_case.h"

static int set_up(void **state)
{
    *state = rpc_case_new();
    return 0;
}

static int tear_down(void **state)
{
    rpc_case_free(*state);
    return 0;
}

static void call_to_nobody_is_unavailable_at_its_deadline(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_case_connect(c, c->url);
    rpc_call(c, godwit__test__echo__say, "", 0, &(struct gw_rpc_options){.deadline_ms = 100}, &out);
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_UNAVAILABLE);
    assert_non_null(strstr(out.err.message, c->url));
    assert_non_null(strstr(out.err.message, "100 ms"));
}

static void call_waits_for_a_server_that_comes(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    struct outcome hopeless = {0};
    rpc_case_connect(c, c->url);
    rpc_call(c, godwit__test__echo__say, "hello", 0, &rpc_plain, &out);
    rpc_call(c, godwit__test__echo__say, "", 0, &(struct gw_rpc_options){.deadline_ms = 60},
             &hopeless);
    RUN_UNTIL(c, hopeless.is_done);
    rpc_case_serve(c, c->url);
    RUN_UNTIL(c, out.n_runs);
    assert_string_equal(out.text, "hello");
}

static void channel_works_again_after_a_server_restart(void **state)
{
    struct rpc_case *c = *state;
    rpc_case_start(c);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(rpc_say(c, "before").text, "before");
        rpc_case_stop_server(c);
        rpc_case_step(c);
        rpc_case_serve(c, c->url);
        assert_string_equal(rpc_say(c, "after").text, "after");
    }
}

static void tcp_server_can_restart_at_its_port(void **state)
{
    struct rpc_case *c = *state;
    char url[RPC_PATH_MAX];
    rpc_case_serve(c, "tcp://127.0.0.1:0");
    (void)snprintf(url, sizeof url, "%s", gw_rpc_server_url(c->server, 0));
    rpc_case_connect(c, url);
    assert_string_equal(rpc_say(c, "before").text, "before");
    rpc_case_stop_server(c);
    rpc_case_step(c);
    rpc_case_serve(c, url);
    assert_string_equal(rpc_say(c, "after").text, "after");
}

static void call_under_way_when_the_server_goes_is_unavailable(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_case_start(c);
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_plain, &out);
    RUN_UNTIL(c, c->n_held == 1);
    rpc_case_stop_server(c);
    rpc_release_held(&c->held[0], "");
    RUN_UNTIL(c, out.is_done);
    assert_int_equal(out.err.code, GW_UNAVAILABLE);
    rpc_case_serve(c, c->url);
    assert_string_equal(rpc_say(c, "after").text, "after");
    assert_int_equal(c->n_held, 1); /* never sent again */
}

static void idempotent_call_is_sent_again_to_the_server_that_returns(void **state)
{
    struct rpc_case *c = *state;
    struct outcome out = {0};
    rpc_case_start(c);
    rpc_call(c, godwit__test__echo__hold, "", 0, &rpc_idempotent, &out);
    RUN_UNTIL(c, c->n_held == 1);
    rpc_case_stop_server(c);
    rpc_release_held(&c->held[0], "first");
    rpc_case_serve(c, c->url);
    RUN_UNTIL(c, c->n_held == 2);
    rpc_release_held(&c->held[1], "second");
    RUN_UNTIL(c, out.n_runs);
    assert_string_equal(out.text, "second");
}

static void stale_socket_file_is_replaced(void **state)
{
    struct rpc_case *c = *state;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/echo.sock", c->dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    rpc_case_start(c);
    assert_string_equal(rpc_say(c, "hello").text, "hello");
}

static void live_socket_file_is_left_alone(void **state)
{
    struct rpc_case *c = *state;
    rpc_case_start(c);
    struct gw_error err = {0};
    struct gw_rpc_server *second = gw_rpc_server_new(c->loop, NULL, NULL, &err);
    assert_int_equal(gw_rpc_server_listen(second, c->url, NULL, &err), -1);
    assert_int_equal(err.code, GW_ALREADY_EXISTS);
    assert_non_null(strstr(err.message, "echo.sock"));
    gw_rpc_server_free(second);
    assert_string_equal(rpc_say(c, "hello").text, "hello");
}

static void file_that_is_no_socket_is_left_alone(void **state)
{
    struct rpc_case *c = *state;
    char path[RPC_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/echo.sock", c->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    struct gw_error err = {0};
    c->server = gw_rpc_server_new(c->loop, NULL, NULL, &err);
    assert_int_equal(gw_rpc_server_listen(c->server, c->url, NULL, &err), -1);
    assert_int_equal(err.code, GW_ALREADY_EXISTS);
    assert_int_equal(access(path, F_OK), 0);
}

static void socket_file_is_for_its_owner_alone_and_goes_with_the_server(void **state)
{
    struct rpc_case *c = *state;
    char path[RPC_PATH_MAX];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/echo.sock", c->dir);
    rpc_case_serve(c, c->url);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    rpc_case_stop_server(c);
    assert_int_equal(stat(path, &st), -1);
}

static void port_in_use_is_already_exists(void **state)
{
    struct rpc_case *c = *state;
    struct gw_error err = {0};
    rpc_case_serve(c, "tcp://127.0.0.1:0");
    struct gw_rpc_server *second = gw_rpc_server_new(c->loop, NULL, NULL, &err);
    assert_int_equal(gw_rpc_server_listen(second, gw_rpc_server_url(c->server, 0), NULL, &err), -1);
    assert_int_equal(err.code, GW_ALREADY_EXISTS);
    gw_rpc_server_free(second);
}

static void service_is_served_once(void **state)
{
    struct rpc_case *c = *state;
    struct gw_error err = {0};
    rpc_case_serve(c, c->url);
    assert_int_equal(gw_rpc_server_add(c->server, &c->echo.base, &err), -1);
    assert_int_equal(err.code, GW_ALREADY_EXISTS);
}

static void folder_that_is_not_there_is_an_error_with_the_address(void **state)
{
    struct rpc_case *c = *state;
    struct gw_error err = {0};
    c->server = gw_rpc_server_new(c->loop, NULL, NULL, &err);
    assert_int_equal(gw_rpc_server_listen(c->server, "ipc:///nonexistent/x.sock", NULL, &err), -1);
    assert_non_null(strstr(err.message, "/nonexistent/x.sock"));
}

static void programs_may_call_each_other_at_once(void **state)
{
    enum { N = 200 };
    struct rpc_case *a = *state;
    rpc_case_start(a);
    /* The other side: a server and a channel of its own, on the same loop. */
    char url[RPC_PATH_MAX];
    (void)snprintf(url, sizeof url, "ipc://%s/other.sock", a->dir);
    struct gw_rpc_channel *first = a->channel;
    struct gw_error err = {0};
    assert_int_equal(gw_rpc_server_listen(a->server, url, NULL, &err), 0);
    rpc_case_connect(a, url);
    struct gw_rpc_channel *second = a->channel;
    struct outcome *outs = calloc(2 * N, sizeof *outs);
    for (int i = 0; i < 2 * N; i++) {
        a->channel = i % 2 ? first : second;
        rpc_call(a, godwit__test__echo__say, "x", 0, &rpc_plain, &outs[i]);
    }
    for (int i = 0; i < 2 * N; i++)
        RUN_UNTIL(a, outs[i].n_runs == 1);
    gw_rpc_channel_free(first);
    a->channel = second;
    free(outs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(call_to_nobody_is_unavailable_at_its_deadline),
        TEST(call_waits_for_a_server_that_comes),
        TEST(channel_works_again_after_a_server_restart),
        TEST(tcp_server_can_restart_at_its_port),
        TEST(call_under_way_when_the_server_goes_is_unavailable),
        TEST(idempotent_call_is_sent_again_to_the_server_that_returns),
        TEST(stale_socket_file_is_replaced),
        TEST(live_socket_file_is_left_alone),
        TEST(file_that_is_no_socket_is_left_alone),
        TEST(socket_file_is_for_its_owner_alone_and_goes_with_the_server),
        TEST(port_in_use_is_already_exists),
        TEST(service_is_served_once),
        TEST(folder_that_is_not_there_is_an_error_with_the_address),
        TEST(programs_may_call_each_other_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
