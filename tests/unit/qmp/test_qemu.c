/* The sessions against a real QEMU without a machine. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "loop/child.h"
#include "qmp/qmp.h"

enum { GUARD_MS = 30000, RETRY_MS = 20 };

struct real {
    char dir[32];
    char path[64];
    struct gw_loop *loop;
    struct gw_child *child;
    struct gw_qmp *qmp;
    struct gw_timer *guard, *retry;
    struct gw_str trace;
    const char *awaited;
    json_object *result;
};

static void trace(struct real *r, const char *word)
{
    gw_str_appendf(&r->trace, "%s ", word);
    if (r->awaited && strstr(gw_str_text(&r->trace), r->awaited))
        gw_loop_stop(r->loop);
}

static void await(struct real *r, const char *text)
{
    r->awaited = text;
    gw_timer_start(r->guard, GUARD_MS);
    if (!strstr(gw_str_text(&r->trace), text))
        assert_int_equal(gw_loop_run(r->loop, NULL), 0);
    gw_timer_stop(r->guard);
    if (!strstr(gw_str_text(&r->trace), text))
        fail_msg("\"%s\" did not come; the trace is \"%s\"", text, gw_str_text(&r->trace));
}

static void on_guard(void *arg)
{
    struct real *r = arg;
    gw_loop_stop(r->loop);
}

static void on_exit_of_qemu(void *arg, int status)
{
    (void)status;
    trace(arg, "exit");
}

static void on_ready(void *arg, bool has_oob)
{
    trace(arg, has_oob ? "ready:oob" : "ready");
}

static void on_event(void *arg, const char *name, json_object *data, uint64_t stamp_us)
{
    (void)data;
    assert_true(stamp_us > 1000000);
    trace(arg, name);
}

static void on_closed(void *arg, const struct gw_error *err)
{
    (void)err;
    trace(arg, "closed");
}

/* QEMU makes its socket a while after its start. */
static void try_to_open(void *arg)
{
    struct real *r = arg;
    struct gw_qmp_handlers handlers = {
        .ready = on_ready, .event = on_event, .closed = on_closed, .arg = r};
    r->qmp = gw_qmp_open(r->loop, r->path, &handlers, NULL);
    if (!r->qmp)
        gw_timer_start(r->retry, RETRY_MS);
}

static int setup(void **state)
{
    struct real *r = calloc(1, sizeof *r);
    assert_non_null(r);
    (void)snprintf(r->dir, sizeof r->dir, "/tmp/gw-qemu-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    (void)snprintf(r->path, sizeof r->path, "%s/qmp", r->dir);
    r->loop = gw_loop_new(NULL);
    r->guard = gw_timer_new(r->loop, on_guard, r);
    r->retry = gw_timer_new(r->loop, try_to_open, r);
    gw_str_init(&r->trace, 65536);
    char *monitor = gw_strf("unix:%s,server=on,wait=off", r->path);
    const char *const argv[] = {"qemu-system-x86_64", "-M", "none", "-display", "none",
                                "-nodefaults",        "-S", "-qmp", monitor,    NULL};
    struct gw_error err = {0};
    r->child =
        gw_child_spawn(r->loop, &(struct gw_spawn){.argv = argv, .stdout_fd = -1, .stderr_fd = -1},
                       on_exit_of_qemu, r, &err);
    assert_string_equal(err.message, "");
    free(monitor);
    try_to_open(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct real *r = *state;
    gw_qmp_close(r->qmp);
    if (!strstr(gw_str_text(&r->trace), "exit")) {
        (void)gw_child_kill(r->child, SIGKILL, NULL);
        await(r, "exit");
    }
    gw_child_free(r->child);
    gw_timer_free(r->guard);
    gw_timer_free(r->retry);
    gw_loop_free(r->loop);
    gw_str_fini(&r->trace);
    json_object_put(r->result);
    (void)unlink(r->path);
    (void)rmdir(r->dir);
    free(r);
    return 0;
}

static void on_result(void *arg, json_object *result, const struct gw_error *err)
{
    struct real *r = arg;
    json_object_put(r->result);
    r->result = json_object_get(result);
    trace(r, gw_error_is_set(err) ? gw_code_name(err->code) : "ok");
}

static void qemu_greets_with_oob_and_answers(void **state)
{
    struct real *r = *state;
    await(r, "ready:oob");
    gw_qmp_execute(r->qmp, "query-status", NULL, 5000, on_result, r);
    await(r, "ok");
    assert_string_equal(json_object_get_string(json_object_object_get(r->result, "status")),
                        "prelaunch");
}

static void qemu_answers_its_schema_under_the_line_limit(void **state)
{
    struct real *r = *state;
    await(r, "ready");
    gw_qmp_execute(r->qmp, "query-qmp-schema", NULL, 20000, on_result, r);
    await(r, "ok");
    assert_true(json_object_array_length(r->result) > 500);
}

static void qemu_refuses_what_it_does_not_know(void **state)
{
    struct real *r = *state;
    await(r, "ready");
    gw_qmp_execute(r->qmp, "dance", NULL, 5000, on_result, r);
    await(r, "UNIMPLEMENTED");
}

static void qemu_takes_descriptors(void **state)
{
    struct real *r = *state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    await(r, "ready");
    gw_qmp_send_fd(r->qmp, pair[0], "one", 5000, on_result, r);
    gw_qmp_send_fd(r->qmp, pair[1], "two", 5000, on_result, r);
    await(r, "ok ok");
    close(pair[0]);
    close(pair[1]);
    gw_qmp_execute(r->qmp, "closefd", json_tokener_parse("{\"fdname\":\"one\"}"), 5000, on_result,
                   r);
    gw_qmp_execute(r->qmp, "closefd", json_tokener_parse("{\"fdname\":\"two\"}"), 5000, on_result,
                   r);
    await(r, "ok ok ok ok");
}

static void qemu_answers_out_of_band(void **state)
{
    struct real *r = *state;
    await(r, "ready:oob");
    gw_qmp_execute_oob(r->qmp, "yank", json_tokener_parse("{\"instances\":[]}"), 5000, on_result,
                       r);
    await(r, "ok");
}

static void quitting_is_an_event_and_then_a_hang_up(void **state)
{
    struct real *r = *state;
    await(r, "ready");
    gw_qmp_execute(r->qmp, "quit", NULL, 5000, on_result, r);
    await(r, "closed");
    assert_non_null(strstr(gw_str_text(&r->trace), "SHUTDOWN "));
}

static void a_killed_qemu_hangs_up(void **state)
{
    struct real *r = *state;
    await(r, "ready");
    assert_int_equal(gw_child_kill(r->child, SIGKILL, NULL), 0);
    await(r, "closed");
}

#define QEMU_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        QEMU_TEST(qemu_greets_with_oob_and_answers),
        QEMU_TEST(qemu_answers_its_schema_under_the_line_limit),
        QEMU_TEST(qemu_refuses_what_it_does_not_know),
        QEMU_TEST(qemu_takes_descriptors),
        QEMU_TEST(qemu_answers_out_of_band),
        QEMU_TEST(quitting_is_an_event_and_then_a_hang_up),
        QEMU_TEST(a_killed_qemu_hangs_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
