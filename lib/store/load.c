#include <string.h>

#include "base/scope.h"
#include "store/store_priv.h"

/* Step to the next row: 1 there is one, 0 the end, -1 failed. */
static int next_row(struct gw_store *store, sqlite3_stmt *stmt, struct gw_error *err)
{
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return 1;
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? 0 : gw_store_error(store, rc, "reading the store", err);
}

int gw_store_each_host(struct gw_store *store, gw_host_row_fn fn, void *arg, struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_HOSTS);
    int more;
    while ((more = next_row(store, stmt, err)) == 1) {
        struct gw_host_row row = {0};
        int at = 0;
        gw_column_text(stmt, &at, row.id, sizeof row.id);
        gw_column_text(stmt, &at, row.name, sizeof row.name);
        gw_column_text(stmt, &at, row.boot_id, sizeof row.boot_id);
        gw_column_text(stmt, &at, row.source_url, sizeof row.source_url);
        gw_column_text(stmt, &at, row.target_url, sizeof row.target_url);
        int failed = gw_column_blob(stmt, &at, &row.facts)
                         ? gw_error_set_nomem(err, "reading a host")
                         : fn(arg, &row, err);
        gw_host_row_fini(&row);
        if (failed)
            return -1;
    }
    return more;
}

static int column_spec(sqlite3_stmt *stmt, int *at, char **out)
{
    const unsigned char *text = sqlite3_column_text(stmt, (*at)++);
    *out = strdup(text ? (const char *)text : "");
    return *out ? 0 : -1;
}

static int read_guest(sqlite3_stmt *stmt, struct gw_guest_row *row, struct gw_error *err)
{
    int at = 0;
    gw_column_text(stmt, &at, row->uuid, sizeof row->uuid);
    gw_column_text(stmt, &at, row->name, sizeof row->name);
    if (column_spec(stmt, &at, &row->spec))
        return gw_error_set_nomem(err, "reading a guest");
    row->state = (enum gw_guest_state)gw_column_u64(stmt, &at);
    row->epoch = gw_column_u64(stmt, &at);
    gw_column_text(stmt, &at, row->holder, sizeof row->holder);
    gw_column_text(stmt, &at, row->migration_id, sizeof row->migration_id);
    row->is_start_wanted = gw_column_u64(stmt, &at) != 0;
    gw_column_text(stmt, &at, row->message, sizeof row->message);
    row->created_us = gw_column_u64(stmt, &at);
    row->changed_us = gw_column_u64(stmt, &at);
    return 0;
}

int gw_store_each_guest(struct gw_store *store, gw_guest_row_fn fn, void *arg, struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_GUESTS);
    int more;
    while ((more = next_row(store, stmt, err)) == 1) {
        struct gw_guest_row row = {0};
        int failed = read_guest(stmt, &row, err) || fn(arg, &row, err);
        gw_guest_row_fini(&row);
        if (failed)
            return -1;
    }
    return more;
}

int gw_store_each_plan(struct gw_store *store, gw_plan_row_fn fn, void *arg, struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_PLANS);
    int more;
    while ((more = next_row(store, stmt, err)) == 1) {
        struct gw_plan_row row = {0};
        int at = 0;
        gw_column_text(stmt, &at, row.id, sizeof row.id);
        gw_column_text(stmt, &at, row.idempotency_key, sizeof row.idempotency_key);
        row.fingerprint = gw_column_u64(stmt, &at);
        row.created_us = gw_column_u64(stmt, &at);
        if (fn(arg, &row, err))
            return -1;
    }
    return more;
}

static void read_migration_fixed(sqlite3_stmt *stmt, int *at, struct gw_migration_row *row)
{
    gw_column_text(stmt, at, row->id, sizeof row->id);
    gw_column_text(stmt, at, row->plan_id, sizeof row->plan_id);
    row->position = (uint32_t)gw_column_u64(stmt, at);
    gw_column_text(stmt, at, row->guest_uuid, sizeof row->guest_uuid);
    gw_column_text(stmt, at, row->guest_name, sizeof row->guest_name);
    gw_column_text(stmt, at, row->from_id, sizeof row->from_id);
    gw_column_text(stmt, at, row->to_id, sizeof row->to_id);
    row->options.shutdown_timeout_ms = (uint32_t)gw_column_u64(stmt, at);
    row->options.max_downtime_ms = (uint32_t)gw_column_u64(stmt, at);
    row->options.bandwidth_bps = gw_column_u64(stmt, at);
    row->options.force_stop = gw_column_u64(stmt, at) != 0;
    row->core.is_live = gw_column_u64(stmt, at) != 0;
    row->core.guest_ran = gw_column_u64(stmt, at) != 0;
    row->core.epoch = gw_column_u64(stmt, at);
    row->created_us = gw_column_u64(stmt, at);
}

