/* What people do with guests that are there, outside migrations. See guest_ops.h. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/utf8.h"
#include "convert.h"
#include "driver.h"
#include "guest_ops.h"
#include "tx.h"

void sch_op_answer(struct sch_op *op, struct sch_guest *guest, const struct gw_error *err)
{
    if (op->done)
        op->done(op->arg, err ? NULL : guest, err);
    free(op);
}

/* The end of an operation on a guest that stays. */
void sch_op_finish(struct sch_op *op, const struct gw_error *err)
{
    struct sch_migration *m = sch_guest_migration(op->scheduler, op->guest);
    op->guest->is_busy = false;
    sch_guest_keep_quiet(op->scheduler, op->guest);
    if (m)
        sch_driver_kick(m);
    sch_op_answer(op, op->guest, err);
}

struct sch_op *sch_op_new(
    struct scheduler *s, struct sch_guest *guest, const char *what, sch_guest_fn done, void *arg)
{
    struct sch_op *op = calloc(1, sizeof *op);
    if (!op)
        return NULL;
    *op = (struct sch_op){.scheduler = s, .guest = guest, .done = done, .arg = arg};
    guest->is_busy = true;
    guest->busy_with = what;
    return op;
}

void sch_op_refuse_nomem(sch_guest_fn done, void *arg)
{
    struct gw_error err = {0};
    gw_error_set_nomem(&err, "starting an operation on a guest");
    if (done)
        done(arg, NULL, &err);
}

/* The guest goes to @state; then @then. */
void sch_op_set_state(struct sch_op *op,
                      enum gw_guest_state state,
                      const char *message,
                      uint64_t epoch,
                      sch_done_fn then)
{
    struct gw_guest_row row = op->guest->row;
    row.state = state;
    row.epoch = epoch;
    row.is_start_wanted = row.is_start_wanted && state == GW_GUEST_CREATING;
    gw_utf8_copy_cut(row.message, sizeof row.message, message);
    struct sch_tx *tx = sch_tx_new(op->scheduler);
    sch_tx_guest(tx, op->guest, &row);
    sch_tx_commit(tx, then, op);
}

/* The last write of an operation: the outcome is op->failure, unless the write itself failed. */
void sch_op_settled(void *arg, const struct gw_error *err)
{
    struct sch_op *op = arg;
    if (!err && op->failure.code != GW_OK)
        err = &op->failure;
    struct gw_error copy = err ? *err : (struct gw_error){0};
    sch_op_finish(op, err ? &copy : NULL);
}

/* ---- start ---- */

void sch_op_started(void *arg, struct sch_answer *said)
{
    struct sch_op *op = arg;
    if (op->scheduler->is_stopping) {
        sch_op_finish(op, &said->err);
        return;
    }
    op->failure = said->err;
    bool is_failed = op->failure.code != GW_OK;
    if (is_failed)
        gw_error_wrap(&op->failure, "guest %s did not start", op->guest->row.name);
    sch_op_set_state(op, is_failed ? GW_GUEST_STOPPED : GW_GUEST_RUNNING, op->failure.message,
                     op->guest->row.epoch, sch_op_settled);
}

static void start_granted(void *arg, const struct gw_error *err)
{
    struct sch_op *op = arg;
    if (err) {
        sch_op_finish(op, err);
        return;
    }
    sch_ask_start(op->scheduler, op->guest, sch_op_started, op);
}

static void start(struct sch_op *op)
{
    sch_op_set_state(op, GW_GUEST_STARTING, "", op->guest->row.epoch + 1, start_granted);
}

/* ---- removal ---- */

static void removed(void *arg, const struct gw_error *err)
{
    struct sch_op *op = arg;
    if (err) { /* it stays, and can be deleted */
        sch_op_finish(op, err);
        return;
    }
    struct gw_error failure = op->failure;
    sch_op_answer(op, NULL, gw_error_is_set(&failure) ? &failure : NULL);
}

