#include "args.h"
#include "base/scope.h"
#include "human.h"
#include "numbers.h"
#include "output.h"
#include "spec_file.h"

const struct cli_option cli_guest_create_options[] = {
    {"file", 'f', "FILE", "the guest's spec as JSON; - reads stdin (required)"},
    {"host", 0, "HOST", "host to make it on; else the scheduler picks one"},
    {"start", 0, NULL, "boot it right away"},
    {0},
};
const struct cli_option cli_guest_list_options[] = {
    {"host", 0, "HOST", "only those of this host"},
    {0},
};
const struct cli_option cli_guest_stop_options[] = {
    {"force", 0, NULL, "pull the plug instead of asking the guest"},
    {"timeout", 0, "S", "seconds the guest may take to power off (default 60)"},
    {0},
};

/* Print and free the guest that a call answered; NULL: it failed. */
static int finish(struct cli_context *context, Godwit__V1__Guest *guest, struct gw_error *err)
{
    if (!guest)
        return -1;
    int ret = context->format == CLI_JSON ? cli_print_json(context, &guest->base, err)
                                          : cli_print_guests(context, &guest, 1, err);
    godwit__v1__guest__free_unpacked(guest, NULL);
    return ret;
}

int cli_guest_create(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__CreateGuestRequest request = GODWIT__V1__CREATE_GUEST_REQUEST__INIT;
    const char *path = cli_args_text(context->args, "file");
    char *host = cli_args_text(context->args, "host");
    if (!path)
        return cli_usage(err, "godwit guest create needs --file FILE");
    request.spec = cli_spec_file_read(path, err);
    if (!request.spec)
        return -1;
    if (host)
        request.host = host;
    request.start = cli_args_has(context->args, "start");
    struct gw_client *client = cli_client(context, CLI_WORK_MS, err);
    Godwit__V1__Guest *guest = client ? gw_client_create_guest(client, &request, err) : NULL;
    godwit__v1__guest_spec__free_unpacked(request.spec, NULL);
    return finish(context, guest, err);
}

int cli_guest_start(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__StartGuestRequest request = GODWIT__V1__START_GUEST_REQUEST__INIT;
    request.guest = context->args->operands[0];
    struct gw_client *client = cli_client(context, CLI_WORK_MS, err);
    return finish(context, client ? gw_client_start_guest(client, &request, err) : NULL, err);
}

int cli_guest_stop(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__StopGuestRequest request = GODWIT__V1__STOP_GUEST_REQUEST__INIT;
    uint32_t guest_ms = 0;
    if (cli_take_seconds("timeout", cli_args_text(context->args, "timeout"), &guest_ms, err) < 0)
        return -1;
    request.guest = context->args->operands[0];
    request.force = cli_args_has(context->args, "force");
    request.timeout_ms = guest_ms;
    uint32_t work_ms = CLI_WORK_MS + guest_ms;
    if (work_ms > CLI_WORK_MAX_MS)
        work_ms = CLI_WORK_MAX_MS;
    struct gw_client *client = cli_client(context, work_ms, err);
    return finish(context, client ? gw_client_stop_guest(client, &request, err) : NULL, err);
}

int cli_guest_list(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__ListGuestsRequest request = GODWIT__V1__LIST_GUESTS_REQUEST__INIT;
    char *host = cli_args_text(context->args, "host");
    if (host)
        request.host = host;
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__ListGuestsReply *reply =
        client ? gw_client_list_guests(client, &request, err) : NULL;
    if (!reply)
        return -1;
    int ret = context->format == CLI_JSON
                  ? cli_print_json(context, &reply->base, err)
                  : cli_print_guests(context, reply->guests, reply->n_guests, err);
    godwit__v1__list_guests_reply__free_unpacked(reply, NULL);
    return ret;
}

