/* The schema, as steps that are only ever added to: a store made by any older Godwit is brought up
 * to date when it is opened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "store/store_priv.h"

static const char *const steps[] = {
    /* 1 */
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE hosts ("
    " seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,"
    " boot_id TEXT NOT NULL, source_url TEXT NOT NULL, target_url TEXT NOT NULL, facts BLOB);"
    "CREATE TABLE guests ("
    " seq INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,"
    " spec TEXT NOT NULL, state INTEGER NOT NULL, epoch INTEGER NOT NULL, holder TEXT NOT NULL,"
    " migration_id TEXT NOT NULL, is_start_wanted INTEGER NOT NULL, message TEXT NOT NULL,"
    " created_us INTEGER NOT NULL, changed_us INTEGER NOT NULL);"
    "CREATE TABLE plans ("
    " seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, idempotency_key TEXT UNIQUE,"
    " fingerprint INTEGER NOT NULL, created_us INTEGER NOT NULL);"
    "CREATE TABLE migrations ("
    " seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, plan_id TEXT NOT NULL,"
    " position INTEGER NOT NULL, guest_uuid TEXT NOT NULL, guest_name TEXT NOT NULL,"
    " from_id TEXT NOT NULL, to_id TEXT NOT NULL, shutdown_timeout_ms INTEGER NOT NULL,"
    " max_downtime_ms INTEGER NOT NULL, bandwidth_bps INTEGER NOT NULL,"
    " force_stop INTEGER NOT NULL, is_live INTEGER NOT NULL, guest_ran INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " state TEXT NOT NULL, attempt INTEGER NOT NULL, guest_epoch INTEGER NOT NULL,"
    " is_cancelled INTEGER NOT NULL, target_refused INTEGER NOT NULL,"
    " target_active INTEGER NOT NULL, cancel_requested INTEGER NOT NULL,"
    " copied_disks INTEGER NOT NULL, endpoints BLOB, progress BLOB, total_us INTEGER NOT NULL,"
    " blackout_us INTEGER NOT NULL, pause_to_completed_us INTEGER NOT NULL,"
    " relinquish_to_active_us INTEGER NOT NULL, qemu_downtime_ms INTEGER NOT NULL,"
    " failure_code TEXT NOT NULL, failure_message TEXT NOT NULL, changed_us INTEGER NOT NULL,"
    " finished_us INTEGER NOT NULL);"
    "CREATE TABLE events ("
    " cursor INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, kind TEXT NOT NULL,"
    " migration_id TEXT NOT NULL, payload BLOB);"
    "CREATE INDEX events_of_migration ON events (migration_id, cursor);",
};
_Static_assert(GW_ARRAY_LEN(steps) == GW_STORE_SCHEMA, "each schema step has its number");

static int run(struct gw_store *store, const char *sql, const char *what, struct gw_error *err)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : gw_store_error(store, rc, what, err);
}

/* One number or text from one row; @out is untouched when there is none. */
static int
query(struct gw_store *store, const char *sql, char *out, size_t size, struct gw_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        int at = 0;
        gw_column_text(stmt, &at, out, size);
    }
    sqlite3_finalize(stmt);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return 0;
    return gw_store_error(store, rc, "reading the schema", err);
}

static int current_schema(struct gw_store *store, unsigned *out_schema, struct gw_error *err)
{
    char text[24] = "0";
    if (query(store, "PRAGMA user_version", text, sizeof text, err))
        return -1;
    *out_schema = (unsigned)strtoul(text, NULL, 10);
    if (*out_schema > GW_STORE_SCHEMA) {
        gw_error_set(err, GW_FAILED_PRECONDITION,
                     "the store has schema %u, this program knows up to %d: start the newer Godwit "
                     "that made it",
                     *out_schema, GW_STORE_SCHEMA);
        return gw_error_reason(err, "SCHEMA_TOO_NEW");
    }
    return 0;
}

static int take_step(struct gw_store *store, unsigned schema, struct gw_error *err)
{
    char version[48];
    (void)snprintf(version, sizeof version, "PRAGMA user_version = %u", schema + 1);
    if (run(store, steps[schema], "upgrading the schema", err))
        return -1;
    return run(store, version, "upgrading the schema", err);
}

static int
make_cluster_id(struct gw_store *store, const struct gw_random *random, struct gw_error *err)
{
    char *id = store->cluster_id;
    if (query(store, "SELECT value FROM meta WHERE key = 'cluster_id'", id,
              sizeof store->cluster_id, err))
        return -1;
    if (id[0])
        return 0;
    char sql[128];
    gw_uuid_make(random, id);
    (void)snprintf(sql, sizeof sql, "INSERT INTO meta VALUES ('cluster_id', '%s')", id);
    return run(store, sql, "storing the cluster's id", err);
}

static int upgrade(struct gw_store *store, const struct gw_random *random, struct gw_error *err)
{
    unsigned schema = 0;
    if (current_schema(store, &schema, err))
        return -1;
    for (; schema < GW_STORE_SCHEMA; schema++) {
        if (take_step(store, schema, err))
            return -1;
    }
    return make_cluster_id(store, random, err);
}

int gw_store_upgrade(struct gw_store *store, const struct gw_random *random, struct gw_error *err)
{
    if (run(store, "BEGIN EXCLUSIVE", "taking the store", err))
        return -1;
    if (upgrade(store, random, err)) {
        (void)run(store, "ROLLBACK", "rolling back", NULL);
        return -1;
    }
    return run(store, "COMMIT", "upgrading the schema", err);
}
