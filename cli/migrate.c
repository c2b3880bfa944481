#include <string.h>

#include "args.h"
#include "base/id.h"
#include "numbers.h"
#include "output.h"
#include "wait.h"

enum { DOWNTIME_MAX_MS = 60 * 1000, KEY_MAX = 128 };

const struct cli_option cli_migrate_options[] = {
    {"to", 0, "HOST", "where to; else the scheduler picks a host"},
    {"live", 0, NULL, "with its memory, while it runs (default for a running guest)"},
    {"cold", 0, NULL, "stopped: a running guest is shut down first and booted on the target"},
    {"wait", 0, NULL, "show the progress, and come back when it is over"},
    {"bandwidth", 0, "BYTES/S", "limit for memory and disks together, e.g. 100Mi (default none)"},
    {"max-downtime", 0, "MS", "switch over when the rest takes at most this (default 300)"},
    {"shutdown-timeout", 0, "S", "cold: seconds the guest may take to power off (default 60)"},
    {"force-stop", 0, NULL, "cold: then power it off hard instead of giving up"},
    {"idempotency-key", 0, "KEY", "the same key again gets the same migration, not another"},
    {0},
};

static int
take_mode(const struct cli_args *args, Godwit__V1__MigrationRequest *request, struct gw_error *err)
{
    bool is_live = cli_args_has(args, "live");
    bool is_cold = cli_args_has(args, "cold");
    if (is_live && is_cold)
        return cli_usage(err, "--live and --cold exclude each other");
    if (is_live && (cli_args_has(args, "force-stop") || cli_args_has(args, "shutdown-timeout")))
        return cli_usage(err, "--force-stop and --shutdown-timeout are for --cold");
    if (is_live)
        request->mode = GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_LIVE;
    else if (is_cold)
        request->mode = GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_COLD;
    return 0;
}

static int take_request(const struct cli_args *args,
                        Godwit__V1__MigrationRequest *request,
                        struct gw_error *err)
{
    char *to = cli_args_text(args, "to");
    request->guest = args->operands[0];
    if (to)
        request->to_host = to;
    request->force_stop = cli_args_has(args, "force-stop");
    if (take_mode(args, request, err) < 0)
        return -1;
    if (cli_take_bytes("bandwidth", cli_args_text(args, "bandwidth"), &request->bandwidth_bps,
                       err) < 0)
        return -1;
    if (cli_take_number("max-downtime", cli_args_text(args, "max-downtime"), 1, DOWNTIME_MAX_MS,
                        &request->max_downtime_ms, err) < 0)
        return -1;
    return cli_take_seconds("shutdown-timeout", cli_args_text(args, "shutdown-timeout"),
                            &request->shutdown_timeout_ms, err);
}

/* The caller's key, or one of our own: then the call may be sent again when the connection breaks,
 * and still starts one migration. */
static int take_key(const struct cli_args *args,
                    char made[static GW_UUID_LEN + 1],
                    Godwit__V1__SubmitPlanRequest *request,
                    struct gw_error *err)
{
    char *key = cli_args_text(args, "idempotency-key");
    if (key && (!*key || strlen(key) > KEY_MAX))
        return cli_usage(err, "--idempotency-key must be 1 to %d bytes", KEY_MAX);
    gw_uuid_make(gw_random_system(), made);
    request->idempotency_key = key ? key : made;
    return 0;
}

static int tell(struct cli_context *context, Godwit__V1__Migration *migration, struct gw_error *err)
{
    if (cli_args_has(context->args, "wait"))
        return cli_wait(context, migration->id, err);
    return context->format == CLI_JSON ? cli_print_json(context, &migration->base, err)
                                       : cli_print_migrations(context, &migration, 1, err);
}

int cli_migrate(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__MigrationRequest migration = GODWIT__V1__MIGRATION_REQUEST__INIT;
    Godwit__V1__MigrationRequest *migrations[] = {&migration};
    Godwit__V1__SubmitPlanRequest request = GODWIT__V1__SUBMIT_PLAN_REQUEST__INIT;
    char made_key[GW_UUID_LEN + 1];
    if (take_request(context->args, &migration, err) < 0 ||
        take_key(context->args, made_key, &request, err) < 0)
        return -1;
    request.purpose = GODWIT__V1__PLAN_PURPOSE__PLAN_PURPOSE_MOVE;
    request.migrations = migrations;
    request.n_migrations = 1;
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__Plan *plan = client ? gw_client_submit_plan(client, &request, err) : NULL;
    if (!plan)
        return -1;
    int ret = plan->n_migrations == 1
                  ? tell(context, plan->migrations[0], err)
                  : gw_error_set(err, GW_INTERNAL, "the scheduler answered %zu migrations to one",
                                 plan->n_migrations);
    godwit__v1__plan__free_unpacked(plan, NULL);
    return ret;
}
