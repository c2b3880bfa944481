#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_priv.h"

#define MIGRATION_FIXED                                                                            \
    "id, plan_id, position, guest_uuid, guest_name, from_id, to_id, shutdown_timeout_ms,"          \
    " max_downtime_ms, bandwidth_bps, force_stop, is_live, guest_ran, epoch, created_us"
#define MIGRATION_CHANGING                                                                         \
    "state, attempt, guest_epoch, is_cancelled, target_refused, target_active, cancel_requested,"  \
    " copied_disks, endpoints, progress, total_us, blackout_us, pause_to_completed_us,"            \
    " relinquish_to_active_us, qemu_downtime_ms, failure_code, failure_message, changed_us,"       \
    " finished_us"
#define EVENT_COLUMNS "cursor, at_us, kind, migration_id, payload"

static const char *const texts[GW_SQL_COUNT] = {
    [GW_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [GW_SQL_COMMIT] = "COMMIT",
    [GW_SQL_ROLLBACK] = "ROLLBACK",
    [GW_SQL_HOST_PUT] = "INSERT INTO hosts (id, name, boot_id, source_url, target_url, facts)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET name = ?2,"
                        " boot_id = ?3, source_url = ?4, target_url = ?5, facts = ?6",
    [GW_SQL_GUEST_ADD] =
        "INSERT INTO guests (state, migration_id, is_start_wanted, message, changed_us, uuid, name,"
        " spec, epoch, holder, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [GW_SQL_GUEST_SET] = "UPDATE guests SET state = ?, migration_id = ?, is_start_wanted = ?,"
                         " message = ?, changed_us = ? WHERE uuid = ?",
    [GW_SQL_GUEST_SPEC] = "UPDATE guests SET spec = ? WHERE uuid = ?",
    [GW_SQL_GUEST_GRANT] = "UPDATE guests SET epoch = ?, holder = ? WHERE uuid = ? AND epoch = ?",
    [GW_SQL_GUEST_REMOVE] = "DELETE FROM guests WHERE uuid = ?",
    [GW_SQL_PLAN_ADD] = "INSERT INTO plans (id, idempotency_key, fingerprint, created_us)"
                        " VALUES (?, nullif(?, ''), ?, ?)",
    [GW_SQL_MIGRATION_ADD] =
        "INSERT INTO migrations (" MIGRATION_FIXED ", " MIGRATION_CHANGING ") VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [GW_SQL_MIGRATION_SET] = "UPDATE migrations SET (" MIGRATION_CHANGING ") ="
                             " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                             " WHERE id = ?",
    [GW_SQL_EVENT_ADD] =
        "INSERT INTO events (at_us, kind, migration_id, payload) VALUES (?, ?, ?, ?)",
    [GW_SQL_EVENTS_PRUNE] = "DELETE FROM events WHERE cursor <= ?",
    [GW_SQL_EVENT_BOUNDS] = "SELECT coalesce((SELECT min(cursor) FROM events), 0),"
                            " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)",
    [GW_SQL_EVENTS_READ] =
        "SELECT " EVENT_COLUMNS " FROM events WHERE cursor > ? ORDER BY cursor LIMIT ?",
    [GW_SQL_EVENTS_READ_OF] =
        "SELECT " EVENT_COLUMNS " FROM events WHERE cursor > ?1 AND migration_id = ?3"
        " ORDER BY cursor LIMIT ?2",
    [GW_SQL_HOSTS] = "SELECT id, name, boot_id, source_url, target_url, facts FROM hosts"
                     " ORDER BY seq",
    [GW_SQL_GUESTS] =
        "SELECT uuid, name, spec, state, epoch, holder, migration_id, is_start_wanted, message,"
        " created_us, changed_us FROM guests ORDER BY seq",
    [GW_SQL_PLANS] = "SELECT id, coalesce(idempotency_key, ''), fingerprint, created_us FROM plans"
                     " ORDER BY seq",
    [GW_SQL_MIGRATIONS] =
        "SELECT " MIGRATION_FIXED ", " MIGRATION_CHANGING " FROM migrations ORDER BY seq",
};

int gw_store_prepare(struct gw_store *store, struct gw_error *err)
{
    for (int i = 0; i < GW_SQL_COUNT; i++) {
        int rc = sqlite3_prepare_v3(store->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &store->statements[i], NULL);
        if (rc != SQLITE_OK)
            return gw_store_error(store, rc, "preparing statements", err);
    }
    return 0;
}

void gw_store_unprepare(struct gw_store *store)
{
    for (int i = 0; i < GW_SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
}

sqlite3_stmt *gw_store_statement(struct gw_store *store, enum gw_statement which)
{
    sqlite3_stmt *stmt = store->statements[which];
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return stmt;
}

int gw_store_run(struct gw_store *store, sqlite3_stmt *stmt, const char *what, struct gw_error *err)
{
    int rc = sqlite3_step(stmt);
    int result = rc == SQLITE_DONE ? 0 : gw_store_error(store, rc, what, err);
    sqlite3_reset(stmt);
    return result;
}

void gw_bind_text(sqlite3_stmt *stmt, int *at, const char *text)
{
    sqlite3_bind_text(stmt, (*at)++, text, -1, SQLITE_STATIC);
}

/* Stored as the signed number of the same bits. */
void gw_bind_u64(sqlite3_stmt *stmt, int *at, uint64_t number)
{
    sqlite3_bind_int64(stmt, (*at)++, (sqlite3_int64)number);
}

void gw_bind_blob(sqlite3_stmt *stmt, int *at, const struct gw_blob *blob)
{
    sqlite3_bind_blob64(stmt, (*at)++, blob->data, blob->len, SQLITE_STATIC);
}

void gw_column_text(sqlite3_stmt *stmt, int *at, char *buf, size_t size)
{
    const unsigned char *text = sqlite3_column_text(stmt, (*at)++);
    (void)snprintf(buf, size, "%s", text ? (const char *)text : "");
}

uint64_t gw_column_u64(sqlite3_stmt *stmt, int *at)
{
    return (uint64_t)sqlite3_column_int64(stmt, (*at)++);
}

int gw_column_blob(sqlite3_stmt *stmt, int *at, struct gw_blob *out)
{
    int column = (*at)++;
    const void *data = sqlite3_column_blob(stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);
    uint8_t *copy = NULL;
    if (len > 0) {
        copy = malloc(len);
        if (!copy)
            return -1;
        memcpy(copy, data, len);
    }
    *out = (struct gw_blob){.data = copy, .len = len};
    return 0;
}
