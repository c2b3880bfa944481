#ifndef GW_CORE_MIGRATION_TABLE_H
#define GW_CORE_MIGRATION_TABLE_H
/* The rows behind gw_migration_step(). For lib/core and its tests. */

#include <stddef.h>

#include "core/migration.h"

enum gw_migration_guard {
    GW_GUARD_ALWAYS,
    GW_GUARD_RELINQUISHED,   /* event: A had relinquished */
    GW_GUARD_RESTART,        /* event: a cold move had shut down a guest that shall run */
    GW_GUARD_COLD_RAN,       /* state: a cold move of a guest that shall run */
    GW_GUARD_TARGET_REFUSED, /* state: B has refused already */
    GW_GUARD_TARGET_ACTIVE,  /* state: B has ACTIVE journalled */
    GW_GUARD_WAS_CANCELLED,  /* state: undone at somebody's wish */
    GW_GUARD_REFUSED_AND_CANCELLED,
};

enum gw_migration_action {
    GW_ACTION_MOVE,       /* to `to`, with `effects` */
    GW_ACTION_RESEND,     /* stay; `effects` again */
    GW_ACTION_SAME,       /* answer as before */
    GW_ACTION_STALE,      /* message of a past that was undone */
    GW_ACTION_TOO_LATE,   /* refused: cannot be undone any more */
    GW_ACTION_UNEXPECTED, /* refused: nothing of ours asked for it */
};

enum gw_migration_mark {
    GW_MARK_CANCELLED = 1,
    GW_MARK_TARGET_REFUSED = 2,
    GW_MARK_TARGET_ACTIVE = 4,
    GW_MARK_NOT_CANCELLED = 8, /* the wish came too late */
};

struct gw_migration_row {
    enum gw_migration_state from;
    unsigned events; /* 1 << kind, or-ed */
    enum gw_migration_guard guard;
    enum gw_migration_action action;
    enum gw_migration_state to;
    unsigned effects;
    unsigned marks;
};

/* The first row that fits counts. */
extern const struct gw_migration_row gw_migration_rows[];
extern const size_t gw_migration_n_rows;

#endif
