#include "tests/component/target/bench.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/guest_spec.h"

static void on_deadline(void *arg)
{
    struct bench *bench = arg;
    bench->is_late = true;
    gw_loop_stop(bench->loop);
}

struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct gw_error err = {0};
    if (!bench || !(bench->loop = gw_loop_new(&err)) ||
        !(bench->deadline = gw_timer_new(bench->loop, on_deadline, bench)))
        abort();
    return bench;
}

struct agent *bench_add_agent(struct bench *bench)
{
    struct agent **slot = bench->agents[0] ? &bench->agents[1] : &bench->agents[0];
    *slot = agent_new(bench);
    return *slot;
}

void bench_free(struct bench *bench)
{
    agent_free(bench->agents[0]);
    agent_free(bench->agents[1]);
    gw_timer_free(bench->deadline);
    gw_loop_free(bench->loop);
    free(bench);
}

struct condition {
    struct bench *bench;
    bool (*is_true)(void *arg);
    void *arg;
    struct gw_timer *timer;
};

enum { LOOK_MS = 5 };

static void look(void *arg)
{
    struct condition *c = arg;
    if (c->is_true(c->arg))
        gw_loop_stop(c->bench->loop);
    else
        gw_timer_start(c->timer, LOOK_MS);
}

void bench_wait_until(struct bench *bench, bool (*is_true)(void *arg), void *arg)
{
    struct condition c = {.bench = bench, .is_true = is_true, .arg = arg};
    c.timer = gw_timer_new(bench->loop, look, &c);
    bench->is_late = false;
    gw_timer_start(bench->deadline, BENCH_WAIT_MS);
    gw_timer_start(c.timer, 0);
    struct gw_error err = {0};
    while (!bench->is_late && !is_true(arg)) /* some other answer may stop the loop, too */
        assert_int_equal(gw_loop_run(bench->loop, &err), 0);
    gw_timer_free(c.timer);
    gw_timer_stop(bench->deadline);
    if (bench->is_late)
        fail_msg("nothing happened within %d ms", BENCH_WAIT_MS);
}

static bool is_set(void *arg)
{
    return *(const bool *)arg;
}

void bench_wait(struct bench *bench, const bool *flag)
{
    union {
        const bool *from;
        void *to;
    } same = {.from = flag};
    bench_wait_until(bench, is_set, same.to);
}

struct counter {
    const unsigned *count;
    unsigned n;
};

static bool has_counted(void *arg)
{
    const struct counter *c = arg;
    return *c->count >= c->n;
}

void bench_wait_count(struct bench *bench, const unsigned *count, unsigned n)
{
    struct counter c = {.count = count, .n = n};
    bench_wait_until(bench, has_counted, &c);
}

/* ---- calls ---- */

struct call {
    struct bench *bench;
    struct gw_rpc_call *call;
    bool is_over;
    bool is_ok;
    uint64_t number;
    bool flag;
    struct endpoints endpoints;
};

static void call_open(struct call *call, struct agent *agent)
{
    const struct gw_rpc_options options = {.deadline_ms = BENCH_WAIT_MS};
    *call = (struct call){.bench = agent->bench};
    call->call = gw_rpc_call_new(agent->channel, &godwit__v1__target_service__descriptor, &options);
    assert_non_null(call->call);
}

static bool over(struct call *call, bool is_ok)
{
    call->is_over = true;
    call->is_ok = is_ok;
    call->bench->err = is_ok ? (struct gw_error){0} : *gw_rpc_call_error(call->call);
    gw_loop_stop(call->bench->loop);
    return is_ok;
}

static bool finish(struct call *call)
{
    bench_wait(call->bench, &call->is_over);
    return call->is_ok;
}

static void on_create(const Godwit__V1__CreateReply *reply, void *arg)
{
    (void)over(arg, reply != NULL);
}

bool call_create(struct agent *agent, const struct gw_guest_spec *spec, uint64_t epoch)
{
    struct call call;
    Godwit__V1__CreateRequest request = GODWIT__V1__CREATE_REQUEST__INIT;
    call_open(&call, agent);
    request.spec = gw_wire_guest_spec_encode(spec, NULL);
    request.epoch = epoch;
    godwit__v1__target_service__create(gw_rpc_call_stub(call.call), &request, on_create, &call);
    godwit__v1__guest_spec__free_unpacked(request.spec, NULL);
    return finish(&call);
}

static void on_start(const Godwit__V1__StartReply *reply, void *arg)
{
    struct call *call = arg;
    if (over(call, reply != NULL))
        call->number = reply->qemu_pid;
}

uint64_t call_start(struct agent *agent, const struct gw_guest_spec *spec, uint64_t epoch)
{
    struct call call;
    Godwit__V1__StartRequest request = GODWIT__V1__START_REQUEST__INIT;
    call_open(&call, agent);
    request.spec = gw_wire_guest_spec_encode(spec, NULL);
    request.epoch = epoch;
    godwit__v1__target_service__start(gw_rpc_call_stub(call.call), &request, on_start, &call);
    godwit__v1__guest_spec__free_unpacked(request.spec, NULL);
    return finish(&call) ? call.number : 0;
}

