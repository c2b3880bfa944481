#ifndef GW_STORE_STORE_H
#define GW_STORE_STORE_H
/* The scheduler's durable state in one SQLite file: write-ahead log, synced at each commit, used by
 * this process alone. Everything here blocks: call it from one thread at a time, and from the loop
 * thread only before the loop runs. */

#include <stdint.h>

#include "base/error.h"
#include "base/id.h"
#include "store/batch.h"
#include "store/rows.h"

enum {
    GW_STORE_EVENTS_KEPT = 100000, /* of about 1 KiB; older ones are dropped */
    GW_STORE_SCHEMA = 1,           /* the newest schema step this program knows */
};
#define GW_STORE_MAX_BYTES (UINT64_C(16) << 30) /* a runaway shall not fill the host's disk */

struct gw_store;

struct gw_store_options {
    const struct gw_random *random; /* makes the cluster's id the first time */
    uint64_t max_bytes;             /* 0: GW_STORE_MAX_BYTES */
};

/* Open or make the file @path and bring its schema up to date. Errors: ALREADY_EXISTS another
 * process uses it; FAILED_PRECONDITION a newer Godwit made it; DATA_LOSS it is no sound database;
 * RESOURCE_EXHAUSTED disk full; others by cause. */
struct gw_store *
gw_store_open(const char *path, const struct gw_store_options *options, struct gw_error *err);
void gw_store_close(struct gw_store *store);
/* The uuid made when the file was; valid as long as the store. */
const char *gw_store_cluster_id(const struct gw_store *store);

/* Apply all changes of @batch in one transaction, or none of them. *out_cursor (may be NULL) is the
 * cursor of the newest event of the store afterwards. Errors: ABORTED, reason STALE, when a grant
 * finds another epoch than it expects; ALREADY_EXISTS a key is taken; NOT_FOUND a row to change is
 * not there; RESOURCE_EXHAUSTED disk full. */
int gw_store_apply(struct gw_store *store,
                   const struct gw_batch *batch,
                   uint64_t *out_cursor,
                   struct gw_error *err);

/* Housekeeping: empty the log when it has grown, drop events past GW_STORE_EVENTS_KEPT. To be
 * called every few seconds, at a moment when no hand-over waits for the disk. */
int gw_store_tidy(struct gw_store *store, struct gw_error *err);

/* Visit every row in the order it was added; the visitor may take what hangs on the row by
 * emptying it there. A visitor that returns -1 (with @err set) ends the visit. */
typedef int (*gw_host_row_fn)(void *arg, struct gw_host_row *row, struct gw_error *err);
typedef int (*gw_guest_row_fn)(void *arg, struct gw_guest_row *row, struct gw_error *err);
typedef int (*gw_plan_row_fn)(void *arg, struct gw_plan_row *row, struct gw_error *err);
typedef int (*gw_migration_row_fn)(void *arg, struct gw_migration_row *row, struct gw_error *err);
int gw_store_each_host(struct gw_store *store, gw_host_row_fn fn, void *arg, struct gw_error *err);
int gw_store_each_guest(struct gw_store *store,
                        gw_guest_row_fn fn,
                        void *arg,
                        struct gw_error *err);
int gw_store_each_plan(struct gw_store *store, gw_plan_row_fn fn, void *arg, struct gw_error *err);
int gw_store_each_migration(struct gw_store *store,
                            gw_migration_row_fn fn,
                            void *arg,
                            struct gw_error *err);

/* Cursors of the oldest event kept and of the newest; 0 and 0 when there is none. */
int gw_store_event_bounds(struct gw_store *store,
                          uint64_t *out_oldest,
                          uint64_t *out_newest,
                          struct gw_error *err);
/* Read up to @max_events events after cursor @after into @events (zeroed); only those of
 * @migration_id when it is not "". The caller frees their payloads. */
int gw_store_events_read(struct gw_store *store,
                         uint64_t after,
                         const char *migration_id,
                         struct gw_event_row *events,
                         size_t max_events,
                         size_t *out_n_events,
                         struct gw_error *err);

#endif
