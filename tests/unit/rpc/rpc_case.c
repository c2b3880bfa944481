#include "rpc_case.h"

#include <stdio.h>
#include <unistd.h>

const struct gw_rpc_options rpc_plain = {.deadline_ms = 10000};
const struct gw_rpc_options rpc_idempotent = {.deadline_ms = 10000, .is_idempotent = true};
const struct gw_rpc_options rpc_stream = {.is_stream = true};

static struct rpc_case *case_of(Godwit__Test__Echo_Service *service)
{
    return (struct rpc_case *)service;
}

static void say(Godwit__Test__Echo_Service *service,
                const Godwit__Test__Text *input,
                Godwit__Test__Text_Closure closure,
                void *closure_data)
{
    struct rpc_case *c = case_of(service);
    c->n_said++;
    (void)snprintf(c->request_id, sizeof c->request_id, "%s", gw_rpc_request_id(closure_data));
    c->time_left_ms = gw_rpc_time_left_ms(closure_data);
    closure(input, closure_data);
}

static void on_held_cancelled(void *arg)
{
    struct held *held = arg;
    held->n_cancelled++;
    gw_loop_stop(held->c->loop);
}

static struct held *keep(struct rpc_case *c, ProtobufCClosure closure, void *request)
{
    assert_true(c->n_held < RPC_HELD_MAX);
    struct held *held = &c->held[c->n_held++];
    *held = (struct held){.c = c, .closure = closure, .request = request};
    gw_rpc_on_cancel(request, on_held_cancelled, held);
    return held;
}

static void hold(Godwit__Test__Echo_Service *service,
                 const Godwit__Test__Text *input,
                 Godwit__Test__Text_Closure closure,
                 void *closure_data)
{
    (void)input;
    (void)keep(case_of(service), (ProtobufCClosure)closure, closure_data);
    gw_loop_stop(case_of(service)->loop);
}

static void refuse(Godwit__Test__Echo_Service *service,
                   const Godwit__Test__Text *input,
                   Godwit__Test__Text_Closure closure,
                   void *closure_data)
{
    (void)service;
    (void)closure;
    struct gw_error err;
    gw_error_set(&err, (enum gw_code)input->n, "%s", input->text);
    gw_error_reason(&err, "TOLD_SO");
    gw_error_field(&err, "spec.n");
    gw_rpc_fail(closure_data, &err);
}

static void go_on_counting(void *arg)
{
    struct held *held = arg;
    while (held->n_left > 0 &&
           (gw_rpc_stream_credit(held->request) > 0 || held->c->ignores_credit)) {
        Godwit__Test__Text item = GODWIT__TEST__TEXT__INIT;
        item.n = ++held->n_sent;
        held->n_left--;
        held->closure(&item.base, held->request);
    }
    if (held->n_left == 0) {
        void *request = held->request;
        held->request = NULL;
        gw_rpc_stream_end(request);
    }
}

static void on_count_cancelled(void *arg)
{
    struct held *held = arg;
    held->n_cancelled++;
    void *request = held->request;
    held->request = NULL;
    gw_rpc_stream_end(request);
}

static void count(Godwit__Test__Echo_Service *service,
                  const Godwit__Test__Text *input,
                  Godwit__Test__Text_Closure closure,
                  void *closure_data)
{
    struct held *held = keep(case_of(service), (ProtobufCClosure)closure, closure_data);
    held->n_left = input->n;
    gw_rpc_on_cancel(closure_data, on_count_cancelled, held);
    gw_rpc_stream_open(closure_data, go_on_counting, held);
    go_on_counting(held);
}

static void stop_loop(void *arg)
{
    struct rpc_case *c = arg;
    gw_loop_stop(c->loop);
}

