#include "cluster.h"

#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "support/tmp_folder.h"

enum { POLL_MS = 1 };

/* ---- running the loop ---- */

struct waiting {
    struct cluster *cluster;
    bool (*is_true)(struct cluster *c);
    struct gw_timer *timer;
    unsigned n_left;
};

static void look(void *arg)
{
    struct waiting *w = arg;
    if (w->is_true(w->cluster) || --w->n_left == 0)
        gw_loop_stop(w->cluster->loop);
    else
        gw_timer_start(w->timer, POLL_MS);
}

void cluster_wait(struct cluster *c, bool (*is_true)(struct cluster *c), const char *what)
{
    struct waiting w = {.cluster = c, .is_true = is_true, .n_left = WAIT_MAX_MS / POLL_MS};
    if (is_true(c))
        return;
    w.timer = gw_timer_new(c->loop, look, &w);
    gw_timer_start(w.timer, POLL_MS);
    assert_int_equal(gw_loop_run(c->loop, NULL), 0);
    gw_timer_free(w.timer);
    if (w.n_left == 0)
        fail_msg("waited in vain for %s; trace: %s", what, c->trace);
}

static bool has_trace(struct cluster *c)
{
    return strstr(c->trace, c->wanted_trace) != NULL;
}

void cluster_wait_trace(struct cluster *c, const char *text)
{
    c->wanted_trace = text;
    cluster_wait(c, has_trace, text);
}

static bool has_phase(struct cluster *c)
{
    struct sch_list *list = &c->scheduler->migrations;
    for (size_t i = 0; i < list->n_items; i++) {
        const struct sch_migration *m = list->items[i];
        if (strcmp(m->row.id, c->migration_id) == 0)
            return (int)gw_migration_phase(m->row.core.state) == (int)c->wanted_phase;
    }
    return false;
}

void cluster_wait_phase(struct cluster *c, Godwit__V1__MigrationPhase phase)
{
    c->wanted_phase = phase;
    cluster_wait(c, has_phase, gw_phase_name((enum gw_phase)phase));
}

void trace_clear(struct cluster *c)
{
    c->trace[0] = '\0';
}

void assert_trace(const struct cluster *c, const char *wanted)
{
    assert_string_equal(c->trace, wanted);
}

/* ---- set-up ---- */

static void start_scheduler(struct cluster *c)
{
    struct gw_error err = {0};
    struct sch_options options = {.store_path = c->store_path,
                                  .heartbeat_interval_ms = 10,
                                  .host_silent_after_ms = 60000,
                                  .clock = gw_clock_system(),
                                  .random = gw_random_system()};
    c->scheduler = sch_scheduler_new(c->loop, &c->log, &options, &err);
    if (!c->scheduler || sch_scheduler_listen(c->scheduler, c->url, &err) < 0)
        fail_msg("%s", err.message);
    c->client = gw_rpc_channel_new(c->loop, c->url, NULL, NULL, &c->log, &err);
    assert_non_null(c->client);
}

static void stop_scheduler(struct cluster *c)
{
    gw_rpc_channel_free(c->client);
    sch_scheduler_free(c->scheduler);
    c->client = NULL;
    c->scheduler = NULL;
}

void cluster_restart(struct cluster *c)
{
    stop_scheduler(c);
    start_scheduler(c);
}

int cluster_set_up(void **state)
{
    struct cluster *c = calloc(1, sizeof *c);
    *state = c;
    c->loop = gw_loop_new(NULL);
    c->log = gw_log_none();
    if (getenv("GW_TEST_LOG"))
        gw_log_init(&c->log, 2, GW_LOG_DEBUG, gw_clock_system());
    c->folder = tmp_folder_make();
    c->store_path = gw_strf("%s/scheduler.db", c->folder);
    c->url = gw_strf("ipc://%s/scheduler.sock", c->folder);
    start_scheduler(c);
    for (unsigned i = 0; i < N_HOSTS; i++) {
        fake_host_start(c, i);
        fake_beat(&c->hosts[i]);
    }
    return 0;
}

int cluster_tear_down(void **state)
{
    struct cluster *c = *state;
    stop_scheduler(c);
    for (unsigned i = 0; i < N_HOSTS; i++)
        fake_host_free(&c->hosts[i]);
    gw_loop_free(c->loop);
    tmp_folder_remove(c->folder);
    free(c->watch);
    free(c->store_path);
    free(c->url);
    free(c);
    return 0;
}

/* ---- calls ---- */

struct client_call {
    struct cluster *cluster;
    struct gw_rpc_call *rpc;
    ProtobufCMessage *reply;
};

static bool is_answered(struct cluster *c)
{
    return c->is_answered;
}

static ProtobufCMessage *copy_of(const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(len + 1);
    protobuf_c_message_pack(message, bytes);
    ProtobufCMessage *copy = protobuf_c_message_unpack(message->descriptor, NULL, len, bytes);
    free(bytes);
    return copy;
}