static int read_migration_changing(sqlite3_stmt *stmt,
                                   int *at,
                                   struct gw_migration_row *row,
                                   struct gw_error *err)
{
    char state[32];
    gw_column_text(stmt, at, state, sizeof state);
    if (gw_migration_state_parse(state, &row->core.state))
        return gw_error_set(err, GW_DATA_LOSS, "migration %s has unknown state %s in the store",
                            row->id, state);
    row->core.attempt = (uint32_t)gw_column_u64(stmt, at);
    row->core.guest_epoch = gw_column_u64(stmt, at);
    row->core.is_cancelled = gw_column_u64(stmt, at) != 0;
    row->core.target_refused = gw_column_u64(stmt, at) != 0;
    row->core.target_active = gw_column_u64(stmt, at) != 0;
    row->cancel_requested = gw_column_u64(stmt, at) != 0;
    row->copied_disks = (uint32_t)gw_column_u64(stmt, at);
    if (gw_column_blob(stmt, at, &row->endpoints) || gw_column_blob(stmt, at, &row->progress))
        return gw_error_set_nomem(err, "reading a migration");
    row->times.total_us = gw_column_u64(stmt, at);
    row->times.blackout_us = gw_column_u64(stmt, at);
    row->times.pause_to_completed_us = gw_column_u64(stmt, at);
    row->times.relinquish_to_active_us = gw_column_u64(stmt, at);
    row->times.qemu_downtime_ms = gw_column_u64(stmt, at);
    gw_column_text(stmt, at, row->failure.code, sizeof row->failure.code);
    gw_column_text(stmt, at, row->failure.message, sizeof row->failure.message);
    row->changed_us = gw_column_u64(stmt, at);
    row->finished_us = gw_column_u64(stmt, at);
    return 0;
}

int gw_store_each_migration(struct gw_store *store,
                            gw_migration_row_fn fn,
                            void *arg,
                            struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_MIGRATIONS);
    int more;
    while ((more = next_row(store, stmt, err)) == 1) {
        struct gw_migration_row row = {0};
        int at = 0;
        read_migration_fixed(stmt, &at, &row);
        int failed = read_migration_changing(stmt, &at, &row, err) || fn(arg, &row, err);
        gw_migration_row_fini(&row);
        if (failed)
            return -1;
    }
    return more;
}

int gw_store_event_bounds(struct gw_store *store,
                          uint64_t *out_oldest,
                          uint64_t *out_newest,
                          struct gw_error *err)
{
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_EVENT_BOUNDS);
    if (next_row(store, stmt, err) != 1)
        return -1;
    int at = 0;
    *out_oldest = gw_column_u64(stmt, &at);
    *out_newest = gw_column_u64(stmt, &at);
    sqlite3_reset(stmt);
    return 0;
}

static int read_event(sqlite3_stmt *stmt, struct gw_event_row *row, struct gw_error *err)
{
    int at = 0;
    row->cursor = gw_column_u64(stmt, &at);
    row->at_us = gw_column_u64(stmt, &at);
    gw_column_text(stmt, &at, row->kind, sizeof row->kind);
    gw_column_text(stmt, &at, row->migration_id, sizeof row->migration_id);
    if (gw_column_blob(stmt, &at, &row->payload))
        return gw_error_set_nomem(err, "reading an event");
    return 0;
}

int gw_store_events_read(struct gw_store *store,
                         uint64_t after,
                         const char *migration_id,
                         struct gw_event_row *events,
                         size_t max_events,
                         size_t *out_n_events,
                         struct gw_error *err)
{
    bool is_all = migration_id[0] == '\0';
    sqlite3_stmt *stmt =
        gw_store_statement(store, is_all ? GW_SQL_EVENTS_READ : GW_SQL_EVENTS_READ_OF);
    int at = 1;
    gw_bind_u64(stmt, &at, after);
    gw_bind_u64(stmt, &at, max_events);
    if (!is_all)
        gw_bind_text(stmt, &at, migration_id);
    size_t n = 0;
    int more = 0;
    while (n < max_events && (more = next_row(store, stmt, err)) == 1) {
        if (read_event(stmt, &events[n++], err)) {
            more = -1;
            break;
        }
    }
    sqlite3_reset(stmt);
    if (more < 0) {
        for (size_t i = 0; i < n; i++)
            gw_event_row_fini(&events[i]);
        return -1;
    }
    *out_n_events = n;
    return 0;
}
