#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "session_fixture.h"

enum { GUARD_MS = 20000, TRACE_MAX = 1024 * 1024 };

static void on_guard(void *arg)
{
    struct fixture *f = arg;
    gw_loop_stop(f->loop);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/gw-qmp-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof f->path, "%s/qmp", f->dir);
    f->loop = gw_loop_new(NULL);
    assert_non_null(f->loop);
    f->guard = gw_timer_new(f->loop, on_guard, f);
    assert_non_null(f->guard);
    gw_str_init(&f->trace, TRACE_MAX);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    gw_qmp_close(f->qmp);
    fake_qmp_free(f->fake);
    gw_timer_free(f->guard);
    gw_loop_free(f->loop);
    gw_str_fini(&f->trace);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

void fixture_trace(struct fixture *f, const char *word)
{
    size_t before = f->trace.len;
    gw_str_appendf(&f->trace, "%s ", word);
    if (f->close_at && strcmp(word, f->close_at) == 0) {
        gw_qmp_close(f->qmp);
        f->qmp = NULL;
    }
    if (!f->awaited)
        return;
    /* Only what is new and may hold it: a flood's trace, read anew at each event, takes minutes. */
    size_t overlap = strlen(f->awaited);
    size_t from = before > overlap ? before - overlap : 0;
    if (strstr(gw_str_text(&f->trace) + from, f->awaited))
        gw_loop_stop(f->loop);
}

static void on_ready(void *arg, bool has_oob)
{
    fixture_trace(arg, has_oob ? "ready:oob" : "ready");
}

static void on_event(void *arg, const char *name, json_object *data, uint64_t stamp_us)
{
    struct fixture *f = arg;
    char word[128];
    (void)snprintf(word, sizeof word, "event:%s%s", name,
                   data ? json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN) : "");
    f->last_stamp_us = stamp_us;
    fixture_trace(f, word);
}

static void on_closed(void *arg, const struct gw_error *err)
{
    struct fixture *f = arg;
    char word[64];
    f->closed_err = *err;
    (void)snprintf(word, sizeof word, "closed:%s", gw_code_name(err->code));
    fixture_trace(f, word);
}

void fixture_open(struct fixture *f, const struct fake_qmp_options *options)
{
    struct gw_qmp_handlers handlers = {
        .ready = on_ready, .event = on_event, .closed = on_closed, .arg = f};
    struct gw_error err = {0};
    f->fake = fake_qmp_new(f->loop, f->path, options ? options : &(struct fake_qmp_options){0});
    f->qmp = gw_qmp_open(f->loop, f->path, &handlers, &err);
    assert_string_equal(err.message, "");
    assert_non_null(f->qmp);
}

void fixture_await(struct fixture *f, const char *text)
{
    if (strstr(gw_str_text(&f->trace), text))
        return;
    f->awaited = text;
    gw_timer_start(f->guard, GUARD_MS);
    assert_int_equal(gw_loop_run(f->loop, NULL), 0);
    gw_timer_stop(f->guard);
    f->awaited = NULL;
    if (!strstr(gw_str_text(&f->trace), text))
        fail_msg("\"%s\" did not come; the trace is \"%s\"", text, gw_str_text(&f->trace));
}

static void on_turn(void *arg)
{
    struct fixture *f = arg;
    gw_loop_stop(f->loop);
}

void fixture_turn(struct fixture *f)
{
    struct gw_timer *timer = gw_timer_new(f->loop, on_turn, f);
    assert_non_null(timer);
    gw_timer_start(timer, 1);
    assert_int_equal(gw_loop_run(f->loop, NULL), 0);
    gw_timer_free(timer);
}

void fixture_await_heard(struct fixture *f, const char *text)
{
    for (int i = 0; !strstr(fake_qmp_heard(f->fake), text); i++) {
        if (i == GUARD_MS)
            fail_msg("the monitor heard only \"%s\"", fake_qmp_heard(f->fake));
        fixture_turn(f);
    }
}

static void on_result(void *arg, json_object *result, const struct gw_error *err)
{
    struct fixture_call *call = arg;
    char word[64];
    bool is_error = gw_error_is_set(err);
    assert_true(is_error == !result);
    if (is_error)
        call->err = *err;
    (void)snprintf(word, sizeof word, "%s:%s", call->tag,
                   is_error ? gw_code_name(err->code) : "ok");
    fixture_trace(call->f, word);
}

static struct fixture_call *new_call(struct fixture *f, const char *tag)
{
    struct fixture_call *call = &f->calls[f->n_calls++];
    assert_true(f->n_calls <= sizeof f->calls / sizeof f->calls[0]);
    *call = (struct fixture_call){.f = f, .tag = tag};
    return call;
}

struct fixture_call *
fixture_execute(struct fixture *f, const char *tag, const char *command, uint32_t deadline_ms)
{
    struct fixture_call *call = new_call(f, tag);
    gw_qmp_execute(f->qmp, command, NULL, deadline_ms, on_result, call);
    return call;
}

struct fixture_call *fixture_execute_oob(struct fixture *f, const char *tag, const char *command)
{
    struct fixture_call *call = new_call(f, tag);
    gw_qmp_execute_oob(f->qmp, command, NULL, 0, on_result, call);
    return call;
}

struct fixture_call *fixture_send_fd(struct fixture *f, const char *tag, int fd)
{
    struct fixture_call *call = new_call(f, tag);
    gw_qmp_send_fd(f->qmp, fd, tag, 0, on_result, call);
    return call;
}
