#ifndef GW_STORE_STORE_PRIV_H
#define GW_STORE_STORE_PRIV_H
/* For lib/store alone. */

#include <sqlite3.h>

#include "store/store.h"

enum gw_statement {
    GW_SQL_BEGIN,
    GW_SQL_COMMIT,
    GW_SQL_ROLLBACK,
    GW_SQL_HOST_PUT,
    GW_SQL_GUEST_ADD,
    GW_SQL_GUEST_SET,
    GW_SQL_GUEST_SPEC,
    GW_SQL_GUEST_GRANT,
    GW_SQL_GUEST_REMOVE,
    GW_SQL_PLAN_ADD,
    GW_SQL_MIGRATION_ADD,
    GW_SQL_MIGRATION_SET,
    GW_SQL_EVENT_ADD,
    GW_SQL_EVENTS_PRUNE,
    GW_SQL_EVENT_BOUNDS,
    GW_SQL_EVENTS_READ,
    GW_SQL_EVENTS_READ_OF,
    GW_SQL_HOSTS,
    GW_SQL_GUESTS,
    GW_SQL_PLANS,
    GW_SQL_MIGRATIONS,
    GW_SQL_COUNT
};

struct gw_store {
    sqlite3 *db;
    sqlite3_stmt *statements[GW_SQL_COUNT];
    char cluster_id[GW_UUID_LEN + 1];
    uint64_t newest_cursor;
    int wal_pages; /* in the log, not yet in the database */
};

/* SQLite's hook at each commit: counts the pages of the log, and does not empty it. */
int gw_store_note_wal(void *arg, sqlite3 *db, const char *name, int n_pages);

/* Raise what SQLite's result @rc means, with what was being done. Returns -1. */
int gw_store_error(struct gw_store *store, int rc, const char *what, struct gw_error *err);

/* Bring the schema of an open database up to date, one step after the other, and load or make the
 * cluster's id. */
int gw_store_upgrade(struct gw_store *store, const struct gw_random *random, struct gw_error *err);

int gw_store_prepare(struct gw_store *store, struct gw_error *err);
void gw_store_unprepare(struct gw_store *store);
/* The statement, reset and without values. */
sqlite3_stmt *gw_store_statement(struct gw_store *store, enum gw_statement which);
/* Run it to its end; it must return no rows. */
int gw_store_run(struct gw_store *store,
                 sqlite3_stmt *stmt,
                 const char *what,
                 struct gw_error *err);

/* Bind the next value; @at counts up from 1. Failing binds show when the statement is run. */
void gw_bind_text(sqlite3_stmt *stmt, int *at, const char *text);
void gw_bind_u64(sqlite3_stmt *stmt, int *at, uint64_t number);
void gw_bind_blob(sqlite3_stmt *stmt, int *at, const struct gw_blob *blob);

/* Read the next column; @at counts up from 0. */
void gw_column_text(sqlite3_stmt *stmt, int *at, char *buf, size_t size);
uint64_t gw_column_u64(sqlite3_stmt *stmt, int *at);
int gw_column_blob(sqlite3_stmt *stmt, int *at, struct gw_blob *out);

#endif
