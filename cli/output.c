#include "output.h"

#include "base/clock.h"
#include "base/scope.h"
#include "human.h"
#include "progress.h"
#include "wire/json.h"

static int print_json(struct cli_context *context,
                      const ProtobufCMessage *message,
                      unsigned flags,
                      struct gw_error *err)
{
    GW_AUTO_FREE char *text = gw_json_text_from_message(message, GW_JSON_DEFAULTS | flags, err);
    if (!text)
        return -1;
    (void)fprintf(context->out, "%s\n", text);
    return 0;
}

int cli_print_json(struct cli_context *context,
                   const ProtobufCMessage *message,
                   struct gw_error *err)
{
    return print_json(context, message, GW_JSON_PRETTY, err);
}

int cli_print_json_line(struct cli_context *context,
                        const ProtobufCMessage *message,
                        struct gw_error *err)
{
    return print_json(context, message, 0, err);
}

int64_t cli_now_s(void)
{
    return (int64_t)(gw_clock_wall_us(gw_clock_system()) / 1000000);
}

static void add_guest(struct cli_table *table, const Godwit__V1__Guest *guest)
{
    char buf[CLI_HUMAN_MAX];
    static const Godwit__V1__GuestSpec none = GODWIT__V1__GUEST_SPEC__INIT;
    const Godwit__V1__GuestSpec *spec = guest->spec ? guest->spec : &none;
    cli_table_add(table, "%s", spec->name);
    cli_table_add(table, "%s",
                  cli_human_enum(buf, &godwit__v1__guest_state__descriptor, (int)guest->state));
    cli_table_add(table, "%s", guest->host);
    cli_table_add(table, "%u", spec->vcpus);
    cli_table_add(table, "%s", cli_human_bytes(buf, spec->memory_bytes));
    cli_table_add(table, "%zu", spec->n_disks);
    cli_table_add(table, "%s", cli_human_age(buf, guest->created_at, cli_now_s()));
    cli_table_add(table, "%s", guest->message);
}

int cli_print_guests(struct cli_context *context,
                     Godwit__V1__Guest *const *guests,
                     size_t n_guests,
                     struct gw_error *err)
{
    static const struct cli_column columns[] = {
        {"GUEST", false, true}, {"STATE", false, false},  {"HOST", false, true},
        {"CPUS", true, false},  {"MEMORY", true, false},  {"DISKS", true, false},
        {"AGE", true, false},   {"MESSAGE", false, true},
    };
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(columns, GW_ARRAY_LEN(columns));
    if (!table)
        return gw_error_set_nomem(err, "printing guests");
    for (size_t i = 0; i < n_guests; i++)
        add_guest(table, guests[i]);
    return cli_table_print(table, context->out, context->out_columns, err);
}

static void add_percent(struct cli_table *table, const Godwit__V1__Migration *migration)
{
    if (migration->progress && migration->progress->bytes_total)
        cli_table_add(table, "%u%%", cli_percent_done(migration));
    else
        cli_table_add(table, "-");
}

static void add_migration(struct cli_table *table, const Godwit__V1__Migration *migration)
{
    char buf[CLI_HUMAN_MAX];
    cli_table_add(table, "%s", migration->id);
    cli_table_add(table, "%s", migration->guest_name);
    cli_table_add(table, "%s", migration->from_host);
    cli_table_add(table, "%s", migration->to_host);
    cli_table_add(
        table, "%s",
        cli_human_enum(buf, &godwit__v1__migration_mode__descriptor, (int)migration->mode));
    cli_table_add(
        table, "%s",
        cli_human_enum(buf, &godwit__v1__migration_phase__descriptor, (int)migration->phase));
    add_percent(table, migration);
    cli_table_add(table, "%s", cli_human_age(buf, migration->created_at, cli_now_s()));
    cli_table_add(table, "%s", migration->failure ? migration->failure->message : "");
}

int cli_print_migrations(struct cli_context *context,
                         Godwit__V1__Migration *const *migrations,
                         size_t n_migrations,
                         struct gw_error *err)
{
    static const struct cli_column columns[] = {
        {"MIGRATION", false, true}, {"GUEST", false, true}, {"FROM", false, true},
        {"TO", false, true},        {"MODE", false, false}, {"PHASE", false, false},
        {"DONE", true, false},      {"AGE", true, false},   {"REASON", false, true},
    };
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(columns, GW_ARRAY_LEN(columns));
    if (!table)
        return gw_error_set_nomem(err, "printing migrations");
    for (size_t i = 0; i < n_migrations; i++)
        add_migration(table, migrations[i]);
    return cli_table_print(table, context->out, context->out_columns, err);
}

/* What went over the network: pages that were dirtied meanwhile count again, zero pages do not. */
static uint64_t sent_bytes(const Godwit__V1__Progress *progress)
{
    uint64_t bytes = progress->memory_done_bytes;
    for (size_t i = 0; i < progress->n_disks; i++)
        bytes += progress->disks[i]->done_bytes;
    return bytes;
}

int cli_print_outcome(struct cli_context *context,
                      const Godwit__V1__Migration *migration,
                      struct gw_error *err)
{
    static const struct cli_column columns[] = {
        {"MIGRATION", false, true}, {"GUEST", false, true},   {"FROM", false, true},
        {"TO", false, true},        {"RESULT", false, false}, {"TOTAL", true, false},
        {"BLACKOUT", true, false},  {"MOVED", true, false},
    };
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(columns, GW_ARRAY_LEN(columns));
    if (!table)
        return gw_error_set_nomem(err, "printing a migration");
    char buf[CLI_HUMAN_MAX];
    const Godwit__V1__Timings *timings = migration->timings;
    cli_table_add(table, "%s", migration->id);
    cli_table_add(table, "%s", migration->guest_name);
    cli_table_add(table, "%s", migration->from_host);
    cli_table_add(table, "%s", migration->to_host);
    cli_table_add(
        table, "%s",
        cli_human_enum(buf, &godwit__v1__migration_phase__descriptor, (int)migration->phase));
    cli_table_add(table, "%s",
                  timings && timings->total_us ? cli_human_us(buf, timings->total_us) : "");
    cli_table_add(table, "%s",
                  timings && timings->blackout_us ? cli_human_us(buf, timings->blackout_us) : "");
    cli_table_add(table, "%s",
                  migration->progress ? cli_human_bytes(buf, sent_bytes(migration->progress)) : "");
    return cli_table_print(table, context->out, context->out_columns, err);
}