void sch_op_remove_guest(struct sch_op *op)
{
    struct sch_tx *tx = sch_tx_new(op->scheduler);
    sch_tx_guest_remove(tx, op->guest);
    sch_tx_commit(tx, removed, op);
}

/* ---- what may be done now ---- */

static int
check_idle(const struct scheduler *s, const struct sch_guest *guest, struct gw_error *err)
{
    const struct sch_migration *m = sch_guest_migration(s, guest);
    if (!guest->is_busy && (!m || m->row.core.state == GW_MIGRATION_RETIRING))
        return 0;
    gw_error_set(err, GW_FAILED_PRECONDITION, "guest %s is busy with %s%s: wait for its end",
                 guest->row.name, guest->is_busy ? guest->busy_with : "migration ",
                 guest->is_busy ? "" : guest->row.migration_id);
    return gw_error_reason(err, guest->is_busy ? "GUEST_BUSY" : "MIGRATION_UNDER_WAY");
}

static const char *state_word(enum gw_guest_state state)
{
    static const char *const words[] = {"in an unknown state",
                                        "being created",
                                        "stopped",
                                        "starting",
                                        "running",
                                        "stopping",
                                        "migrating",
                                        "being deleted",
                                        "crashed",
                                        "in an unknown state"};
    return (size_t)state < GW_ARRAY_LEN(words) ? words[state] : words[0];
}

static int wrong_state(const struct sch_guest *guest,
                       const char *reason,
                       const char *remedy,
                       struct gw_error *err)
{
    gw_error_set(err, GW_FAILED_PRECONDITION, "guest %s is %s: %s", guest->row.name,
                 state_word(guest->row.state), remedy);
    return gw_error_reason(err, reason);
}

/* The guest by name, with nothing else being done with it; NULL with @err set. */
static struct sch_guest *
idle_guest(const struct scheduler *s, const char *name_or_uuid, struct gw_error *err)
{
    struct sch_guest *guest = sch_guest_get(s, name_or_uuid, err);
    return guest && check_idle(s, guest, err) == 0 ? guest : NULL;
}

static bool is_down(const struct sch_guest *guest)
{
    return guest->row.state == GW_GUEST_STOPPED || guest->row.state == GW_GUEST_CRASHED;
}

/* ---- start, stop, delete ---- */

static int
check_start(const struct scheduler *s, const struct sch_guest *guest, struct gw_error *err)
{
    if (!is_down(guest))
        return wrong_state(guest, "GUEST_NOT_STOPPED", "only a stopped guest can be started", err);
    GW_AUTO_FREE struct gw_guest_spec *spec = sch_spec_unpack(&guest->spec, err);
    const struct sch_host *host = sch_list_find(&s->hosts, guest->row.holder);
    if (!spec || !host)
        return -1;
    struct gw_host_view view = sch_host_view(host);
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_start(spec, &view, &reasons);
    return gw_reasons_to_error(&reasons, err);
}

void sch_guest_start(struct scheduler *s, const char *name_or_uuid, sch_guest_fn done, void *arg)
{
    struct gw_error err = {0};
    struct sch_guest *guest = idle_guest(s, name_or_uuid, &err);
    if (!guest || check_start(s, guest, &err) < 0) {
        done(arg, NULL, &err);
        return;
    }
    struct sch_op *op = sch_op_new(s, guest, "its start", done, arg);
    if (op)
        start(op);
    else
        sch_op_refuse_nomem(done, arg);
}

static void stopped(void *arg, struct sch_answer *said)
{
    struct sch_op *op = arg;
    if (op->scheduler->is_stopping) {
        sch_op_finish(op, &said->err);
        return;
    }
    op->failure = said->err;
    bool is_failed = op->failure.code != GW_OK;
    if (is_failed)
        gw_error_wrap(&op->failure, "guest %s did not stop", op->guest->row.name);
    sch_op_set_state(op, is_failed ? GW_GUEST_RUNNING : GW_GUEST_STOPPED, op->failure.message,
                     op->guest->row.epoch, sch_op_settled);
}