static Godwit__V1__Attempt message_of(const struct attempt *attempt)
{
    static char uuid[] = BENCH_UUID;
    static char id[GW_NAME_MAX + 1];
    Godwit__V1__Attempt message = GODWIT__V1__ATTEMPT__INIT;
    (void)gw_str_copy(id, sizeof id, attempt->migration_id);
    message.guest_uuid = uuid;
    message.migration_id = id;
    message.attempt = attempt->attempt;
    message.epoch = attempt->epoch;
    return message;
}

static void on_prepare(const Godwit__V1__PrepareReply *reply, void *arg)
{
    struct call *call = arg;
    if (!over(call, reply != NULL))
        return;
    call->endpoints.memory_port = reply->endpoints->memory_port;
    call->endpoints.n_disks = (unsigned)reply->endpoints->n_disks;
    if (reply->endpoints->n_disks)
        call->endpoints.disk_port = reply->endpoints->disks[0]->port;
}

static void send_prepare(struct call *call,
                         struct agent *agent,
                         const struct gw_guest_spec *spec,
                         const struct attempt *attempt,
                         const struct prepare_options *options)
{
    static char root[] = "root";
    static char here[] = "127.0.0.1";
    char *copied[] = {root};
    Godwit__V1__PrepareRequest request = GODWIT__V1__PREPARE_REQUEST__INIT;
    Godwit__V1__Attempt message = message_of(attempt);
    char *address = options->source_address ? strdup(options->source_address) : NULL;
    uint64_t size = options->disk_size;
    call_open(call, agent);
    request.attempt = &message;
    request.spec = gw_wire_guest_spec_encode(spec, NULL);
    request.mode = options->is_cold ? GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_COLD
                                    : GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_LIVE;
    request.n_copied_disks = options->is_shared ? 0 : 1;
    request.copied_disks = copied;
    request.n_disk_sizes = size ? 1 : 0;
    request.disk_sizes = &size;
    request.source_migration_address = address ? address : here;
    godwit__v1__target_service__prepare(gw_rpc_call_stub(call->call), &request, on_prepare, call);
    godwit__v1__guest_spec__free_unpacked(request.spec, NULL);
    free(address);
}

bool call_prepare(struct agent *agent,
                  const struct gw_guest_spec *spec,
                  const struct attempt *attempt,
                  const struct prepare_options *options,
                  struct endpoints *out)
{
    struct call call;
    send_prepare(&call, agent, spec, attempt, options);
    bool is_ok = finish(&call);
    if (is_ok && out)
        *out = call.endpoints;
    return is_ok;
}

void call_prepare_only(struct agent *agent,
                       const struct gw_guest_spec *spec,
                       const struct attempt *attempt)
{
    static struct call call;
    const struct prepare_options plain = {0};
    send_prepare(&call, agent, spec, attempt, &plain);
}

static void on_activate(const Godwit__V1__ActivateReply *reply, void *arg)
{
    (void)over(arg, reply != NULL);
}

bool call_activate(struct agent *agent, const struct attempt *attempt, bool run)
{
    struct call call;
    Godwit__V1__ActivateRequest request = GODWIT__V1__ACTIVATE_REQUEST__INIT;
    Godwit__V1__Attempt message = message_of(attempt);
    call_open(&call, agent);
    request.attempt = &message;
    request.run = run;
    godwit__v1__target_service__activate(gw_rpc_call_stub(call.call), &request, on_activate, &call);
    return finish(&call);
}

static void on_refuse(const Godwit__V1__RefuseReply *reply, void *arg)
{
    (void)over(arg, reply != NULL);
}

bool call_refuse(struct agent *agent, const struct attempt *attempt)
{
    struct call call;
    Godwit__V1__RefuseRequest request = GODWIT__V1__REFUSE_REQUEST__INIT;
    Godwit__V1__Attempt message = message_of(attempt);
    call_open(&call, agent);
    request.attempt = &message;
    godwit__v1__target_service__refuse(gw_rpc_call_stub(call.call), &request, on_refuse, &call);
    return finish(&call);
}

static void on_read_probe(const Godwit__V1__ReadProbeReply *reply, void *arg)
{
    struct call *call = arg;
    if (over(call, reply != NULL))
        call->flag = reply->found;
}

bool call_read_probe(struct agent *agent, const char *pool, const char *token, bool *out_found)
{
    struct call call;
    Godwit__V1__ReadProbeRequest request = GODWIT__V1__READ_PROBE_REQUEST__INIT;
    char *pool_text = strdup(pool);
    char *token_text = strdup(token);
    call_open(&call, agent);
    request.pool = pool_text;
    request.token = token_text;
    godwit__v1__target_service__read_probe(gw_rpc_call_stub(call.call), &request, on_read_probe,
                                           &call);
    bool is_ok = finish(&call);
    free(pool_text);
    free(token_text);
    *out_found = call.flag;
    return is_ok;
}
