#ifndef SCH_OBJECTS_H
#define SCH_OBJECTS_H
/* The memory image: what the store holds, and what need not survive a restart beside it. */

#include "scheduler.h"

/* What of a host's facts decisions need. */
struct sch_facts {
    struct gw_host_view view; /* name, id and health are filled in by sch_host_view() */
    struct gw_pool_view *pools;
    char migration_address[64];
    void *message; /* keeps the texts that the view points to */
};

struct sch_host {
    struct gw_host_row row;
    struct sch_facts *facts;                           /* NULL until an agent told them */
    uint64_t source_seen_us, target_seen_us;           /* monotonic; 0: not since our start */
    uint64_t source_seen_wall_us, target_seen_wall_us; /* for people */
    struct gw_rpc_channel *source, *target;            /* NULL until the address is known */
    enum gw_host_health health;
};

struct sch_guest {
    struct gw_guest_row row; /* its spec is NULL: see spec */
    struct gw_blob spec;     /* packed godwit.v1.GuestSpec */
    uint32_t last_attempt;   /* the highest of its migrations so far; 0: none */
    bool is_busy;            /* a request about it is under way */
    const char *busy_with;   /* what, for messages; static storage */
    uint64_t quiet_until_us; /* monotonic; reports that may have been on their way are ignored */
};

struct sch_plan {
    struct gw_plan_row row;
    bool is_stored; /* false while its transaction is under way */
    struct sch_migration **migrations;
    size_t n_migrations;
};

struct sch_signal;

struct sch_migration {
    struct scheduler *scheduler;
    struct gw_migration_row row;
    bool is_stored;
    bool is_writing; /* a transaction about it is under way; signals wait */
    struct sch_signal *first_signal, **end_signal;
    size_t n_signals;
    struct gw_timer *deadline;
    struct gw_timer *retry;
    uint32_t retry_ms;
    unsigned in_flight;  /* enum gw_effect whose call is unanswered, or 0 */
    unsigned generation; /* counts states: an answer to an older one is not retried */
    uint64_t submitted_us, relinquished_us; /* monotonic; 0: before our start */
    uint64_t blackout_so_far_us;
    uint64_t qemu_downtime_ms; /* told in a repeat of Relinquished; stored with the next change */
    uint64_t progress_told_us; /* when watchers last heard of progress */
    struct sch_probe *probe;
};

struct sch_host *sch_host_find(const struct scheduler *s, const char *name_or_id);
struct sch_guest *sch_guest_find(const struct scheduler *s, const char *name_or_uuid);
const char *sch_host_name(const struct scheduler *s, const char *id);

/* Free the object with all that hangs on it; NULL is fine. It must not be in a list any more. */
void sch_host_free(struct sch_host *host);
void sch_guest_free(struct sch_guest *guest);
void sch_plan_free(struct sch_plan *plan);
void sch_migration_free(struct sch_migration *m);

#endif
