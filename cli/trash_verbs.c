/* The trash of the hosts' pools. A purge is for good, so without --yes it only shows what would
 * go. */
#include <inttypes.h>

#include "args.h"
#include "base/scope.h"
#include "human.h"
#include "numbers.h"
#include "output.h"

enum { HOURS_MAX = 24 * 365 * 100 }; /* what the scheduler takes */

const struct cli_option cli_trash_list_options[] = {
    {"host", 0, "HOST", "only that of this host"},
    {0},
};
const struct cli_option cli_trash_restore_options[] = {
    {"host", 0, "HOST", "host that has it; needed where two have the same id"},
    {0},
};
const struct cli_option cli_trash_purge_options[] = {
    {"host", 0, "HOST", "only on this host"},
    {"older-than", 0, "HOURS", "instead of an ID: all that were put there so long ago"},
    {"yes", 0, NULL, "really; else what would go is shown"},
    {0},
};

static int64_t seconds_of(const Google__Protobuf__Timestamp *at)
{
    return at ? at->seconds : 0;
}

static void add_times(struct cli_table *table, const Godwit__V1__TrashEntry *entry, int64_t now_s)
{
    char buf[CLI_HUMAN_MAX];
    Google__Protobuf__Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    now.seconds = now_s;
    cli_table_add(table, "%s", cli_human_age(buf, entry->trashed_at, now_s));
    /* how much earlier than the end now is: the same words */
    cli_table_add(
        table, "%s",
        cli_human_age(buf, entry->expires_at ? &now : NULL, seconds_of(entry->expires_at)));
}

static void add_entry(struct cli_table *table, const Godwit__V1__TrashEntry *entry, int64_t now_s)
{
    char buf[CLI_HUMAN_MAX];
    cli_table_add(table, "%s", entry->id);
    cli_table_add(table, "%s", entry->host);
    cli_table_add(table, "%s", entry->pool);
    cli_table_add(table, "%s",
                  entry->unknown         ? "unknown"
                  : entry->guest_name[0] ? entry->guest_name
                                         : entry->guest_uuid);
    cli_table_add(table, "%s", entry->disk);
    cli_table_add(table, "%s", cli_human_bytes(buf, entry->size_bytes));
    add_times(table, entry, now_s);
    cli_table_add(table, "%s", entry->unknown ? entry->name : entry->file);
}

static int print_entries(struct cli_context *context,
                         Godwit__V1__TrashEntry *const *entries,
                         size_t n_entries,
                         struct gw_error *err)
{
    static const struct cli_column columns[] = {
        {"ID", false, false},   {"HOST", false, true}, {"POOL", false, true},
        {"GUEST", false, true}, {"DISK", false, true}, {"SIZE", true, false},
        {"AGE", true, false},   {"LEFT", true, false}, {"FILE", false, true},
    };
    int64_t now_s = cli_now_s();
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(columns, GW_ARRAY_LEN(columns));
    if (!table)
        return gw_error_set_nomem(err, "printing the trash");
    for (size_t i = 0; i < n_entries; i++)
        add_entry(table, entries[i], now_s);
    return cli_table_print(table, context->out, context->out_columns, err);
}

/* What an answer lacks goes to stderr; the exit status then says that a host was away. */
static int tell_gaps(const struct cli_context *context, const Godwit__V1__TrashEntries *entries)
{
    if (entries->left_out)
        cli_message(context, "%" PRIu64 " more are not shown; name a host, or purge some",
                    entries->left_out);
    for (size_t i = 0; i < entries->n_absent; i++) {
        const Godwit__V1__TrashAbsence *a = entries->absent[i];
        cli_message(context, "host %s is not told of, or not wholly: %s", a->host,
                    a->reason ? a->reason->message : "");
    }
    return entries->n_absent ? gw_code_exit_status(GW_UNAVAILABLE) : 0;
}

/* Print and free the answer of a list or purge; NULL: it failed. */
static int
finish(struct cli_context *context, Godwit__V1__TrashEntries *entries, struct gw_error *err)
{
    if (!entries)
        return -1;
    int ret = context->format == CLI_JSON
                  ? cli_print_json(context, &entries->base, err)
                  : print_entries(context, entries->entries, entries->n_entries, err);
    if (ret == 0)
        ret = tell_gaps(context, entries);
    godwit__v1__trash_entries__free_unpacked(entries, NULL);
    return ret;
}

