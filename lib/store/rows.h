#ifndef GW_STORE_ROWS_H
#define GW_STORE_ROWS_H
/* What the scheduler keeps durably, as plain rows. Times are microseconds since 1970. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "core/eligibility.h"
#include "core/migration.h"

enum {
    GW_STORE_URL_MAX = 255,     /* longest address of an agent */
    GW_STORE_MESSAGE_MAX = 255, /* why a guest is in its state */
    GW_STORE_KEY_MAX = 128,     /* idempotency key */
    GW_STORE_KIND_MAX = 47,     /* event kind */
};

/* Bytes that the store keeps and never looks into. */
struct gw_blob {
    uint8_t *data; /* malloc'd */
    size_t len;
};

/* Make @to a copy of @from (zeroed or filled before). Returns -1 without memory. */
int gw_blob_copy(struct gw_blob *to, const struct gw_blob *from);
void gw_blob_fini(struct gw_blob *blob);

struct gw_host_row {
    char id[GW_UUID_LEN + 1];
    char name[GW_NAME_MAX + 1];
    char boot_id[GW_UUID_LEN + 1];
    char source_url[GW_STORE_URL_MAX + 1];
    char target_url[GW_STORE_URL_MAX + 1];
    struct gw_blob facts;
};

/* The numbers of godwit.v1.GuestState. */
enum gw_guest_state {
    GW_GUEST_CREATING = 1,
    GW_GUEST_STOPPED = 2,
    GW_GUEST_STARTING = 3,
    GW_GUEST_RUNNING = 4,
    GW_GUEST_STOPPING = 5,
    GW_GUEST_MIGRATING = 6,
    GW_GUEST_DELETING = 7,
    GW_GUEST_CRASHED = 8,
    GW_GUEST_UNKNOWN = 9,
};

struct gw_guest_row {
    char uuid[GW_UUID_LEN + 1];
    char name[GW_NAME_MAX + 1];
    char *spec; /* JSON of godwit.v1.GuestSpec, malloc'd */
    enum gw_guest_state state;
    uint64_t epoch;               /* changed by a grant alone */
    char holder[GW_UUID_LEN + 1]; /* host id; changed by a grant alone */
    char migration_id[GW_UUID_LEN + 1];
    bool is_start_wanted; /* CREATING: boot it when its disks are made */
    char message[GW_STORE_MESSAGE_MAX + 1];
    uint64_t created_us, changed_us;
};

struct gw_plan_row {
    char id[GW_UUID_LEN + 1];
    char idempotency_key[GW_STORE_KEY_MAX + 1]; /* "": none */
    uint64_t fingerprint;                       /* of the request that the key stands for */
    uint64_t created_us;
};

/* What was asked of a migration, see godwit.v1.MigrationRequest. */
struct gw_migration_options {
    uint32_t shutdown_timeout_ms;
    uint32_t max_downtime_ms;
    uint64_t bandwidth_bps;
    bool force_stop;
};

struct gw_migration_times {
    uint64_t total_us;
    uint64_t blackout_us;
    uint64_t pause_to_completed_us;
    uint64_t relinquish_to_active_us;
    uint64_t qemu_downtime_ms;
};

struct gw_migration_row {
    char id[GW_UUID_LEN + 1];
    char plan_id[GW_UUID_LEN + 1];
    uint32_t position; /* in the plan */
    char guest_uuid[GW_UUID_LEN + 1];
    char guest_name[GW_NAME_MAX + 1];
    char from_id[GW_UUID_LEN + 1];
    char to_id[GW_UUID_LEN + 1];
    struct gw_migration core;
    struct gw_migration_options options;
    bool cancel_requested;
    uint32_t copied_disks; /* bit i: spec.disks[i] is copied; known from PREPARING on */
    struct gw_blob endpoints;
    struct gw_blob progress; /* the last */
    struct gw_migration_times times;
    struct gw_reason failure;
    uint64_t created_us, changed_us, finished_us;
};

struct gw_event_row {
    uint64_t cursor; /* rising by one; given by the store */
    uint64_t at_us;
    char kind[GW_STORE_KIND_MAX + 1];
    char migration_id[GW_UUID_LEN + 1]; /* "": of none */
    struct gw_blob payload;
};

/* Free what hangs on a row, not the row. */
void gw_host_row_fini(struct gw_host_row *row);
void gw_guest_row_fini(struct gw_guest_row *row);
void gw_migration_row_fini(struct gw_migration_row *row);
void gw_event_row_fini(struct gw_event_row *row);

#endif
