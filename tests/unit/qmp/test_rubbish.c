/* Monitors that say nothing, too much, or what is no QMP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qmp/session_priv.h"
#include "session_fixture.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n"

/* The text comes instead of a greeting. */
static void open_with(struct fixture *f, const char *text)
{
    fixture_open(f, &(struct fake_qmp_options){.is_silent = true});
    fixture_turn(f); /* accepted */
    fixture_turn(f);
    fake_qmp_send_text(f->fake, text);
}

static void a_silent_monitor_ends_the_session(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, &(struct fake_qmp_options){.is_silent = true});
    fixture_execute(f, "a", "stop", 0);
    assert_true(gw_timer_is_running(f->qmp->greeting_timer));
    gw_timer_start(f->qmp->greeting_timer, 10); /* instead of GW_QMP_GREETING_MS */
    fixture_await(f, "closed");
    assert_string_equal(gw_str_text(&f->trace), "a:UNAVAILABLE closed:DEADLINE_EXCEEDED ");
    assert_non_null(strstr(f->closed_err.message, "said nothing for 5000 ms"));
}

static void a_monitor_silent_after_its_greeting_ends_the_session(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fake_qmp_pause(f->fake, true);
    fixture_turn(f);
    fake_qmp_pause(f->fake, true); /* also the client that was accepted meanwhile */
    gw_timer_start(f->qmp->greeting_timer, 20);
    fixture_await(f, "closed:DEADLINE_EXCEEDED");
}

static void the_greeting_timer_stops_when_ready(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fixture_await(f, "ready");
    assert_false(gw_timer_is_running(f->qmp->greeting_timer));
}

static void rubbish_ends_the_session(void **state)
{
    static const char *const rows[] = {
        "SSH-2.0-OpenSSH\r\n",
        "{\"event\": \"STOP\"}\n",
        "{\"return\": {}, \"id\": 1}\n",
        GREETING GREETING,
        GREETING "{\"return\": {}, \"id\": 77}\n",
        GREETING "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n",
        GREETING "{\"what\": 1}\n",
        GREETING "[]\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture_teardown(state);
        fixture_setup(state);
        open_with(*state, rows[i]);
        fixture_await(*state, "closed:DATA_LOSS ");
    }
}

static void a_refused_handshake_ends_the_session(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, &(struct fake_qmp_options){.refuses_handshake = true});
    fixture_await(f, "closed:");
    if (!strstr(f->closed_err.message, "QEMU refused \"qmp_capabilities\""))
        fail_msg("the session ended with \"%s\"", f->closed_err.message);
}

static void a_line_without_end_ends_the_session(void **state)
{
    struct fixture *f = *state;
    char *filler = malloc(GW_QMP_LINE_MAX_BYTES + 1);
    assert_non_null(filler);
    memset(filler, 'x', GW_QMP_LINE_MAX_BYTES);
    filler[0] = '{';
    filler[1] = '"';
    open_with(f, GREETING);
    fake_qmp_send_bytes(f->fake, filler, GW_QMP_LINE_MAX_BYTES);
    for (int i = 0; i < 3; i++)
        fixture_turn(f);
    assert_string_equal(gw_str_text(&f->trace), ""); /* at the limit */
    fake_qmp_send_text(f->fake, "x");
    fixture_await(f, "closed:RESOURCE_EXHAUSTED");
    assert_non_null(strstr(f->closed_err.message, "longer than 4194304 bytes"));
    free(filler);
}

static void a_flood_of_events_lets_others_run(void **state)
{
    struct fixture *f = *state;
    enum { EVENTS = 20000 };
    fixture_open(f, NULL);
    fixture_await(f, "ready");
    for (int i = 0; i < EVENTS; i++)
        fake_qmp_send_text(f->fake, "{\"event\": \"A_LONG_NAME_OF_AN_EVENT\"}\n");
    fake_qmp_event(f->fake, "LAST", NULL);
    struct fixture_call *call = fixture_execute(f, "mine", "stop", 1);
    fixture_await(f, "event:LAST");
    /* the deadline passed in between, not after all of it */
    assert_int_equal(call->err.code, GW_DEADLINE_EXCEEDED);
}

static void a_monitor_that_stops_reading_blocks_nobody(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fixture_await(f, "ready");
    fake_qmp_pause(f->fake, true);
    char *filler = malloc(GW_QMP_COMMAND_MAX_BYTES);
    assert_non_null(filler);
    memset(filler, 'x', GW_QMP_COMMAND_MAX_BYTES - 100);
    filler[GW_QMP_COMMAND_MAX_BYTES - 100] = '\0';
    gw_qmp_execute(f->qmp, "big", json_object_new_string(filler), 0, NULL, NULL);
    fixture_execute(f, "a", "stop", 20);
    fixture_await(f, "a:DEADLINE_EXCEEDED");
    fixture_execute(f, "b", "cont", 0);
    fake_qmp_pause(f->fake, false);
    fixture_await(f, "b:ok");
    assert_string_equal(fake_qmp_heard(f->fake), "big cont ");
    free(filler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_silent_monitor_ends_the_session),
        FIXTURE_TEST(a_monitor_silent_after_its_greeting_ends_the_session),
        FIXTURE_TEST(the_greeting_timer_stops_when_ready),
        FIXTURE_TEST(rubbish_ends_the_session),
        FIXTURE_TEST(a_refused_handshake_ends_the_session),
        FIXTURE_TEST(a_line_without_end_ends_the_session),
        FIXTURE_TEST(a_flood_of_events_lets_others_run),
        FIXTURE_TEST(a_monitor_that_stops_reading_blocks_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