static void add_devices(struct cli_table *table, const Godwit__V1__GuestSpec *spec)
{
    char buf[CLI_HUMAN_MAX];
    char format[CLI_HUMAN_MAX];
    for (size_t i = 0; i < spec->n_disks; i++) {
        const Godwit__V1__DiskSpec *disk = spec->disks[i];
        cli_table_add(table, "disk");
        cli_table_add(
            table, "%s, %s, %s, pool %s%s", disk->name, cli_human_bytes(buf, disk->size_bytes),
            cli_human_enum(format, &godwit__v1__disk_format__descriptor, (int)disk->format),
            disk->pool, disk->readonly ? ", read-only" : "");
    }
    for (size_t i = 0; i < spec->n_nics; i++) {
        cli_table_add(table, "nic");
        cli_table_add(table, "%s, bridge %s", spec->nics[i]->mac, spec->nics[i]->bridge);
    }
    for (size_t i = 0; i < spec->n_labels; i++) {
        cli_table_add(table, "label");
        cli_table_add(table, "%s=%s", spec->labels[i]->key, spec->labels[i]->value);
    }
}

static void add_spec(struct cli_table *table, const Godwit__V1__GuestSpec *spec)
{
    char buf[CLI_HUMAN_MAX];
    cli_table_add(table, "guest");
    cli_table_add(table, "%s", spec->name);
    cli_table_add(table, "uuid");
    cli_table_add(table, "%s", spec->uuid);
    cli_table_add(table, "cpus");
    cli_table_add(table, "%u, %s", spec->vcpus, spec->cpu_model);
    cli_table_add(table, "memory");
    cli_table_add(table, "%s", cli_human_bytes(buf, spec->memory_bytes));
    cli_table_add(table, "machine");
    cli_table_add(table, "%s", spec->machine_type);
    cli_table_add(table, "moves live");
    cli_table_add(table, "%s", spec->migration_stateful ? "yes" : "no");
}

static int
print_guest(struct cli_context *context, const Godwit__V1__Guest *guest, struct gw_error *err)
{
    static const struct cli_column pair[] = {{NULL, false, false}, {NULL, false, true}};
    char buf[CLI_HUMAN_MAX];
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(pair, GW_ARRAY_LEN(pair));
    if (!table)
        return gw_error_set_nomem(err, "printing a guest");
    if (guest->spec)
        add_spec(table, guest->spec);
    cli_table_add(table, "state");
    cli_table_add(table, "%s",
                  cli_human_enum(buf, &godwit__v1__guest_state__descriptor, (int)guest->state));
    cli_table_add(table, "host");
    cli_table_add(table, "%s", guest->host);
    cli_table_add(table, "epoch");
    cli_table_add(table, "%llu", (unsigned long long)guest->epoch);
    cli_table_add(table, "migration");
    cli_table_add(table, "%s", guest->migration_id);
    if (guest->spec)
        add_devices(table, guest->spec);
    cli_table_add(table, "age");
    cli_table_add(table, "%s", cli_human_age(buf, guest->created_at, cli_now_s()));
    cli_table_add(table, "message");
    cli_table_add(table, "%s", guest->message);
    return cli_table_print(table, context->out, context->out_columns, err);
}

int cli_guest_show(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__GetGuestRequest request = GODWIT__V1__GET_GUEST_REQUEST__INIT;
    request.guest = context->args->operands[0];
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__Guest *guest = client ? gw_client_get_guest(client, &request, err) : NULL;
    if (!guest)
        return -1;
    int ret = context->format == CLI_JSON ? cli_print_json(context, &guest->base, err)
                                          : print_guest(context, guest, err);
    godwit__v1__guest__free_unpacked(guest, NULL);
    return ret;
}

int cli_guest_delete(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__DeleteGuestRequest request = GODWIT__V1__DELETE_GUEST_REQUEST__INIT;
    request.guest = context->args->operands[0];
    struct gw_client *client = cli_client(context, CLI_WORK_MS, err);
    Godwit__V1__DeleteGuestReply *reply =
        client ? gw_client_delete_guest(client, &request, err) : NULL;
    if (!reply)
        return -1;
    int ret = 0;
    if (context->format == CLI_JSON)
        ret = cli_print_json(context, &reply->base, err);
    else
        cli_message(context, "guest %s is deleted; its disks are in the trash", request.guest);
    godwit__v1__delete_guest_reply__free_unpacked(reply, NULL);
    return ret;
}