static void stop_stored(void *arg, const struct gw_error *err)
{
    struct sch_op *op = arg;
    if (err)
        sch_op_finish(op, err);
    else
        sch_ask_stop(op->scheduler, op->guest, op->force, op->timeout_ms, stopped, op);
}

void sch_guest_stop(struct scheduler *s,
                    const char *name_or_uuid,
                    bool force,
                    uint32_t timeout_ms,
                    sch_guest_fn done,
                    void *arg)
{
    struct gw_error err = {0};
    struct sch_guest *guest = idle_guest(s, name_or_uuid, &err);
    if (guest && guest->row.state != GW_GUEST_RUNNING) {
        wrong_state(guest, "GUEST_NOT_RUNNING", "only a running guest can be stopped", &err);
        guest = NULL;
    }
    if (!guest) {
        done(arg, NULL, &err);
        return;
    }
    struct sch_op *op = sch_op_new(s, guest, "its stop", done, arg);
    if (!op) {
        sch_op_refuse_nomem(done, arg);
        return;
    }
    op->force = force;
    op->timeout_ms = timeout_ms;
    sch_op_set_state(op, GW_GUEST_STOPPING, "", guest->row.epoch, stop_stored);
}

static void retired(void *arg, struct sch_answer *said)
{
    struct sch_op *op = arg;
    if (op->scheduler->is_stopping) {
        sch_op_finish(op, &said->err);
    } else if (!gw_error_is_set(&said->err) || said->err.code == GW_NOT_FOUND) {
        sch_op_remove_guest(op);
    } else {
        op->failure = said->err;
        gw_error_wrap(&op->failure, "guest %s was not deleted", op->guest->row.name);
        sch_op_set_state(op, GW_GUEST_STOPPED, op->failure.message, op->guest->row.epoch,
                         sch_op_settled);
    }
}

static void delete_stored(void *arg, const struct gw_error *err)
{
    struct sch_op *op = arg;
    if (err)
        sch_op_finish(op, err);
    else
        sch_ask_delete(op->scheduler, op->guest, retired, op);
}

void sch_guest_delete(struct scheduler *s, const char *name_or_uuid, sch_guest_fn done, void *arg)
{
    struct gw_error err = {0};
    struct sch_guest *guest = idle_guest(s, name_or_uuid, &err);
    if (guest && (!is_down(guest) || guest->row.migration_id[0])) {
        wrong_state(guest, "GUEST_NOT_STOPPED",
                    is_down(guest) ? "wait for the end of its migration"
                                   : "stop it before deleting it",
                    &err);
        guest = NULL;
    }
    if (!guest) {
        done(arg, NULL, &err);
        return;
    }
    struct sch_op *op = sch_op_new(s, guest, "its deletion", done, arg);
    if (op)
        sch_op_set_state(op, GW_GUEST_DELETING, "", guest->row.epoch, delete_stored);
    else
        sch_op_refuse_nomem(done, arg);
}

void sch_guest_resume(struct scheduler *s, struct sch_guest *guest)
{
    enum gw_guest_state state = guest->row.state;
    if (state == GW_GUEST_STOPPING)
        guest->row.state = GW_GUEST_RUNNING; /* its source tells whether it still does */
    if (state != GW_GUEST_CREATING && state != GW_GUEST_STARTING && state != GW_GUEST_DELETING)
        return;
    struct sch_op *op = sch_op_new(s, guest, "what was begun before a restart", NULL, NULL);
    if (!op)
        return;
    if (state == GW_GUEST_CREATING)
        sch_ask_create(s, guest, sch_op_created, op);
    else if (state == GW_GUEST_STARTING)
        sch_ask_start(s, guest, sch_op_started, op);
    else
        sch_ask_delete(s, guest, retired, op);
}