static Godwit__V1__TrashEntries *
list(struct cli_context *context, char *host, char *id, struct gw_error *err)
{
    Godwit__V1__ListTrashRequest request = GODWIT__V1__LIST_TRASH_REQUEST__INIT;
    if (host)
        request.host = host;
    if (id)
        request.id = id;
    struct gw_client *client = cli_client(context, CLI_WORK_MS, err);
    return client ? gw_client_list_trash(client, &request, err) : NULL;
}

int cli_trash_list(struct cli_context *context, struct gw_error *err)
{
    return finish(context, list(context, cli_args_text(context->args, "host"), NULL, err), err);
}

int cli_trash_restore(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__RestoreTrashRequest request = GODWIT__V1__RESTORE_TRASH_REQUEST__INIT;
    char *host = cli_args_text(context->args, "host");
    if (host)
        request.host = host;
    request.id = context->args->operands[0];
    struct gw_client *client = cli_client(context, CLI_WORK_MS, err);
    Godwit__V1__RestoreTrashReply *reply =
        client ? gw_client_restore_trash(client, &request, err) : NULL;
    if (!reply)
        return -1;
    int ret = 0;
    if (context->format == CLI_JSON)
        ret = cli_print_json(context, &reply->base, err);
    else
        (void)fprintf(context->out, "%s/%s\n", reply->entry ? reply->entry->pool : "", reply->file);
    if (context->format != CLI_JSON && reply->entry)
        cli_message(context, "it is file %s in pool %s of host %s", reply->file, reply->entry->pool,
                    reply->entry->host);
    godwit__v1__restore_trash_reply__free_unpacked(reply, NULL);
    return ret;
}

/* Leave only what a purge by age takes, as far as this machine's clock can tell. */
static void keep_old(Godwit__V1__TrashEntries *entries, uint32_t hours)
{
    int64_t before_s = cli_now_s() - (int64_t)hours * 3600;
    size_t n = 0;
    for (size_t i = 0; i < entries->n_entries; i++) {
        Godwit__V1__TrashEntry *entry = entries->entries[i];
        if (!entry->unknown && entry->trashed_at && entry->trashed_at->seconds <= before_s)
            entries->entries[n++] = entry;
        else
            godwit__v1__trash_entry__free_unpacked(entry, NULL);
    }
    entries->n_entries = n;
}

static int
show(struct cli_context *context, char *host, char *id, uint32_t hours, struct gw_error *err)
{
    Godwit__V1__TrashEntries *entries = list(context, host, id, err);
    if (!entries)
        return -1;
    if (hours)
        keep_old(entries, hours);
    size_t n = entries->n_entries;
    int ret = finish(context, entries, err);
    if (ret >= 0)
        cli_message(context,
                    "nothing was purged: with --yes %zu file%s would go for good, as shown", n,
                    n == 1 ? "" : "s");
    return ret;
}

int cli_trash_purge(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__PurgeTrashRequest request = GODWIT__V1__PURGE_TRASH_REQUEST__INIT;
    const struct cli_args *args = context->args;
    char *host = cli_args_text(args, "host");
    char *id = args->n_operands ? args->operands[0] : NULL;
    uint32_t hours = 0;
    if (cli_take_number("older-than", cli_args_text(args, "older-than"), 1, HOURS_MAX, &hours,
                        err) < 0)
        return -1;
    if ((id != NULL) == (hours > 0) || (id && !*id))
        return cli_usage(err, "godwit trash purge needs an ID or --older-than HOURS, not both");
    if (!cli_args_has(args, "yes"))
        return show(context, host, id, hours, err);
    if (host)
        request.host = host;
    if (id)
        request.id = id;
    request.older_than_hours = hours;
    struct gw_client *client = cli_client(context, CLI_WORK_MS, err);
    return finish(context, client ? gw_client_purge_trash(client, &request, err) : NULL, err);
}
