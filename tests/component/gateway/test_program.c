/* The program godwit-gateway itself: settings, readiness, a port in use, its end. */
#include "unit/daemon/daemon_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/http_client.h"

static const char scheduler[] = "scheduler = ipc:///nonexistent/s.sock\n";

static void configure(struct bench *bench, const char *listen)
{
    char text[256];
    (void)snprintf(text, sizeof text, "listen = %s\n%s", listen, scheduler);
    bench_configure(bench, text);
}

static void it_tells_where_it_listens_and_ends_with_sigterm(void **state)
{
    struct bench *bench = *state;
    struct run run;
    configure(bench, "127.0.0.1:0");
    run_start_configured(&run, bench);
    assert_true(run.is_ready);
    const char *url = strstr(run.notified, "http://127.0.0.1:");
    assert_non_null(url);
    struct http_response response = http_ask(url, "GET", "/healthz", "", NULL);
    assert_int_equal(response.status, 200);
    http_response_free(&response);
    run_finish(&run, SIGTERM);
    assert_int_equal(run.status, 0);
}

static void a_port_in_use_is_a_clear_error(void **state)
{
    struct bench *bench = *state;
    struct run run;
    char address[64];
    configure(bench, "127.0.0.1:0");
    run_start_configured(&run, bench);
    assert_int_equal(sscanf(strstr(run.notified, "http://"), "http://%63[0-9.:]", address), 1);

    void *other = NULL;
    assert_int_equal(bench_open(&other), 0);
    configure(other, address);
    struct run second;
    const char *const args[] = {"--config", ((struct bench *)other)->config_path, NULL};
    assert_int_equal(run_to_end(&second, other, args), gw_code_exit_status(GW_ALREADY_EXISTS));
    assert_contains(second.err, address);
    assert_contains(second.err, "set key listen to a free IP:PORT");
    (void)bench_close(&other);
    run_finish(&run, SIGTERM);
}

static void bad_settings_are_told_by_check(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        {"listen = localhost\n", "key listen"},
        {"scheduler = tls+tcp://h:1\n", "set tls_ca and tls_cert_key"},
        {"lisen = 127.0.0.1:1\n", "lisen"},
    };
    const char *const args[] = {"--config", bench->config_path, "--check", NULL};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run run;
        bench_configure(bench, rows[i].text);
        assert_int_equal(run_to_end(&run, bench, args), 2);
        assert_contains(run.err, rows[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_bench(it_tells_where_it_listens_and_ends_with_sigterm),
        with_bench(a_port_in_use_is_a_clear_error),
        with_bench(bad_settings_are_told_by_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
