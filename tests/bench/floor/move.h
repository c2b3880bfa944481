#ifndef GW_TESTS_BENCH_FLOOR_MOVE_H
#define GW_TESTS_BENCH_FLOOR_MOVE_H
/* One live migration between two running QEMUs with the fewest QMP commands that are safe, as an
 * expert would do it by hand and at once: what Godwit is measured against. Every step waits for an
 * event, none polls. Thread: the loop's. */

#include "qmp/qmp.h"

enum {
    FLOOR_DISKS_MAX = 8,
    FLOOR_COMMAND_MS = 30000, /* longest time for one answer of QEMU */
};

struct floor_options {
    const char *source_qmp, *target_qmp; /* monitor sockets */
    const char *address;                 /* of the target, for memory and disks */
    const char *memory_port, *disk_port;
    const char *disks[FLOOR_DISKS_MAX]; /* node names, the same on both sides */
    unsigned n_disks;
    uint32_t downtime_limit_ms;
    uint32_t timeout_ms; /* for all of it */
};

/* When each thing happened, microseconds of the monotonic clock; in this order. */
struct floor_times {
    uint64_t begun_us;
    uint64_t prepared_us;  /* the target listens */
    uint64_t mirrored_us;  /* every mirror is ready */
    uint64_t stopped_us;   /* STOP came from the source */
    uint64_t unhooked_us;  /* every mirror has ended */
    uint64_t completed_us; /* source and target say so */
    uint64_t resumed_us;   /* RESUME came from the target */
};

struct floor_move {
    struct gw_loop *loop;
    struct floor_options options;
    struct gw_qmp *source, *target;
    struct gw_timer *guard;
    struct floor_times times;
    struct gw_error err; /* not set: it went well */
    unsigned n_sessions_ready, n_mirrors_ready, n_mirrors_ended;
    bool has_source_completed, has_target_completed;
    uint64_t downtime_ms, transferred_bytes; /* as QEMU tells */
    bool is_done;
};

/* Run the whole migration. Returns when the guest runs on the target, or with @move->err. */
int floor_run(struct floor_move *move, const struct floor_options *options, struct gw_error *err);

/* ---- steps.c: what is sent to QEMU. Each finishes through floor_fail() or the named function. */

/* The target listens for disks and memory; then floor_on_prepared(). */
void floor_prepare_target(struct floor_move *move);
/* Capabilities, limits and mirrors; then each mirror's READY event. */
void floor_start_mirrors(struct floor_move *move);
/* Then the events of the migration. */
void floor_migrate(struct floor_move *move);
/* Then each mirror's COMPLETED event. */
void floor_end_mirrors(struct floor_move *move);
void floor_continue(struct floor_move *move);
/* Then the target's RESUME event. */
void floor_resume(struct floor_move *move);
/* What QEMU counted, and frames that tell the network; then floor_on_told(). */
void floor_ask_figures(struct floor_move *move);

/* ---- move.c: what comes next ---- */
void floor_on_prepared(struct floor_move *move);
void floor_on_told(struct floor_move *move);
void floor_fail(struct floor_move *move, const struct gw_error *err, const char *doing);

#endif
