/* Housekeeping that must not lie on the way of a hand-over: nothing of it happens inside
 * gw_store_apply(). */
#include "store/store_priv.h"

enum {
    WAL_PAGES_MAX = 1000, /* 4 MiB of log before it is copied into the database */
    PRUNE_SLACK = 1024,   /* events past the limit before old ones are dropped */
};

static int prune_events(struct gw_store *store, struct gw_error *err)
{
    uint64_t oldest = 0, newest = 0;
    if (gw_store_event_bounds(store, &oldest, &newest, err) < 0)
        return -1;
    if (oldest == 0 || newest - oldest < GW_STORE_EVENTS_KEPT + PRUNE_SLACK)
        return 0;
    sqlite3_stmt *stmt = gw_store_statement(store, GW_SQL_EVENTS_PRUNE);
    int at = 1;
    gw_bind_u64(stmt, &at, newest - GW_STORE_EVENTS_KEPT);
    return gw_store_run(store, stmt, "dropping old events", err);
}

int gw_store_note_wal(void *arg, sqlite3 *db, const char *name, int n_pages)
{
    struct gw_store *store = arg;
    (void)db;
    (void)name;
    store->wal_pages = n_pages;
    return SQLITE_OK;
}

int gw_store_tidy(struct gw_store *store, struct gw_error *err)
{
    if (prune_events(store, err) < 0)
        return -1;
    if (store->wal_pages < WAL_PAGES_MAX)
        return 0;
    int rc = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc != SQLITE_OK)
        return gw_store_error(store, rc, "copying the store's log into it", err);
    store->wal_pages = 0;
    return 0;
}
