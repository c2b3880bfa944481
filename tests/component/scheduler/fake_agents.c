#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "cluster.h"

static const char *const method_names[N_METHODS] = {
    "Prepare",     "Activate",  "Refuse",       "Create",    "Start", "ReadProbe",
    "Begin",       "Cancel",    "Regrant",      "Retire",    "Stop",  "WriteProbe",
    "RemoveProbe", "ListTrash", "RestoreTrash", "PurgeTrash"};

/* The generated services as first members, so that a handler finds its host. */
struct fake_services {
    Godwit__V1__TargetService_Service target;
    struct fake_host *host_of_target;
    Godwit__V1__SourceService_Service source;
    struct fake_host *host_of_source;
};

static struct fake_host *of_target(Godwit__V1__TargetService_Service *service)
{
    return ((struct fake_services *)service)->host_of_target;
}

static struct fake_host *of_source(Godwit__V1__SourceService_Service *service)
{
    char *at = (char *)service - offsetof(struct fake_services, source);
    return ((struct fake_services *)(void *)at)->host_of_source;
}

static void add_trace(struct fake_host *host, enum method method, uint32_t attempt, uint64_t epoch)
{
    char *trace = host->cluster->trace;
    size_t used = strlen(trace);
    if (attempt)
        snprintf(trace + used, TRACE_MAX - used, "%s%s.%s:%u:%" PRIu64, used ? " " : "", host->name,
                 method_names[method], attempt, epoch);
    else
        snprintf(trace + used, TRACE_MAX - used, "%s%s.%s:%" PRIu64, used ? " " : "", host->name,
                 method_names[method], epoch);
}

typedef void (*any_closure)(void);

static void send_ok(struct fake_host *host, enum method method, any_closure closure, void *data)
{
    const struct rule *rule = &host->rules[method];
    Godwit__V1__DiskEndpoint disk = GODWIT__V1__DISK_ENDPOINT__INIT;
    Godwit__V1__DiskEndpoint *disks[] = {&disk};
    Godwit__V1__Endpoints endpoints = GODWIT__V1__ENDPOINTS__INIT;
    char address[] = "10.0.0.2", name[] = "root";
    switch (method) {
    case PREPARE: {
        Godwit__V1__PrepareReply reply = GODWIT__V1__PREPARE_REPLY__INIT;
        disk.name = name;
        endpoints.memory_host = address;
        endpoints.memory_port = 4444;
        endpoints.disks = disks;
        endpoints.n_disks = 1;
        reply.endpoints = &endpoints;
        ((Godwit__V1__PrepareReply_Closure)closure)(&reply, data);
        break;
    }
    case CANCEL: {
        Godwit__V1__CancelReply reply = GODWIT__V1__CANCEL_REPLY__INIT;
        reply.relinquished = rule->relinquished;
        reply.guest_stopped = rule->guest_stopped;
        ((Godwit__V1__CancelReply_Closure)closure)(&reply, data);
        break;
    }
    case READ_PROBE: {
        Godwit__V1__ReadProbeReply reply = GODWIT__V1__READ_PROBE_REPLY__INIT;
        reply.found = !rule->not_found;
        ((Godwit__V1__ReadProbeReply_Closure)closure)(&reply, data);
        break;
    }
    case ACTIVATE: {
        Godwit__V1__ActivateReply reply = GODWIT__V1__ACTIVATE_REPLY__INIT;
        ((Godwit__V1__ActivateReply_Closure)closure)(&reply, data);
        break;
    }
    case REFUSE: {
        Godwit__V1__RefuseReply reply = GODWIT__V1__REFUSE_REPLY__INIT;
        ((Godwit__V1__RefuseReply_Closure)closure)(&reply, data);
        break;
    }
    case START: {
        Godwit__V1__StartReply reply = GODWIT__V1__START_REPLY__INIT;
        ((Godwit__V1__StartReply_Closure)closure)(&reply, data);
        break;
    }
    case BEGIN: {
        Godwit__V1__BeginReply reply = GODWIT__V1__BEGIN_REPLY__INIT;
        ((Godwit__V1__BeginReply_Closure)closure)(&reply, data);
        break;
    }
    case REGRANT: {
        Godwit__V1__RegrantReply reply = GODWIT__V1__REGRANT_REPLY__INIT;
        ((Godwit__V1__RegrantReply_Closure)closure)(&reply, data);
        break;
    }
    case RETIRE: {
        Godwit__V1__RetireReply reply = GODWIT__V1__RETIRE_REPLY__INIT;
        ((Godwit__V1__RetireReply_Closure)closure)(&reply, data);
        break;
    }
    case STOP: {
        Godwit__V1__StopReply reply = GODWIT__V1__STOP_REPLY__INIT;
        ((Godwit__V1__StopReply_Closure)closure)(&reply, data);
        break;
    }
    case WRITE_PROBE:
    case REMOVE_PROBE: {
        Godwit__V1__WriteProbeReply reply = GODWIT__V1__WRITE_PROBE_REPLY__INIT;
        ((Godwit__V1__WriteProbeReply_Closure)closure)(&reply, data);
        break;
    }
    case LIST_TRASH:
    case RESTORE_TRASH:
    case PURGE_TRASH: /* answered by their handlers */
    case CREATE:      /* answered with its spec by its handler */
    case N_METHODS:
        break;
    }
}

