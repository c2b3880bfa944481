#ifndef SRC_LIVE_PRIV_H
#define SRC_LIVE_PRIV_H
/* Shared by the live_*.c files. */

#include "live.h"
#include "tell.h"

struct src_live_waiter {
    struct src_live_waiter *next;
    src_over_fn fn;
    void *arg;
};

struct src_live {
    struct src_guest *guest;
    struct src_live *next; /* among guest->past */
    struct src_outgoing move;
    struct src_begin begin; /* after a restart only the attempt and the disks' names */
    unsigned prepare_step;
    bool is_querying, is_query_wanted;
    bool is_polling;

    struct gw_timer *switchover, *abort, *progress_timer;

    int connect_fd; /* being connected, or on its way into QEMU; else -1 */
    struct gw_watch *connect_watch;
    struct gw_timer *connect_timer;

    struct src_progress progress;

    uint64_t stop_stamp_us;      /* QEMU's wall clock; 0: not seen */
    uint64_t completed_stamp_us; /* likewise */
    struct src_relinquished figures;
    bool has_told;         /* Relinquished was answered once */
    bool is_downtime_told; /* and once more, with QEMU's own figure */

    struct gw_error cause; /* detail of the first failure */
    struct src_tell *tell;
    struct src_live_waiter *waiters;
};

/* Step the table and do what it says. */
void src_live_event(struct src_live *live, enum src_outgoing_event event, unsigned disk);
/* Keep @fmt as the reason of the failure, if none is kept yet. */
void src_live_note(struct src_live *live, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Send a command that the move needs: a refusal becomes COMMAND_FAILED. */
void src_live_command(struct src_live *live,
                      const char *command,
                      json_object *arguments,
                      uint32_t deadline_ms);
/* Disk index of mirror job @job_id; -1 when it is not of this move. */
int src_live_find_job(const struct src_live *live, const char *job_id);
/* QEMU's word on the migration's status as an event of the table; COUNT: no matter. */
enum src_outgoing_event src_live_migration_event(const char *status);

void src_live_connect(struct src_live *live); /* live_connect.c */
void src_live_end_connect(struct src_live *live);
void src_live_connect_late(void *live);
void src_live_prepare(struct src_live *live); /* live_prepare.c */
void src_live_query(struct src_live *live);   /* live_query.c */
void src_live_poll(void *live);               /* live_progress.c */
void src_live_start_progress(struct src_live *live);
void src_live_stop_progress(struct src_live *live);
void src_live_take_migration(struct src_live *live, json_object *result);
void src_live_do(struct src_live *live, enum src_outgoing_effect effect); /* live_effects.c */
void src_live_tell_relinquished(struct src_live *live);                   /* live_tell.c */
void src_live_tell_failure(struct src_live *live);
void src_live_answer_waiters(struct src_live *live);

#endif
