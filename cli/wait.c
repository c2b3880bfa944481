/* Following a migration.
 *
 * Normal course: the migration's events from the oldest kept, so that none between the question and
 * the watch is missed, until one shows it over. A migration that is over already is not watched:
 * its events may be gone. Failure: the client mends a broken connection by itself; what is left is
 * told, and the migration goes on. */
#include "wait.h"

#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/scope.h"
#include "human.h"
#include "loop/loop.h"
#include "numbers.h"
#include "output.h"
#include "progress.h"

struct wait {
    struct cli_context *context;
    struct cli_progress progress;
    Godwit__V1__Migration *last; /* ours */
    bool was_interrupted;
    bool is_event_lost; /* no memory, or no JSON, for one */
};

bool cli_migration_is_over(const Godwit__V1__Migration *migration)
{
    return migration->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_SUCCEEDED ||
           migration->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_FAILED ||
           migration->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_CANCELLED;
}

static void on_interrupt(void *arg)
{
    struct wait *wait = arg;
    wait->was_interrupted = true;
    gw_client_interrupt(wait->context->client);
}

static Godwit__V1__Migration *
get_migration(struct cli_context *context, char *id, struct gw_error *err)
{
    Godwit__V1__GetMigrationRequest request = GODWIT__V1__GET_MIGRATION_REQUEST__INIT;
    request.id = id;
    return gw_client_get_migration(context->client, &request, err);
}

static Godwit__V1__Migration *copy_migration(const Godwit__V1__Migration *migration)
{
    size_t size = godwit__v1__migration__get_packed_size(migration);
    GW_AUTO_FREE uint8_t *packed = malloc(size ? size : 1);
    if (!packed)
        return NULL;
    (void)godwit__v1__migration__pack(migration, packed);
    return godwit__v1__migration__unpack(NULL, size, packed);
}

static bool on_event(void *arg, const Godwit__V1__Event *event)
{
    struct wait *wait = arg;
    if (!event->migration)
        return true;
    cli_progress_update(&wait->progress, event->migration);
    if (!cli_migration_is_over(event->migration))
        return true;
    Godwit__V1__Migration *last = copy_migration(event->migration);
    wait->is_event_lost = last == NULL;
    if (last) {
        godwit__v1__migration__free_unpacked(wait->last, NULL);
        wait->last = last;
    }
    return false;
}

/* Take events while @fn wants them; SIGINT ends that. */
static int watch(struct wait *wait,
                 const Godwit__V1__WatchRequest *request,
                 gw_client_event_fn fn,
                 struct gw_error *err)
{
    struct gw_client *client = wait->context->client;
    struct gw_signal *interrupt =
        gw_signal_new(gw_client_loop(client), SIGINT, on_interrupt, wait, err);
    if (!interrupt)
        return -1;
    int ret = gw_client_watch(client, request, fn, wait, err);
    gw_signal_free(interrupt);
    return ret;
}

static int follow(struct wait *wait, struct gw_error *err)
{
    Godwit__V1__WatchRequest request = GODWIT__V1__WATCH_REQUEST__INIT;
    request.migration_id = wait->last->id;
    if (watch(wait, &request, on_event, err) < 0)
        return -1;
    return wait->is_event_lost ? gw_error_set_nomem(err, "watching a migration") : 0;
}

static void say_it_goes_on(const struct cli_context *context, const char *id)
{
    cli_message(context, "migration %s goes on; follow it with: godwit migration watch %s", id, id);
    cli_message(context, "to undo it: godwit migration cancel %s", id);
}

static int tell_outcome(struct cli_context *context,
                        const Godwit__V1__Migration *migration,
                        struct gw_error *err)
{
    int ret = context->format == CLI_JSON ? cli_print_json(context, &migration->base, err)
                                          : cli_print_outcome(context, migration, err);
    if (ret < 0)
        return -1;
    if (migration->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_SUCCEEDED)
        return 0;
    char phase[CLI_HUMAN_MAX];
    const Godwit__V1__Reason *why = migration->failure;
    bool has_code = why && why->code[0];
    cli_message(
        context, "migration %s %s%s%s%s%s%s", migration->id,
        cli_human_enum(phase, &godwit__v1__migration_phase__descriptor, (int)migration->phase),
        why ? ": " : "", why ? why->message : "", has_code ? " [" : "", has_code ? why->code : "",
        has_code ? "]" : "");
    bool is_failed = migration->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_FAILED;
    return gw_code_exit_status(is_failed ? GW_FAILED_PRECONDITION : GW_CANCELLED);
}

int cli_wait(struct cli_context *context, char *id, struct gw_error *err)
{
    struct wait wait = {.context = context};
    int ret = 0;
    if (!cli_client(context, 0, err))
        return -1;
    wait.last = get_migration(context, id, err);
    if (!wait.last)
        return -1;
    cli_progress_init(&wait.progress, context->err, context->err_columns, gw_clock_system());
    if (!cli_migration_is_over(wait.last))
        ret = follow(&wait, err);
    cli_progress_clear(&wait.progress);
    if (ret == 0)
        ret = tell_outcome(context, wait.last, err);
    else
        say_it_goes_on(context, wait.last->id);
    if (wait.was_interrupted)
        ret = CLI_EXIT_INTERRUPTED;
    godwit__v1__migration__free_unpacked(wait.last, NULL);
    return ret;
}

static void print_event(const struct cli_context *context, const Godwit__V1__Event *event)
{
    char buf[CLI_HUMAN_MAX];
    (void)fprintf(context->out, "%llu %s", (unsigned long long)event->cursor, event->kind);
    if (event->migration)
        (void)fprintf(context->out, " migration=%s guest=%s phase=%s", event->migration->id,
                      event->migration->guest_name,
                      cli_human_enum(buf, &godwit__v1__migration_phase__descriptor,
                                     (int)event->migration->phase));
    if (event->guest && event->guest->spec)
        (void)fprintf(
            context->out, " guest=%s host=%s state=%s", event->guest->spec->name,
            event->guest->host,
            cli_human_enum(buf, &godwit__v1__guest_state__descriptor, (int)event->guest->state));
    if (event->host)
        (void)fprintf(
            context->out, " host=%s state=%s", event->host->name,
            cli_human_enum(buf, &godwit__v1__host_state__descriptor, (int)event->host->state));
    (void)fprintf(context->out, "%s%s\n", event->message[0] ? " " : "", event->message);
}

static bool on_any_event(void *arg, const Godwit__V1__Event *event)
{
    struct wait *wait = arg;
    if (wait->context->format == CLI_TABLE)
        print_event(wait->context, event);
    else if (cli_print_json_line(wait->context, &event->base, NULL) < 0)
        return !(wait->is_event_lost = true);
    return fflush(wait->context->out) == 0;
}

int cli_watch_all(struct cli_context *context, const char *after, struct gw_error *err)
{
    struct wait wait = {.context = context};
    Godwit__V1__WatchRequest request = GODWIT__V1__WATCH_REQUEST__INIT;
    request.from_now = after == NULL;
    if (cli_take_cursor("after", after, &request.after, err) < 0)
        return -1;
    if (!cli_client(context, 0, err))
        return -1;
    int ret = watch(&wait, &request, on_any_event, err);
    if (wait.was_interrupted)
        return CLI_EXIT_INTERRUPTED;
    if (wait.is_event_lost)
        return gw_error_set(err, GW_INTERNAL, "can't print an event as JSON");
    return ret;
}