/* True: the rule failed or held the call. */
static bool is_diverted(struct fake_host *host, enum method method, any_closure closure, void *data)
{
    const struct rule *rule = &host->rules[method];
    if (rule->is_held) {
        if (host->held[method]) { /* its caller gave up or went: answer the old one anyhow */
            struct gw_error err = {0};
            gw_error_set(&err, GW_UNAVAILABLE, "forgotten");
            gw_rpc_fail(host->held[method], &err);
        }
        host->held[method] = data;
        host->held_closure[method] = closure;
        return true;
    }
    if (rule->code == GW_OK)
        return false;
    struct gw_error err = {0};
    gw_error_set(&err, rule->code, "%s says no", host->name);
    if (rule->reason)
        gw_error_reason(&err, rule->reason);
    gw_rpc_fail(data, &err);
    return true;
}

static void handle(struct fake_host *host, enum method method, any_closure closure, void *data)
{
    if (!is_diverted(host, method, closure, data))
        send_ok(host, method, closure, data);
}

void fake_release(struct fake_host *host, enum method method)
{
    assert_non_null(host->held[method]);
    void *data = host->held[method];
    host->held[method] = NULL;
    host->rules[method].is_held = false;
    handle(host, method, host->held_closure[method], data);
}

#define TARGET_HANDLER(name, method, request, reply)                                               \
    static void on_##name(Godwit__V1__TargetService_Service *service,                              \
                          const Godwit__V1__##request *input,                                      \
                          Godwit__V1__##reply##_Closure closure, void *data)                       \
    {                                                                                              \
        struct fake_host *host = of_target(service);                                               \
        add_trace(host, method, input->attempt->attempt, input->attempt->epoch);                   \
        handle(host, method, (any_closure)closure, data);                                          \
    }
#define SOURCE_HANDLER(name, method, request, reply)                                               \
    static void on_##name(Godwit__V1__SourceService_Service *service,                              \
                          const Godwit__V1__##request *input,                                      \
                          Godwit__V1__##reply##_Closure closure, void *data)                       \
    {                                                                                              \
        struct fake_host *host = of_source(service);                                               \
        add_trace(host, method, input->attempt->attempt, input->attempt->epoch);                   \
        handle(host, method, (any_closure)closure, data);                                          \
    }
TARGET_HANDLER(activate, ACTIVATE, ActivateRequest, ActivateReply)
TARGET_HANDLER(refuse, REFUSE, RefuseRequest, RefuseReply)
SOURCE_HANDLER(begin, BEGIN, BeginRequest, BeginReply)
SOURCE_HANDLER(cancel, CANCEL, CancelRequest, CancelReply)
SOURCE_HANDLER(regrant, REGRANT, RegrantRequest, RegrantReply)

static void join(char *buf, size_t size, char **items, size_t n)
{
    buf[0] = '\0';
    for (size_t i = 0; i < n; i++)
        snprintf(buf + strlen(buf), size - strlen(buf), "%s%s", i ? " " : "", items[i]);
}

static void on_prepare(Godwit__V1__TargetService_Service *service,
                       const Godwit__V1__PrepareRequest *input,
                       Godwit__V1__PrepareReply_Closure closure,
                       void *data)
{
    struct fake_host *host = of_target(service);
    join(host->last_copied, sizeof host->last_copied, input->copied_disks, input->n_copied_disks);
    assert_string_equal(input->source_migration_address, "10.0.0.1");
    add_trace(host, PREPARE, input->attempt->attempt, input->attempt->epoch);
    handle(host, PREPARE, (any_closure)closure, data);
}

