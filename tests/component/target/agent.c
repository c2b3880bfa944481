#include "tests/component/target/bench.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "godwit/v1/scheduler.pb-c.h"
#include "godwit/v1/source.pb-c.h"
#include "host/guest_dir.h"
#include "host/process.h"
#include "target.h"

struct fake_services {
    Godwit__V1__SchedulerService_Service scheduler;
    Godwit__V1__SourceService_Service source;
    struct agent *agent;
    struct gw_log log;
};

static void must(int result, const struct gw_error *err)
{
    if (result == 0)
        return;
    (void)fprintf(stderr, "bench: %s\n", err->message);
    abort();
}

static struct agent *agent_of(const void *service, size_t offset)
{
    union {
        const void *from;
        char *to;
    } same = {.from = service};
    return ((struct fake_services *)(void *)(same.to - offset))->agent;
}

static void on_heartbeat(Godwit__V1__SchedulerService_Service *service,
                         const Godwit__V1__HeartbeatRequest *input,
                         Godwit__V1__HeartbeatReply_Closure closure,
                         void *closure_data)
{
    Godwit__V1__HeartbeatReply reply = GODWIT__V1__HEARTBEAT_REPLY__INIT;
    struct agent *agent = agent_of(service, offsetof(struct fake_services, scheduler));
    Godwit__V1__GuestOrder order = GODWIT__V1__GUEST_ORDER__INIT;
    Godwit__V1__GuestOrder *orders[] = {&order};
    char uuid[] = BENCH_UUID;
    reply.interval_ms = 200;
    agent->n_beats++;
    agent->n_told = (unsigned)input->n_guests;
    if (input->n_guests)
        agent->told_attempt = input->guests[0]->attempt;
    order.guest_uuid = uuid;
    order.kill = true;
    reply.orders = orders;
    reply.n_orders = agent->is_killing;
    closure(&reply, closure_data);
}

static void on_adopt(Godwit__V1__SourceService_Service *service,
                     const Godwit__V1__AdoptRequest *input,
                     Godwit__V1__AdoptReply_Closure closure,
                     void *closure_data)
{
    Godwit__V1__AdoptReply reply = GODWIT__V1__ADOPT_REPLY__INIT;
    struct gw_error err = {0};
    struct agent *agent = agent_of(service, offsetof(struct fake_services, source));
    if (agent->is_source_deaf) {
        (void)gw_error_set(&err, GW_UNAVAILABLE, "not now");
        gw_rpc_fail(closure_data, &err);
        return;
    }
    agent->n_adopted++;
    agent->adopted_epoch = input->epoch;
    closure(&reply, closure_data);
}

static void serve_others(struct agent *agent)
{
    struct gw_error err = {0};
    struct fake_services *f = agent->fakes;
    godwit__v1__scheduler_service__init(&f->scheduler, NULL);
    godwit__v1__source_service__init(&f->source, NULL);
    f->scheduler.heartbeat = on_heartbeat;
    f->source.adopt = on_adopt;
    agent->others = gw_rpc_server_new(agent->bench->loop, NULL, &f->log, &err);
    must(agent->others ? 0 : -1, &err);
    must(gw_rpc_server_add(agent->others, &f->scheduler.base, &err), &err);
    must(gw_rpc_server_add(agent->others, &f->source.base, &err), &err);
    char *source = gw_strf("ipc://%s/source.sock", agent->host->settings.host_dir);
    must(gw_rpc_server_listen(agent->others, agent->host->settings.scheduler, NULL, &err), &err);
    must(gw_rpc_server_listen(agent->others, source, NULL, &err), &err);
    free(source);
}

void agent_start(struct agent *agent)
{
    struct gw_error err = {0};
    void *state = NULL;
    char *status = NULL;
    struct gw_daemon daemon = {.loop = agent->bench->loop, .settings = &agent->host->settings};
    daemon.log = agent->fakes->log;
    must(tgt_target_start(&daemon, &state, &status, &err), &err);
    free(status);
    agent->daemon = state;
    agent->channel =
        gw_rpc_channel_new(agent->bench->loop, gw_rpc_server_url(agent->daemon->server, 0), NULL,
                           NULL, &agent->fakes->log, &err);
    must(agent->channel ? 0 : -1, &err);
    bench_wait_count(agent->bench, &agent->n_beats, agent->n_beats + 1);
}

void agent_stop(struct agent *agent)
{
    gw_rpc_channel_free(agent->channel);
    tgt_target_stop(agent->daemon);
    agent->channel = NULL;
    agent->daemon = NULL;
}

struct agent *agent_new(struct bench *bench)
{
    struct agent *agent = calloc(1, sizeof *agent);
    if (!agent || !(agent->fakes = calloc(1, sizeof *agent->fakes)))
        abort();
    agent->bench = bench;
    agent->host = host_fixture_new();
    agent->fakes->agent = agent;
    agent->fakes->log = gw_log_none();
    if (getenv("GW_TEST_LOG"))
        gw_log_init(&agent->fakes->log, 2, GW_LOG_DEBUG, gw_clock_system());
    serve_others(agent);
    agent_start(agent);
    return agent;
}

struct gw_record record_of(const struct agent *agent)
{
    struct gw_record record = {0};
    char *path = gw_guest_dir_path(&agent->host->host, BENCH_UUID, GW_GUEST_TARGET_RECORD);
    struct gw_error err = {0};
    must(gw_record_read(path, &record, &err), &err);
    free(path);
    return record;
}

bool qemu_lives(const struct agent *agent)
{
    struct gw_record record = record_of(agent);
    return gw_record_qemu_is_alive(&record, agent->host->host.boot_id);
}

bool has_file(const struct agent *agent, const char *name)
{
    struct stat st;
    char *path = host_fixture_path(agent->host, name);
    bool is_there = lstat(path, &st) == 0;
    free(path);
    return is_there;
}

unsigned count_pool_files(const struct agent *agent)
{
    unsigned n = 0;
    char *path = host_fixture_path(agent->host, "pool");
    DIR *dir = opendir(path);
    free(path);
    if (!dir)
        abort();
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    if (agent->daemon)
        agent_stop(agent);
    struct gw_record record = record_of(agent);
    if (gw_record_qemu_is_alive(&record, agent->host->host.boot_id))
        (void)kill(record.qemu_pid, SIGKILL);
    gw_rpc_server_free(agent->others);
    host_fixture_free(agent->host);
    free(agent->fakes);
    free(agent);
}
