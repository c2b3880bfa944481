#include "base/scope.h"
#include "cli.h"
#include "human.h"
#include "output.h"

static const Godwit__V1__HostFacts *facts_of(const Godwit__V1__Host *host)
{
    static const Godwit__V1__HostFacts none = GODWIT__V1__HOST_FACTS__INIT;
    return host->facts ? host->facts : &none;
}

static void add_host(struct cli_table *table, const Godwit__V1__Host *host)
{
    char buf[CLI_HUMAN_MAX];
    const Godwit__V1__HostFacts *facts = facts_of(host);
    cli_table_add(table, "%s", host->name);
    cli_table_add(table, "%s",
                  cli_human_enum(buf, &godwit__v1__host_state__descriptor, (int)host->state));
    cli_table_add(table, "%u", host->n_guests);
    cli_table_add(table, "%u", facts->cpus);
    cli_table_add(table, "%s", cli_human_bytes(buf, facts->memory_total_bytes));
    cli_table_add(table, "%s", cli_human_bytes(buf, facts->memory_free_bytes));
    cli_table_add(
        table, "%s",
        cli_human_enum(buf, &godwit__v1__accelerator__descriptor, (int)facts->accelerator));
    cli_table_add(table, "%s", facts->qemu_version);
    cli_table_add(table, "%s", facts->management_address);
}

static int print_hosts(struct cli_context *context,
                       const Godwit__V1__ListHostsReply *reply,
                       struct gw_error *err)
{
    static const struct cli_column columns[] = {
        {"HOST", false, true},  {"STATE", false, false}, {"GUESTS", true, false},
        {"CPUS", true, false},  {"MEMORY", true, false}, {"FREE", true, false},
        {"ACCEL", false, true}, {"QEMU", false, true},   {"ADDRESS", false, true},
    };
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(columns, GW_ARRAY_LEN(columns));
    if (!table)
        return gw_error_set_nomem(err, "printing hosts");
    for (size_t i = 0; i < reply->n_hosts; i++)
        add_host(table, reply->hosts[i]);
    return cli_table_print(table, context->out, context->out_columns, err);
}

int cli_host_list(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__ListHostsRequest request = GODWIT__V1__LIST_HOSTS_REQUEST__INIT;
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__ListHostsReply *reply = client ? gw_client_list_hosts(client, &request, err) : NULL;
    if (!reply)
        return -1;
    int ret = context->format == CLI_JSON ? cli_print_json(context, &reply->base, err)
                                          : print_hosts(context, reply, err);
    godwit__v1__list_hosts_reply__free_unpacked(reply, NULL);
    return ret;
}

static const struct cli_column pair[] = {{NULL, false, false}, {NULL, false, true}};

static void add_pair(struct cli_table *table, const char *key, const char *value)
{
    cli_table_add(table, "%s", key);
    cli_table_add(table, "%s", value);
}

static void add_pools(struct cli_table *table, const Godwit__V1__HostFacts *facts)
{
    for (size_t i = 0; i < facts->n_pools; i++) {
        char kind[CLI_HUMAN_MAX];
        char total[CLI_HUMAN_MAX];
        char available[CLI_HUMAN_MAX];
        const Godwit__V1__Pool *pool = facts->pools[i];
        cli_table_add(table, "pool");
        cli_table_add(table, "%s, %s, %s free of %s, %s", pool->id,
                      cli_human_enum(kind, &godwit__v1__pool_kind__descriptor, (int)pool->kind),
                      cli_human_bytes(available, pool->free_bytes),
                      cli_human_bytes(total, pool->total_bytes), pool->path);
    }
}

static void add_seen(struct cli_table *table,
                     const char *key,
                     const char *url,
                     const Google__Protobuf__Timestamp *at)
{
    char age[CLI_HUMAN_MAX];
    cli_table_add(table, "%s", key);
    if (at)
        cli_table_add(table, "%s, seen %s ago", url, cli_human_age(age, at, cli_now_s()));
    else
        cli_table_add(table, "never seen");
}

static int
print_host(struct cli_context *context, const Godwit__V1__Host *host, struct gw_error *err)
{
    const Godwit__V1__HostFacts *facts = facts_of(host);
    char buf[CLI_HUMAN_MAX];
    char other[CLI_HUMAN_MAX];
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(pair, GW_ARRAY_LEN(pair));
    if (!table)
        return gw_error_set_nomem(err, "printing a host");
    add_pair(table, "host", host->name);
    add_pair(table, "id", host->id);
    add_pair(table, "state",
             cli_human_enum(buf, &godwit__v1__host_state__descriptor, (int)host->state));
    add_pair(table, "system", facts->os_release);
    add_pair(table, "kernel", facts->kernel);
    add_pair(table, "qemu", facts->qemu_version);
    add_pair(table, "accelerator",
             cli_human_enum(buf, &godwit__v1__accelerator__descriptor, (int)facts->accelerator));
    cli_table_add(table, "cpus");
    cli_table_add(table, "%u, %s", facts->cpus, facts->cpu_model);
    cli_table_add(table, "memory");
    cli_table_add(table, "%s free of %s", cli_human_bytes(buf, facts->memory_free_bytes),
                  cli_human_bytes(other, facts->memory_total_bytes));
    add_pools(table, facts);
    for (size_t i = 0; i < facts->n_bridges; i++)
        add_pair(table, "bridge", facts->bridges[i]);
    add_pair(table, "management", facts->management_address);
    add_pair(table, "migration", facts->migration_address);
    add_seen(table, "source", host->source_url, host->source_seen_at);
    add_seen(table, "target", host->target_url, host->target_seen_at);
    cli_table_add(table, "guests");
    cli_table_add(table, "%u", host->n_guests);
    return cli_table_print(table, context->out, context->out_columns, err);
}

int cli_host_show(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__GetHostRequest request = GODWIT__V1__GET_HOST_REQUEST__INIT;
    request.host = context->args->operands[0];
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__Host *reply = client ? gw_client_get_host(client, &request, err) : NULL;
    if (!reply)
        return -1;
    int ret = context->format == CLI_JSON ? cli_print_json(context, &reply->base, err)
                                          : print_host(context, reply, err);
    godwit__v1__host__free_unpacked(reply, NULL);
    return ret;
}
