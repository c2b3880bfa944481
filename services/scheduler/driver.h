#ifndef SCH_DRIVER_H
#define SCH_DRIVER_H
/* Carries migrations out: an event comes in, the core's table decides, the store makes it durable,
 * the effects go to the agents, their answers are the next events. One event of a migration is
 * taken at a time; others wait for its write. */

#include "objects.h"
#include "store_job.h"

/* One event with what came along. */
struct sch_signal {
    struct sch_signal *next;
    struct gw_migration_event event;
    struct gw_reason reason;  /* why, for events that tell of a failure */
    struct gw_blob endpoints; /* PREPARED; taken over */
    uint32_t copied_disks;    /* PROBED */
    struct gw_blob progress;  /* RELINQUISHED, SOURCE_FAILED: the last; taken over; may be empty */
    uint64_t pause_to_completed_us, qemu_downtime_ms, blackout_so_far_us; /* RELINQUISHED */
    sch_done_fn done;                                                     /* NULL: nobody waits */
    void *arg;
};

/* A zeroed signal; NULL without memory. */
struct sch_signal *sch_signal_new(enum gw_migration_event_kind kind, uint32_t attempt);
void sch_signal_free(struct sch_signal *signal);

/* Take @signal over. Its @done runs exactly once: NULL when it is durable or was known already;
 * ABORTED, reason STALE, or FAILED_PRECONDITION with the core's reason when it does not fit; the
 * store's error when that failed. Possibly inside this call. @signal NULL stands for one that could
 * not be made: it is dropped, and the agent or the deadline repeats it. */
void sch_driver_signal(struct sch_migration *m, struct sch_signal *signal);

/* Go on with @m as its stored state says: when it was just stored, and after a restart. */
void sch_driver_resume(struct sch_migration *m);
/* Send again what the state asks, after a pause. */
void sch_driver_again(struct sch_migration *m);
/* The guest is no longer busy: take the signals that waited for that. */
void sch_driver_kick(struct sch_migration *m);
/* Both heartbeats of a host have stopped. */
void sch_driver_host_lost(struct scheduler *s, const char *host_id);
/* A word of the source while it copies: the deadline starts anew. */
void sch_driver_heard(struct sch_migration *m);

/* Send the one effect that asks an agent (driver_send.c). */
void sch_driver_send(struct sch_migration *m, enum gw_effect effect);
/* Which event an answer is (answer.c). True: *out_kind is set; false: nothing happened yet, ask
 * again when *out_retry is set. */
bool sch_answer_event(enum gw_effect effect,
                      enum gw_migration_state state,
                      const struct gw_error *err,
                      enum gw_migration_event_kind *out_kind,
                      bool *out_retry);

#endif