static void on_retire(Godwit__V1__SourceService_Service *service,
                      const Godwit__V1__RetireRequest *input,
                      Godwit__V1__RetireReply_Closure closure,
                      void *data)
{
    struct fake_host *host = of_source(service);
    join(host->last_retired, sizeof host->last_retired, input->disks, input->n_disks);
    add_trace(host, RETIRE, input->attempt->attempt, input->attempt->epoch);
    handle(host, RETIRE, (any_closure)closure, data);
}

static void on_create(Godwit__V1__TargetService_Service *service,
                      const Godwit__V1__CreateRequest *input,
                      Godwit__V1__CreateReply_Closure closure,
                      void *data)
{
    struct fake_host *host = of_target(service);
    add_trace(host, CREATE, 0, input->epoch);
    if (is_diverted(host, CREATE, (any_closure)closure, data))
        return;
    Godwit__V1__CreateReply reply = GODWIT__V1__CREATE_REPLY__INIT;
    char file[] = "root.qcow2", machine[] = "pc-q35-7.2";
    reply.spec = input->spec;
    char *no_file = input->spec->disks[0]->file, *no_machine = input->spec->machine_type;
    input->spec->disks[0]->file = file;
    input->spec->machine_type = machine;
    closure(&reply, data);
    input->spec->disks[0]->file = no_file;
    input->spec->machine_type = no_machine;
}

static void on_start(Godwit__V1__TargetService_Service *service,
                     const Godwit__V1__StartRequest *input,
                     Godwit__V1__StartReply_Closure closure,
                     void *data)
{
    struct fake_host *host = of_target(service);
    add_trace(host, START, 0, input->epoch);
    handle(host, START, (any_closure)closure, data);
}

static void on_stop(Godwit__V1__SourceService_Service *service,
                    const Godwit__V1__StopRequest *input,
                    Godwit__V1__StopReply_Closure closure,
                    void *data)
{
    struct fake_host *host = of_source(service);
    add_trace(host, STOP, 0, input->epoch);
    handle(host, STOP, (any_closure)closure, data);
}

static void on_read_probe(Godwit__V1__TargetService_Service *service,
                          const Godwit__V1__ReadProbeRequest *input,
                          Godwit__V1__ReadProbeReply_Closure closure,
                          void *data)
{
    struct fake_host *host = of_target(service);
    (void)input;
    add_trace(host, READ_PROBE, 0, 0);
    handle(host, READ_PROBE, (any_closure)closure, data);
}

static void on_write_probe(Godwit__V1__SourceService_Service *service,
                           const Godwit__V1__WriteProbeRequest *input,
                           Godwit__V1__WriteProbeReply_Closure closure,
                           void *data)
{
    struct fake_host *host = of_source(service);
    (void)input;
    add_trace(host, WRITE_PROBE, 0, 0);
    handle(host, WRITE_PROBE, (any_closure)closure, data);
}

static void on_remove_probe(Godwit__V1__SourceService_Service *service,
                            const Godwit__V1__WriteProbeRequest *input,
                            Godwit__V1__WriteProbeReply_Closure closure,
                            void *data)
{
    struct fake_host *host = of_source(service);
    (void)input;
    add_trace(host, REMOVE_PROBE, 0, 0);
    handle(host, REMOVE_PROBE, (any_closure)closure, data);
}

/* host->n_trash entries, all with its trash_id; asked for another id: not found. */
static void send_trash(struct fake_host *host,
                       const char *id,
                       Godwit__V1__TrashEntries_Closure closure,
                       void *data)
{
    Godwit__V1__TrashEntries reply = GODWIT__V1__TRASH_ENTRIES__INIT;
    Godwit__V1__TrashEntry entry = GODWIT__V1__TRASH_ENTRY__INIT;
    struct gw_error err = {0};
    char itself[] = "itself", pool[] = "data";
    entry.id = host->trash_id;
    entry.host = itself;
    entry.pool = pool;
    entry.pool_is_shared = host->data_is_shared;
    if (id[0] && strcmp(id, host->trash_id) != 0) {
        (void)gw_error_set(&err, GW_NOT_FOUND, "no entry %s", id);
        (void)gw_error_reason(&err, "TRASH_NOT_FOUND");
        gw_rpc_fail(data, &err);
        return;
    }
    reply.entries = calloc(host->n_trash + 1, sizeof(Godwit__V1__TrashEntry *));
    for (reply.n_entries = 0; reply.n_entries < host->n_trash; reply.n_entries++)
        reply.entries[reply.n_entries] = &entry;
    closure(&reply, data);
    free(reply.entries);
}

