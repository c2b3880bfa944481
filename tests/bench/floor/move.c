/* The order of a migration: one function per thing that happens. A failure of any step ends the
 * run; the two QEMUs are then left as they are, for whoever started them. */

#include "move.h"

#include <string.h>

static uint64_t now_us(const struct floor_move *move)
{
    return gw_loop_now_us(move->loop);
}

static void end(struct floor_move *move)
{
    move->is_done = true;
    gw_loop_stop(move->loop);
}

void floor_fail(struct floor_move *move, const struct gw_error *err, const char *doing)
{
    if (move->is_done)
        return;
    move->err = *err;
    (void)gw_error_wrap(&move->err, "%s", doing);
    end(move);
}

static void fail_with(struct floor_move *move, enum gw_code code, const char *what)
{
    struct gw_error err = {0};
    (void)gw_error_set(&err, code, "%s", what);
    floor_fail(move, &err, "migrating");
}

void floor_on_prepared(struct floor_move *move)
{
    move->times.prepared_us = now_us(move);
    floor_start_mirrors(move);
    if (!move->options.n_disks) {
        move->times.mirrored_us = now_us(move);
        floor_migrate(move);
    }
}

static void on_mirror_ready(struct floor_move *move)
{
    if (++move->n_mirrors_ready < move->options.n_disks)
        return;
    move->times.mirrored_us = now_us(move);
    floor_migrate(move);
}

static void unhooked(struct floor_move *move)
{
    move->times.unhooked_us = now_us(move);
    floor_continue(move);
}

static void on_pre_switchover(struct floor_move *move)
{
    if (move->options.n_disks)
        floor_end_mirrors(move);
    else
        unhooked(move);
}

static void on_mirror_ended(struct floor_move *move, json_object *data)
{
    if (json_object_object_get_ex(data, "error", NULL))
        fail_with(move, GW_INTERNAL, json_object_to_json_string(data));
    else if (++move->n_mirrors_ended == move->options.n_disks)
        unhooked(move);
}

static void on_completed(struct floor_move *move)
{
    if (!move->has_source_completed || !move->has_target_completed)
        return;
    move->times.completed_us = now_us(move);
    floor_resume(move);
}

void floor_on_told(struct floor_move *move)
{
    end(move);
}

/* The "status" of a MIGRATION event; "" for none. */
static const char *status_of(json_object *data)
{
    json_object *status = NULL;
    if (!json_object_object_get_ex(data, "status", &status))
        return "";
    return json_object_get_string(status);
}

static void on_source_event(void *arg, const char *name, json_object *data, uint64_t stamp_us)
{
    struct floor_move *move = arg;
    const char *status = strcmp(name, "MIGRATION") == 0 ? status_of(data) : "";
    (void)stamp_us;
    if (strcmp(name, "BLOCK_JOB_READY") == 0) {
        on_mirror_ready(move);
    } else if (strcmp(name, "STOP") == 0) {
        move->times.stopped_us = now_us(move);
    } else if (strcmp(status, "pre-switchover") == 0) {
        on_pre_switchover(move);
    } else if (strcmp(name, "BLOCK_JOB_COMPLETED") == 0 ||
               strcmp(name, "BLOCK_JOB_CANCELLED") == 0) {
        on_mirror_ended(move, data);
    } else if (strcmp(status, "completed") == 0) {
        move->has_source_completed = true;
        on_completed(move);
    } else if (strcmp(status, "failed") == 0) {
        fail_with(move, GW_INTERNAL, "the source's migration failed");
    }
}

static void on_target_event(void *arg, const char *name, json_object *data, uint64_t stamp_us)
{
    struct floor_move *move = arg;
    const char *status = strcmp(name, "MIGRATION") == 0 ? status_of(data) : "";
    (void)stamp_us;
    if (strcmp(status, "completed") == 0) {
        move->has_target_completed = true;
        on_completed(move);
    } else if (strcmp(name, "RESUME") == 0) {
        move->times.resumed_us = now_us(move);
        floor_ask_figures(move);
    } else if (strcmp(status, "failed") == 0) {
        fail_with(move, GW_INTERNAL, "the target's migration failed");
    }
}

static void on_ready(void *arg, bool has_oob)
{
    struct floor_move *move = arg;
    (void)has_oob;
    if (++move->n_sessions_ready < 2)
        return;
    move->times.begun_us = now_us(move);
    floor_prepare_target(move);
}

static void on_closed(void *arg, const struct gw_error *err)
{
    floor_fail(arg, err, "migrating");
}

static void on_guard(void *arg)
{
    fail_with(arg, GW_DEADLINE_EXCEEDED, "not finished in time");
}

static int connect_both(struct floor_move *move, struct gw_error *err)
{
    struct gw_qmp_handlers handlers = {
        .ready = on_ready, .event = on_source_event, .closed = on_closed, .arg = move};
    move->source = gw_qmp_open(move->loop, move->options.source_qmp, &handlers, err);
    if (!move->source)
        return -1;
    handlers.event = on_target_event;
    move->target = gw_qmp_open(move->loop, move->options.target_qmp, &handlers, err);
    return move->target ? 0 : -1;
}

static int run(struct floor_move *move, struct gw_error *err)
{
    move->guard = gw_timer_new(move->loop, on_guard, move);
    if (!move->guard)
        return gw_error_set_nomem(err, "setting a timer");
    gw_timer_start(move->guard, move->options.timeout_ms);
    if (connect_both(move, err) || gw_loop_run(move->loop, err))
        return -1;
    if (!gw_error_is_set(&move->err))
        return 0;
    *err = move->err;
    return -1;
}

int floor_run(struct floor_move *move, const struct floor_options *options, struct gw_error *err)
{
    *move = (struct floor_move){.options = *options};
    move->loop = gw_loop_new(err);
    if (!move->loop)
        return -1;
    int failed = run(move, err);
    gw_qmp_close(move->source);
    gw_qmp_close(move->target);
    gw_timer_free(move->guard);
    gw_loop_free(move->loop);
    return failed;
}
