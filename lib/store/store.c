/* Opening and closing the scheduler's store. Failure modes: a full disk or a failing write makes
 * one gw_store_apply() fail and leaves everything as it was; a crash leaves the last committed
 * transaction. */
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/store_priv.h"

enum { PAGE_BYTES = 4096 };

static enum gw_code code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
        return GW_RESOURCE_EXHAUSTED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CONSTRAINT:
        return GW_ALREADY_EXISTS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return GW_DATA_LOSS;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return GW_PERMISSION_DENIED;
    default:
        return GW_INTERNAL;
    }
}

static const char *remedy_for(enum gw_code code)
{
    switch ((int)code) {
    case GW_RESOURCE_EXHAUSTED:
        return ": free space on the disk of the store";
    case GW_DATA_LOSS:
        return ": put a backup of the file in its place";
    case GW_PERMISSION_DENIED:
        return ": make its folder writable for this user";
    default:
        return "";
    }
}

int gw_store_error(struct gw_store *store, int rc, const char *what, struct gw_error *err)
{
    enum gw_code code = code_of(rc);
    if ((rc & 0xff) == SQLITE_BUSY)
        return gw_error_set(err, code, "%s: another process uses this store: stop it", what);
    return gw_error_set(err, code, "%s: %s (SQLite %d)%s", what,
                        store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc), rc,
                        remedy_for(code));
}

static int set_up(struct gw_store *store, uint64_t max_bytes, struct gw_error *err)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA page_size = %d; PRAGMA locking_mode = EXCLUSIVE;"
                   "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                   "PRAGMA max_page_count = %" PRIu64,
                   PAGE_BYTES, max_bytes / PAGE_BYTES);
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : gw_store_error(store, rc, "opening the store", err);
}

static int open_store(struct gw_store *store,
                      const char *path,
                      const struct gw_store_options *options,
                      struct gw_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    int rc = sqlite3_open_v2(path, &store->db, flags, NULL);
    if (rc != SQLITE_OK)
        return gw_store_error(store, rc, "opening the store", err);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_wal_hook(store->db, gw_store_note_wal, store);
    if (set_up(store, options->max_bytes ? options->max_bytes : GW_STORE_MAX_BYTES, err) ||
        gw_store_upgrade(store, options->random, err) || gw_store_prepare(store, err))
        return -1;
    uint64_t oldest = 0;
    return gw_store_event_bounds(store, &oldest, &store->newest_cursor, err);
}

struct gw_store *
gw_store_open(const char *path, const struct gw_store_options *options, struct gw_error *err)
{
    struct gw_store *store = calloc(1, sizeof *store);
    if (!store) {
        gw_error_set_nomem(err, "opening the store");
        return NULL;
    }
    if (open_store(store, path, options, err)) {
        gw_error_wrap(err, "store %s", path);
        gw_store_close(store);
        return NULL;
    }
    return store;
}

void gw_store_close(struct gw_store *store)
{
    if (!store)
        return;
    gw_store_unprepare(store);
    sqlite3_close(store->db);
    free(store);
}

const char *gw_store_cluster_id(const struct gw_store *store)
{
    return store->cluster_id;
}