static void on_reply(const ProtobufCMessage *reply, void *arg)
{
    struct client_call *call = arg;
    if (reply)
        call->reply = copy_of(reply);
    else
        call->cluster->err = *gw_rpc_call_error(call->rpc);
    call->cluster->is_answered = true;
}

/* Call @method of SchedulerService as its stub does, and wait for the answer. */
static void *call_and_wait(struct cluster *c, const char *method, const ProtobufCMessage *request)
{
    const ProtobufCServiceDescriptor *service = &godwit__v1__scheduler_service__descriptor;
    const ProtobufCMethodDescriptor *found =
        protobuf_c_service_descriptor_get_method_by_name(service, method);
    assert_non_null(found);
    struct gw_rpc_options options = {.deadline_ms = WAIT_MAX_MS};
    struct client_call call = {.cluster = c};
    call.rpc = gw_rpc_call_new(c->client, service, &options);
    ProtobufCService *stub = gw_rpc_call_stub(call.rpc);
    c->is_answered = false;
    gw_error_clear(&c->err);
    stub->invoke(stub, (unsigned)(found - service->methods), request, on_reply, &call);
    cluster_wait(c, is_answered, method);
    return call.reply;
}

static void on_dropped(const ProtobufCMessage *reply, void *arg)
{
    (void)reply;
    (void)arg;
}

void client_send(struct cluster *c, const char *method, const ProtobufCMessage *request)
{
    const ProtobufCServiceDescriptor *service = &godwit__v1__scheduler_service__descriptor;
    const ProtobufCMethodDescriptor *found =
        protobuf_c_service_descriptor_get_method_by_name(service, method);
    struct gw_rpc_options options = {.deadline_ms = WAIT_MAX_MS};
    ProtobufCService *stub = gw_rpc_call_stub(gw_rpc_call_new(c->client, service, &options));
    stub->invoke(stub, (unsigned)(found - service->methods), request, on_dropped, NULL);
}

static void free_reply(void *reply)
{
    if (reply)
        protobuf_c_message_free_unpacked(reply, NULL);
}

/* ---- the agents' calls ---- */

static char *text(const char *fixed)
{
    return (char *)(uintptr_t)fixed;
}

static Godwit__V1__HeartbeatReply *send_beat(struct fake_host *host,
                                             Godwit__V1__AgentRole role,
                                             const char *ids[3],
                                             Godwit__V1__GuestReport *report)
{
    struct cluster *c = host->cluster;
    Godwit__V1__Pool data = GODWIT__V1__POOL__INIT, nfs = GODWIT__V1__POOL__INIT;
    Godwit__V1__Pool *pools[] = {&data, &nfs};
    char *machines[] = {text("pc-q35-7.2")};
    char *bridges[] = {text("br0")};
    Godwit__V1__HostFacts facts = GODWIT__V1__HOST_FACTS__INIT;
    Godwit__V1__HeartbeatRequest beat = GODWIT__V1__HEARTBEAT_REQUEST__INIT;
    GW_AUTO_FREE char *address = gw_strf("10.0.0.%c", host->name[1]);
    data.id = text("data");
    data.kind = host->data_is_shared ? GODWIT__V1__POOL_KIND__POOL_KIND_SHARED
                                     : GODWIT__V1__POOL_KIND__POOL_KIND_LOCAL;
    nfs.id = text("nfs");
    nfs.kind = GODWIT__V1__POOL_KIND__POOL_KIND_SHARED;
    data.free_bytes = nfs.free_bytes = UINT64_C(100) << 30;
    facts.pools = pools;
    facts.n_pools = 2;
    facts.machine_types = machines;
    facts.n_machine_types = 1;
    facts.bridges = bridges;
    facts.n_bridges = 1;
    facts.accelerator = GODWIT__V1__ACCELERATOR__ACCELERATOR_TCG;
    facts.memory_free_bytes = host->memory_free_bytes;
    facts.migration_address = address;
    beat.role = role;
    beat.host_name = text(ids[0]);
    beat.host_id = text(ids[1]);
    beat.boot_id = text(ids[2]);
    beat.url = text(gw_rpc_server_url(host->server, 0));
    beat.facts = &facts;
    beat.guests = report ? &report : NULL;
    beat.n_guests = report ? 1 : 0;
    return call_and_wait(c, "Heartbeat", &beat.base);
}

Godwit__V1__HeartbeatReply *fake_beat_with(struct fake_host *host, Godwit__V1__GuestReport *report)
{
    const char *ids[] = {host->name, host->id, host->boot_id};
    return send_beat(host, GODWIT__V1__AGENT_ROLE__AGENT_ROLE_SOURCE, ids, report);
}