struct rpc_case *rpc_case_new(void)
{
    struct rpc_case *c = calloc(1, sizeof *c);
    assert_non_null(c);
    godwit__test__echo__init(&c->echo, NULL);
    c->echo.say = say;
    c->echo.hold = hold;
    c->echo.refuse = refuse;
    c->echo.count = count;
    c->loop = gw_loop_new(NULL);
    assert_non_null(c->loop);
    c->ticker = gw_timer_new(c->loop, stop_loop, c);
    (void)snprintf(c->dir, sizeof c->dir, "/tmp/godwit-rpc-XXXXXX");
    assert_non_null(mkdtemp(c->dir));
    (void)snprintf(c->url, sizeof c->url, "ipc://%s/echo.sock", c->dir);
    return c;
}

void rpc_case_serve(struct rpc_case *c, const char *url)
{
    struct gw_error err = {0};
    c->server = gw_rpc_server_new(c->loop, &c->server_limits, NULL, &err);
    if (!c->server || gw_rpc_server_add(c->server, &c->echo.base, &err) < 0 ||
        gw_rpc_server_listen(c->server, url, NULL, &err) < 0)
        fail_msg("%s", err.message);
}

void rpc_case_connect(struct rpc_case *c, const char *url)
{
    struct gw_error err = {0};
    c->channel = gw_rpc_channel_new(c->loop, url, NULL, &c->channel_limits, NULL, &err);
    if (!c->channel)
        fail_msg("%s", err.message);
}

void rpc_case_start(struct rpc_case *c)
{
    rpc_case_serve(c, c->url);
    rpc_case_connect(c, c->url);
}

void rpc_case_stop_server(struct rpc_case *c)
{
    gw_rpc_server_free(c->server);
    c->server = NULL;
}

void rpc_case_free(struct rpc_case *c)
{
    gw_rpc_channel_free(c->channel);
    gw_rpc_server_free(c->server);
    gw_timer_free(c->ticker);
    gw_loop_free(c->loop);
    char path[RPC_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/echo.sock", c->dir);
    (void)unlink(path);
    assert_int_equal(rmdir(c->dir), 0);
    free(c);
}

void rpc_case_step(struct rpc_case *c)
{
    gw_timer_start(c->ticker, 5);
    struct gw_error err = {0};
    if (gw_loop_run(c->loop, &err) < 0)
        fail_msg("%s", err.message);
    gw_timer_stop(c->ticker);
}

static void on_outcome(const Godwit__Test__Text *message, void *arg)
{
    struct outcome *out = arg;
    out->n_runs++;
    gw_loop_stop(out->c->loop);
    if (message) {
        out->n_items++;
        out->last_n = message->n;
        out->text_len = strlen(message->text);
        (void)snprintf(out->text, sizeof out->text, "%s", message->text);
        if (out->on_item)
            out->on_item(out);
        return;
    }
    out->is_done = true;
    out->err = *gw_rpc_call_error(out->call);
    if (out->on_done)
        out->on_done(out);
}

void rpc_call_message(struct rpc_case *c,
                      stub_fn method,
                      const Godwit__Test__Text *input,
                      const struct gw_rpc_options *options,
                      struct outcome *out)
{
    out->c = c;
    out->call = gw_rpc_call_new(c->channel, &godwit__test__echo__descriptor, options);
    assert_non_null(out->call);
    method(gw_rpc_call_stub(out->call), input, on_outcome, out);
    assert_int_equal(out->n_runs, 0);
}

void rpc_call(struct rpc_case *c,
              stub_fn method,
              const char *text,
              uint32_t n,
              const struct gw_rpc_options *options,
              struct outcome *out)
{
    Godwit__Test__Text input = GODWIT__TEST__TEXT__INIT;
    char *copy = strdup(text);
    input.text = copy;
    input.n = n;
    rpc_call_message(c, method, &input, options, out);
    free(copy);
}

struct outcome rpc_say(struct rpc_case *c, const char *text)
{
    struct outcome out = {0};
    rpc_call(c, godwit__test__echo__say, text, 0, &rpc_idempotent, &out);
    RUN_UNTIL(c, out.n_runs > 0);
    return out;
}

void rpc_release_held(struct held *held, const char *text)
{
    Godwit__Test__Text reply = GODWIT__TEST__TEXT__INIT;
    char *copy = strdup(text);
    reply.text = copy;
    held->closure(&reply.base, held->request);
    held->request = NULL;
    free(copy);
}
