#include <inttypes.h>

#include "base/failpoint.h"
#include "store/store_priv.h"

static int put_host(struct gw_store *store, const struct gw_host_row *row, struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_HOST_PUT);
    int at = 1;
    gw_bind_text(stmt, &at, row->id);
    gw_bind_text(stmt, &at, row->name);
    gw_bind_text(stmt, &at, row->boot_id);
    gw_bind_text(stmt, &at, row->source_url);
    gw_bind_text(stmt, &at, row->target_url);
    gw_bind_blob(stmt, &at, &row->facts);
    return gw_store_run(store, stmt, "storing a host", err);
}

static void bind_guest_changing(sqlite3_stmt *stmt, int *at, const struct gw_guest_row *row)
{
    gw_bind_u64(stmt, at, (uint64_t)row->state);
    gw_bind_text(stmt, at, row->migration_id);
    gw_bind_u64(stmt, at, row->is_start_wanted);
    gw_bind_text(stmt, at, row->message);
    gw_bind_u64(stmt, at, row->changed_us);
    gw_bind_text(stmt, at, row->uuid);
}

/* A change of a row that must be there. */
static int run_on_one(struct gw_store *store,
                      sqlite3_stmt *stmt,
                      const char *what,
                      const char *id,
                      struct gw_error *err)
{
    if (gw_store_run(store, stmt, what, err))
        return -1;
    if (sqlite3_changes(store->db) == 1)
        return 0;
    return gw_error_set(err, GW_NOT_FOUND, "%s: the store has no %s", what, id);
}

static int change_guest(struct gw_store *store,
                        enum gw_change_kind kind,
                        const struct gw_guest_row *row,
                        struct gw_error *err)
{
    sqlite3_stmt *stmt;
    int at = 1;
    switch ((int)kind) {
    case GW_CHANGE_GUEST_ADD:
        stmt = gw_store_statement(store, GW_SQL_GUEST_ADD);
        bind_guest_changing(stmt, &at, row);
        gw_bind_text(stmt, &at, row->name);
        gw_bind_text(stmt, &at, row->spec);
        gw_bind_u64(stmt, &at, row->epoch);
        gw_bind_text(stmt, &at, row->holder);
        gw_bind_u64(stmt, &at, row->created_us);
        break;
    case GW_CHANGE_GUEST_SET:
        stmt = gw_store_statement(store, GW_SQL_GUEST_SET);
        bind_guest_changing(stmt, &at, row);
        break;
    case GW_CHANGE_GUEST_SPEC:
        stmt = gw_store_statement(store, GW_SQL_GUEST_SPEC);
        gw_bind_text(stmt, &at, row->spec);
        gw_bind_text(stmt, &at, row->uuid);
        break;
    default:
        stmt = gw_store_statement(store, GW_SQL_GUEST_REMOVE);
        gw_bind_text(stmt, &at, row->uuid);
        break;
    }
    return run_on_one(store, stmt, "storing a guest", row->uuid, err);
}

static int grant(struct gw_store *store, const struct gw_grant *grant, struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_GUEST_GRANT);
    int at = 1;
    gw_bind_u64(stmt, &at, grant->to_epoch);
    gw_bind_text(stmt, &at, grant->holder);
    gw_bind_text(stmt, &at, grant->guest_uuid);
    gw_bind_u64(stmt, &at, grant->from_epoch);
    if (gw_store_run(store, stmt, "granting a guest", err))
        return -1;
    if (sqlite3_changes(store->db) == 1)
        return 0;
    gw_error_set(err, GW_ABORTED,
                 "guest %s no longer has epoch %" PRIu64 ", so epoch %" PRIu64 " is not granted",
                 grant->guest_uuid, grant->from_epoch, grant->to_epoch);
    return gw_error_reason(err, "STALE");
}

static int add_plan(struct gw_store *store, const struct gw_plan_row *row, struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_PLAN_ADD);
    int at = 1;
    gw_bind_text(stmt, &at, row->id);
    gw_bind_text(stmt, &at, row->idempotency_key);
    gw_bind_u64(stmt, &at, row->fingerprint);
    gw_bind_u64(stmt, &at, row->created_us);
    return gw_store_run(store, stmt, "storing a plan", err);
}

static void bind_migration_fixed(sqlite3_stmt *stmt, int *at, const struct gw_migration_row *row)
{
    gw_bind_text(stmt, at, row->id);
    gw_bind_text(stmt, at, row->plan_id);
    gw_bind_u64(stmt, at, row->position);
    gw_bind_text(stmt, at, row->guest_uuid);
    gw_bind_text(stmt, at, row->guest_name);
    gw_bind_text(stmt, at, row->from_id);
    gw_bind_text(stmt, at, row->to_id);
    gw_bind_u64(stmt, at, row->options.shutdown_timeout_ms);
    gw_bind_u64(stmt, at, row->options.max_downtime_ms);
    gw_bind_u64(stmt, at, row->options.bandwidth_bps);
    gw_bind_u64(stmt, at, row->options.force_stop);
    gw_bind_u64(stmt, at, row->core.is_live);
    gw_bind_u64(stmt, at, row->core.guest_ran);
    gw_bind_u64(stmt, at, row->core.epoch);
    gw_bind_u64(stmt, at, row->created_us);
}