Godwit__V1__HeartbeatReply *fake_target_beat_with(struct fake_host *host,
                                                  Godwit__V1__GuestReport *report)
{
    const char *ids[] = {host->name, host->id, host->boot_id};
    return send_beat(host, GODWIT__V1__AGENT_ROLE__AGENT_ROLE_TARGET, ids, report);
}

Godwit__V1__HeartbeatReply *
fake_beat_as(struct fake_host *host, const char *name, const char *id, const char *boot_id)
{
    const char *ids[] = {name, id, boot_id};
    return send_beat(host, GODWIT__V1__AGENT_ROLE__AGENT_ROLE_SOURCE, ids, NULL);
}

void fake_beat(struct fake_host *host)
{
    const char *ids[] = {host->name, host->id, host->boot_id};
    for (int role = 1; role <= 2; role++) {
        Godwit__V1__HeartbeatReply *reply = send_beat(host, (Godwit__V1__AgentRole)role, ids, NULL);
        if (!reply)
            fail_msg("%s", host->cluster->err.message);
        assert_int_equal(reply->interval_ms, 10);
        free_reply(reply);
    }
}

static Godwit__V1__Attempt attempt_of(struct cluster *c, uint32_t attempt, uint64_t epoch)
{
    Godwit__V1__Attempt a = GODWIT__V1__ATTEMPT__INIT;
    a.guest_uuid = c->guest_uuid;
    a.migration_id = c->migration_id;
    a.attempt = attempt;
    a.epoch = epoch;
    return a;
}

static int done(void *reply)
{
    int result = reply ? 0 : -1;
    free_reply(reply);
    return result;
}

int fake_relinquished(struct cluster *c, uint32_t attempt, uint64_t epoch)
{
    Godwit__V1__Attempt a = attempt_of(c, attempt, epoch);
    Godwit__V1__RelinquishedRequest request = GODWIT__V1__RELINQUISHED_REQUEST__INIT;
    request.attempt = &a;
    request.pause_to_completed_us = 1000;
    request.qemu_downtime_ms = 7;
    request.blackout_so_far_us = 2000;
    return done(call_and_wait(c, "Relinquished", &request.base));
}

int fake_report_failure(struct cluster *c, bool guest_stopped)
{
    Godwit__V1__Attempt a = attempt_of(c, 1, 2);
    Godwit__V1__Reason reason = GODWIT__V1__REASON__INIT;
    Godwit__V1__ReportRequest request = GODWIT__V1__REPORT_REQUEST__INIT;
    reason.code = text("MIRROR_FAILED");
    reason.message = text("the mirror failed");
    request.attempt = &a;
    request.failure = &reason;
    request.guest_stopped = guest_stopped;
    return done(call_and_wait(c, "Report", &request.base));
}

int fake_report_progress(struct cluster *c, uint64_t bytes_done)
{
    Godwit__V1__Attempt a = attempt_of(c, 1, 2);
    Godwit__V1__Progress progress = GODWIT__V1__PROGRESS__INIT;
    Godwit__V1__ReportRequest request = GODWIT__V1__REPORT_REQUEST__INIT;
    progress.bytes_done = bytes_done;
    request.attempt = &a;
    request.progress = &progress;
    return done(call_and_wait(c, "Report", &request.base));
}

/* ---- the client's calls ---- */

Godwit__V1__Guest *client_create(struct cluster *c, const char *name, const char *host, bool start)
{
    Godwit__V1__DiskSpec disk = GODWIT__V1__DISK_SPEC__INIT;
    Godwit__V1__DiskSpec *disks[] = {&disk};
    Godwit__V1__GuestSpec spec = GODWIT__V1__GUEST_SPEC__INIT;
    Godwit__V1__CreateGuestRequest request = GODWIT__V1__CREATE_GUEST_REQUEST__INIT;
    disk.name = text("root");
    disk.pool = text("data");
    disk.file = text(c->disk_file ? c->disk_file : "");
    disk.size_bytes = UINT64_C(1) << 30;
    spec.name = text(name);
    spec.memory_bytes = (UINT64_C(1) << 30) + 8192; /* moves live also where CPUs are emulated */
    spec.disks = disks;
    spec.n_disks = 1;
    spec.migration_stateful = true;
    request.spec = &spec;
    request.host = text(host);
    request.start = start;
    return call_and_wait(c, "CreateGuest", &request.base);
}

Godwit__V1__Guest *client_start(struct cluster *c, const char *guest)
{
    Godwit__V1__StartGuestRequest request = GODWIT__V1__START_GUEST_REQUEST__INIT;
    request.guest = text(guest);
    return call_and_wait(c, "StartGuest", &request.base);
}

Godwit__V1__Guest *client_stop(struct cluster *c, const char *guest)
{
    Godwit__V1__StopGuestRequest request = GODWIT__V1__STOP_GUEST_REQUEST__INIT;
    request.guest = text(guest);
    return call_and_wait(c, "StopGuest", &request.base);
}