static void on_list_trash(Godwit__V1__SourceService_Service *service,
                          const Godwit__V1__ListTrashRequest *input,
                          Godwit__V1__TrashEntries_Closure closure,
                          void *data)
{
    struct fake_host *host = of_source(service);
    assert_string_equal(input->host, "");
    if (!is_diverted(host, LIST_TRASH, (any_closure)closure, data))
        send_trash(host, input->id, closure, data);
}

static void on_restore_trash(Godwit__V1__SourceService_Service *service,
                             const Godwit__V1__RestoreTrashRequest *input,
                             Godwit__V1__RestoreTrashReply_Closure closure,
                             void *data)
{
    struct fake_host *host = of_source(service);
    Godwit__V1__RestoreTrashReply reply = GODWIT__V1__RESTORE_TRASH_REPLY__INIT;
    add_trace(host, RESTORE_TRASH, 0, 0);
    if (is_diverted(host, RESTORE_TRASH, (any_closure)closure, data))
        return;
    reply.file = input->id;
    closure(&reply, data);
}

static void on_purge_trash(Godwit__V1__SourceService_Service *service,
                           const Godwit__V1__PurgeTrashRequest *input,
                           Godwit__V1__TrashEntries_Closure closure,
                           void *data)
{
    struct fake_host *host = of_source(service);
    add_trace(host, PURGE_TRASH, 0, input->older_than_hours);
    if (!is_diverted(host, PURGE_TRASH, (any_closure)closure, data))
        send_trash(host, input->id, closure, data);
}

void fake_host_start(struct cluster *c, unsigned index)
{
    struct fake_host *host = &c->hosts[index];
    struct gw_error err = {0};
    host->cluster = c;
    host->memory_free_bytes = UINT64_C(8) << 30;
    snprintf(host->name, sizeof host->name, "h%u", index + 1);
    snprintf(host->id, sizeof host->id, "bbbbbbbb-0000-4000-8000-%012u", index + 1);
    snprintf(host->boot_id, sizeof host->boot_id, "cccccccc-0000-4000-8000-%012u", index + 1);
    struct fake_services *services = calloc(1, sizeof *services);
    host->services = services;
    godwit__v1__target_service__init(&services->target, NULL);
    services->target.prepare = on_prepare;
    services->target.activate = on_activate;
    services->target.refuse = on_refuse;
    services->target.create = on_create;
    services->target.start = on_start;
    services->target.read_probe = on_read_probe;
    services->host_of_target = host;
    godwit__v1__source_service__init(&services->source, NULL);
    services->source.begin = on_begin;
    services->source.cancel = on_cancel;
    services->source.regrant = on_regrant;
    services->source.retire = on_retire;
    services->source.stop = on_stop;
    services->source.write_probe = on_write_probe;
    services->source.remove_probe = on_remove_probe;
    services->source.list_trash = on_list_trash;
    services->source.restore_trash = on_restore_trash;
    services->source.purge_trash = on_purge_trash;
    services->host_of_source = host;
    host->server = gw_rpc_server_new(c->loop, NULL, &c->log, &err);
    GW_AUTO_FREE char *url = gw_strf("ipc://%s/%s.sock", c->folder, host->name);
    if (!host->server || gw_rpc_server_add(host->server, &services->target.base, &err) < 0 ||
        gw_rpc_server_add(host->server, &services->source.base, &err) < 0 ||
        gw_rpc_server_listen(host->server, url, NULL, &err) < 0)
        fail_msg("%s", err.message);
}

void fake_host_free(struct fake_host *host)
{
    struct gw_error err = {0};
    gw_error_set(&err, GW_UNAVAILABLE, "the test is over");
    for (unsigned i = 0; i < N_METHODS; i++) {
        if (host->held[i])
            gw_rpc_fail(host->held[i], &err);
    }
    gw_rpc_server_free(host->server);
    free(host->services);
}
