#ifndef GW_STORE_BATCH_H
#define GW_STORE_BATCH_H
/* Changes that belong together: made by the loop thread, applied by the store's thread in one
 * transaction. A batch owns copies of all it was given. Adding without memory makes it failed;
 * gw_batch_ok() says so once at the end. */

#include <stdbool.h>
#include <stddef.h>

#include "store/rows.h"

enum { GW_BATCH_MAX = 8192 }; /* changes: a plan of 1,000 migrations makes 4,001 */

enum gw_change_kind {
    GW_CHANGE_HOST_PUT,    /* add or replace */
    GW_CHANGE_GUEST_ADD,   /* fails with ALREADY_EXISTS: uuid or name taken */
    GW_CHANGE_GUEST_SET,   /* all but spec, epoch and holder */
    GW_CHANGE_GUEST_SPEC,  /* the spec alone */
    GW_CHANGE_GUEST_GRANT, /* epoch and holder, by compare-and-set on the old epoch */
    GW_CHANGE_GUEST_REMOVE,
    GW_CHANGE_PLAN_ADD,
    GW_CHANGE_MIGRATION_ADD,
    GW_CHANGE_MIGRATION_SET,
    GW_CHANGE_EVENT_ADD,
};

struct gw_grant {
    char guest_uuid[GW_UUID_LEN + 1];
    uint64_t from_epoch;
    uint64_t to_epoch;
    char holder[GW_UUID_LEN + 1];
};

struct gw_change {
    enum gw_change_kind kind;
    union {
        struct gw_host_row host;
        struct gw_guest_row guest; /* REMOVE: the uuid alone counts */
        struct gw_grant grant;
        struct gw_plan_row plan;
        struct gw_migration_row migration;
        struct gw_event_row event;
    };
};

struct gw_batch {
    struct gw_change **changes;
    size_t n_changes;
    size_t cap;
    bool is_failed;
};

void gw_batch_init(struct gw_batch *batch);
void gw_batch_fini(struct gw_batch *batch);
bool gw_batch_ok(const struct gw_batch *batch);

void gw_batch_host_put(struct gw_batch *batch, const struct gw_host_row *row);
/* @kind GUEST_ADD, GUEST_SET, GUEST_SPEC or GUEST_REMOVE. */
void gw_batch_guest(struct gw_batch *batch,
                    enum gw_change_kind kind,
                    const struct gw_guest_row *row);
void gw_batch_grant(struct gw_batch *batch, const struct gw_grant *grant);
void gw_batch_plan_add(struct gw_batch *batch, const struct gw_plan_row *row);
/* @kind MIGRATION_ADD or MIGRATION_SET. */
void gw_batch_migration(struct gw_batch *batch,
                        enum gw_change_kind kind,
                        const struct gw_migration_row *row);
void gw_batch_event_add(struct gw_batch *batch, const struct gw_event_row *row);

#endif
