#include "args.h"
#include "base/scope.h"
#include "human.h"
#include "migration_id.h"
#include "numbers.h"
#include "output.h"
#include "progress.h"
#include "wait.h"

enum { LIST_MAX = 1000 }; /* what the scheduler gives at most */

const struct cli_option cli_migration_list_options[] = {
    {"guest", 0, "GUEST", "only those of this guest"},
    {"active", 0, NULL, "only those that are not over"},
    {"limit", 0, "N", "at most so many, 1 to 1000 (default 100)"},
    {0},
};
const struct cli_option cli_migration_watch_options[] = {
    {"after", 0, "CURSOR", "without ID: all events since that one; 0: since the oldest kept"},
    {0},
};

int cli_migration_list(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__ListMigrationsRequest request = GODWIT__V1__LIST_MIGRATIONS_REQUEST__INIT;
    char *guest = cli_args_text(context->args, "guest");
    if (guest)
        request.guest = guest;
    request.active_only = cli_args_has(context->args, "active");
    if (cli_take_number("limit", cli_args_text(context->args, "limit"), 1, LIST_MAX, &request.limit,
                        err) < 0)
        return -1;
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__ListMigrationsReply *reply =
        client ? gw_client_list_migrations(client, &request, err) : NULL;
    if (!reply)
        return -1;
    int ret = context->format == CLI_JSON
                  ? cli_print_json(context, &reply->base, err)
                  : cli_print_migrations(context, reply->migrations, reply->n_migrations, err);
    godwit__v1__list_migrations_reply__free_unpacked(reply, NULL);
    return ret;
}

static void add_progress(struct cli_table *table, const Godwit__V1__Migration *m)
{
    char a[CLI_HUMAN_MAX];
    char b[CLI_HUMAN_MAX];
    const Godwit__V1__Progress *p = m->progress;
    if (!p)
        return;
    cli_table_add(table, "step");
    cli_table_add(table, "%s", cli_human_enum(a, &godwit__v1__copy_step__descriptor, (int)p->step));
    cli_table_add(table, "moved");
    cli_table_add(table, "%s of %s", cli_human_bytes(a, cli_bytes_done(m)),
                  cli_human_bytes(b, p->bytes_total));
    if (!cli_migration_is_over(m)) {
        cli_table_add(table, "rate");
        cli_table_add(table, "%s, guest dirties %s", cli_human_rate(a, p->rate_bps),
                      cli_human_rate(b, p->dirty_rate_bps));
    }
    for (size_t i = 0; i < p->n_disks; i++) {
        cli_table_add(table, "disk");
        cli_table_add(table, "%s, %s of %s", p->disks[i]->name,
                      cli_human_bytes(a, p->disks[i]->done_bytes),
                      cli_human_bytes(b, p->disks[i]->total_bytes));
    }
}

static void add_timings(struct cli_table *table, const Godwit__V1__Timings *t)
{
    char buf[CLI_HUMAN_MAX];
    if (!t)
        return;
    cli_table_add(table, "total");
    cli_table_add(table, "%s", t->total_us ? cli_human_us(buf, t->total_us) : "");
    cli_table_add(table, "blackout");
    cli_table_add(table, "%s", t->blackout_us ? cli_human_us(buf, t->blackout_us) : "");
}

static int
print_migration(struct cli_context *context, const Godwit__V1__Migration *m, struct gw_error *err)
{
    static const struct cli_column pair[] = {{NULL, false, false}, {NULL, false, true}};
    char buf[CLI_HUMAN_MAX];
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(pair, GW_ARRAY_LEN(pair));
    if (!table)
        return gw_error_set_nomem(err, "printing a migration");
    cli_table_add(table, "migration");
    cli_table_add(table, "%s", m->id);
    cli_table_add(table, "guest");
    cli_table_add(table, "%s, %s", m->guest_name, m->guest_uuid);
    cli_table_add(table, "from");
    cli_table_add(table, "%s", m->from_host);
    cli_table_add(table, "to");
    cli_table_add(table, "%s", m->to_host);
    cli_table_add(table, "mode");
    cli_table_add(table, "%s%s",
                  cli_human_enum(buf, &godwit__v1__migration_mode__descriptor, (int)m->mode),
                  m->shared_storage ? ", shared storage" : "");
    cli_table_add(table, "phase");
    cli_table_add(table, "%s%s",
                  cli_human_enum(buf, &godwit__v1__migration_phase__descriptor, (int)m->phase),
                  m->cancel_requested && !cli_migration_is_over(m) ? ", cancel requested" : "");
    cli_table_add(table, "attempt");
    cli_table_add(table, "%u", m->attempt);
    add_progress(table, m);
    add_timings(table, m->timings);
    cli_table_add(table, "age");
    cli_table_add(table, "%s", cli_human_age(buf, m->created_at, cli_now_s()));
    if (m->failure) {
        cli_table_add(table, "reason");
        cli_table_add(table, "%s [%s]", m->failure->message, m->failure->code);
    }
    return cli_table_print(table, context->out, context->out_columns, err);
}

int cli_migration_show(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__GetMigrationRequest request = GODWIT__V1__GET_MIGRATION_REQUEST__INIT;
    GW_AUTO_FREE char *id = cli_migration_id(context, context->args->operands[0], err);
    if (!id)
        return -1;
    request.id = id;
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__Migration *m = client ? gw_client_get_migration(client, &request, err) : NULL;
    if (!m)
        return -1;
    int ret = context->format == CLI_JSON ? cli_print_json(context, &m->base, err)
                                          : print_migration(context, m, err);
    godwit__v1__migration__free_unpacked(m, NULL);
    return ret;
}

int cli_migration_cancel(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__CancelMigrationRequest request = GODWIT__V1__CANCEL_MIGRATION_REQUEST__INIT;
    GW_AUTO_FREE char *id = cli_migration_id(context, context->args->operands[0], err);
    if (!id)
        return -1;
    request.id = id;
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__Migration *m = client ? gw_client_cancel_migration(client, &request, err) : NULL;
    if (!m)
        return -1;
    int ret = context->format == CLI_JSON ? cli_print_json(context, &m->base, err)
                                          : cli_print_migrations(context, &m, 1, err);
    godwit__v1__migration__free_unpacked(m, NULL);
    return ret;
}

int cli_migration_watch(struct cli_context *context, struct gw_error *err)
{
    const char *after = cli_args_text(context->args, "after");
    if (context->args->n_operands && after)
        return cli_usage(err, "--after goes with all events, not with those of one migration");
    if (context->args->n_operands == 0)
        return cli_watch_all(context, after, err);
    GW_AUTO_FREE char *id = cli_migration_id(context, context->args->operands[0], err);
    return id ? cli_wait(context, id, err) : -1;
}