int client_delete(struct cluster *c, const char *guest)
{
    Godwit__V1__DeleteGuestRequest request = GODWIT__V1__DELETE_GUEST_REQUEST__INIT;
    request.guest = text(guest);
    return done(call_and_wait(c, "DeleteGuest", &request.base));
}

Godwit__V1__Guest *client_guest(struct cluster *c, const char *guest)
{
    Godwit__V1__GetGuestRequest request = GODWIT__V1__GET_GUEST_REQUEST__INIT;
    request.guest = text(guest);
    return call_and_wait(c, "GetGuest", &request.base);
}

Godwit__V1__Host *client_host(struct cluster *c, const char *host)
{
    Godwit__V1__GetHostRequest request = GODWIT__V1__GET_HOST_REQUEST__INIT;
    request.host = text(host);
    return call_and_wait(c, "GetHost", &request.base);
}

Godwit__V1__ListHostsReply *client_hosts(struct cluster *c)
{
    Godwit__V1__ListHostsRequest request = GODWIT__V1__LIST_HOSTS_REQUEST__INIT;
    return call_and_wait(c, "ListHosts", &request.base);
}

Godwit__V1__TrashEntries *client_list_trash(struct cluster *c, const char *host, const char *id)
{
    Godwit__V1__ListTrashRequest request = GODWIT__V1__LIST_TRASH_REQUEST__INIT;
    request.host = text(host);
    request.id = text(id);
    return call_and_wait(c, "ListTrash", &request.base);
}

Godwit__V1__RestoreTrashReply *
client_restore_trash(struct cluster *c, const char *host, const char *id)
{
    Godwit__V1__RestoreTrashRequest request = GODWIT__V1__RESTORE_TRASH_REQUEST__INIT;
    request.host = text(host);
    request.id = text(id);
    return call_and_wait(c, "RestoreTrash", &request.base);
}

Godwit__V1__TrashEntries *
client_purge_trash(struct cluster *c, const char *host, const char *id, uint32_t older_than_hours)
{
    Godwit__V1__PurgeTrashRequest request = GODWIT__V1__PURGE_TRASH_REQUEST__INIT;
    request.host = text(host);
    request.id = text(id);
    request.older_than_hours = older_than_hours;
    return call_and_wait(c, "PurgeTrash", &request.base);
}

Godwit__V1__Plan *client_submit(struct cluster *c, Godwit__V1__SubmitPlanRequest *request)
{
    return call_and_wait(c, "SubmitPlan", &request->base);
}

Godwit__V1__Migration *client_migration(struct cluster *c)
{
    Godwit__V1__GetMigrationRequest request = GODWIT__V1__GET_MIGRATION_REQUEST__INIT;
    request.id = c->migration_id;
    return call_and_wait(c, "GetMigration", &request.base);
}

Godwit__V1__Migration *client_cancel(struct cluster *c)
{
    Godwit__V1__CancelMigrationRequest request = GODWIT__V1__CANCEL_MIGRATION_REQUEST__INIT;
    request.id = c->migration_id;
    return call_and_wait(c, "CancelMigration", &request.base);
}

/* ---- in short ---- */

void cluster_make_guest(struct cluster *c, bool start)
{
    Godwit__V1__Guest *guest = client_create(c, "web", "h1", start);
    if (!guest)
        fail_msg("%s", c->err.message);
    snprintf(c->guest_uuid, sizeof c->guest_uuid, "%s", guest->spec->uuid);
    free_reply(guest);
    trace_clear(c);
}

int cluster_move(struct cluster *c, Godwit__V1__MigrationMode mode)
{
    Godwit__V1__MigrationRequest move = GODWIT__V1__MIGRATION_REQUEST__INIT;
    Godwit__V1__MigrationRequest *moves[] = {&move};
    Godwit__V1__SubmitPlanRequest request = GODWIT__V1__SUBMIT_PLAN_REQUEST__INIT;
    move.guest = text("web");
    move.to_host = text("h2");
    move.mode = mode;
    request.migrations = moves;
    request.n_migrations = 1;
    Godwit__V1__Plan *plan = client_submit(c, &request);
    if (!plan)
        return -1;
    assert_int_equal(plan->n_migrations, 1);
    snprintf(c->migration_id, sizeof c->migration_id, "%s", plan->migrations[0]->id);
    free_reply(plan);
    return 0;
}

void assert_guest(struct cluster *c, Godwit__V1__GuestState state, const char *host, uint64_t epoch)
{
    Godwit__V1__Guest *guest = client_guest(c, "web");
    assert_non_null(guest);
    assert_int_equal(guest->state, state);
    assert_string_equal(guest->host, host);
    assert_int_equal(guest->epoch, epoch);
    free_reply(guest);
}