static void bind_migration_changing(sqlite3_stmt *stmt, int *at, const struct gw_migration_row *row)
{
    gw_bind_text(stmt, at, gw_migration_state_name(row->core.state));
    gw_bind_u64(stmt, at, row->core.attempt);
    gw_bind_u64(stmt, at, row->core.guest_epoch);
    gw_bind_u64(stmt, at, row->core.is_cancelled);
    gw_bind_u64(stmt, at, row->core.target_refused);
    gw_bind_u64(stmt, at, row->core.target_active);
    gw_bind_u64(stmt, at, row->cancel_requested);
    gw_bind_u64(stmt, at, row->copied_disks);
    gw_bind_blob(stmt, at, &row->endpoints);
    gw_bind_blob(stmt, at, &row->progress);
    gw_bind_u64(stmt, at, row->times.total_us);
    gw_bind_u64(stmt, at, row->times.blackout_us);
    gw_bind_u64(stmt, at, row->times.pause_to_completed_us);
    gw_bind_u64(stmt, at, row->times.relinquish_to_active_us);
    gw_bind_u64(stmt, at, row->times.qemu_downtime_ms);
    gw_bind_text(stmt, at, row->failure.code);
    gw_bind_text(stmt, at, row->failure.message);
    gw_bind_u64(stmt, at, row->changed_us);
    gw_bind_u64(stmt, at, row->finished_us);
}

static int
add_migration(struct gw_store *store, const struct gw_migration_row *row, struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_MIGRATION_ADD);
    int at = 1;
    bind_migration_fixed(stmt, &at, row);
    bind_migration_changing(stmt, &at, row);
    return gw_store_run(store, stmt, "storing a migration", err);
}

static int
set_migration(struct gw_store *store, const struct gw_migration_row *row, struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_MIGRATION_SET);
    int at = 1;
    bind_migration_changing(stmt, &at, row);
    gw_bind_text(stmt, &at, row->id);
    return run_on_one(store, stmt, "storing a migration", row->id, err);
}

static int add_event(struct gw_store *store,
                     const struct gw_event_row *row,
                     uint64_t *out_cursor,
                     struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_EVENT_ADD);
    int at = 1;
    gw_bind_u64(stmt, &at, row->at_us);
    gw_bind_text(stmt, &at, row->kind);
    gw_bind_text(stmt, &at, row->migration_id);
    gw_bind_blob(stmt, &at, &row->payload);
    if (gw_store_run(store, stmt, "storing an event", err))
        return -1;
    *out_cursor = (uint64_t)sqlite3_last_insert_rowid(store->db);
    return 0;
}

static int apply_change(struct gw_store *store,
                        const struct gw_change *change,
                        uint64_t *cursor,
                        struct gw_error *err)
{
    switch (change->kind) {
    case GW_CHANGE_HOST_PUT:
        return put_host(store, &change->host, err);
    case GW_CHANGE_GUEST_ADD:
    case GW_CHANGE_GUEST_SET:
    case GW_CHANGE_GUEST_SPEC:
    case GW_CHANGE_GUEST_REMOVE:
        return change_guest(store, change->kind, &change->guest, err);
    case GW_CHANGE_GUEST_GRANT:
        return grant(store, &change->grant, err);
    case GW_CHANGE_PLAN_ADD:
        return add_plan(store, &change->plan, err);
    case GW_CHANGE_MIGRATION_ADD:
        return add_migration(store, &change->migration, err);
    case GW_CHANGE_MIGRATION_SET:
        return set_migration(store, &change->migration, err);
    case GW_CHANGE_EVENT_ADD:
        return add_event(store, &change->event, cursor, err);
    }
    return gw_error_set(err, GW_INTERNAL, "unknown change %d", (int)change->kind);
}

static int apply_all(struct gw_store *store,
                     const struct gw_batch *batch,
                     uint64_t *cursor,
                     struct gw_error *err)
{
    for (size_t i = 0; i < batch->n_changes; i++) {
        if (apply_change(store, batch->changes[i], cursor, err))
            return -1;
    }
    return gw_store_run(store, gw_store_statement(store, GW_SQL_COMMIT), "committing to the store",
                        err);
}

int gw_store_apply(struct gw_store *store,
                   const struct gw_batch *batch,
                   uint64_t *out_cursor,
                   struct gw_error *err)
{
    if (!gw_batch_ok(batch))
        return gw_error_set_nomem(err, "gathering changes for the store");
    uint64_t cursor = store->newest_cursor;
    sqlite3_stmt *begin = gw_store_statement(store, GW_SQL_BEGIN);
    if (GW_FAILPOINT(err, "store.apply.before") < 0 ||
        gw_store_run(store, begin, "writing to the store", err))
        return -1;
    if (apply_all(store, batch, &cursor, err)) {
        /* SQLite may have rolled back by itself, on a full disk for one. */
        if (!sqlite3_get_autocommit(store->db))
            (void)gw_store_run(store, gw_store_statement(store, GW_SQL_ROLLBACK), "rolling back",
                               NULL);
        return -1;
    }
    (void)GW_FAILPOINT(NULL, "store.apply.after");
    store->newest_cursor = cursor;
    if (out_cursor)
        *out_cursor = cursor;
    return 0;
}
