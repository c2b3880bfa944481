#ifndef SCH_GUEST_OPS_H
#define SCH_GUEST_OPS_H
/* What guest_ops.c and guest_create.c share.
 *
 * Each request is an operation on a guest that nothing else is being done with: what is wanted is
 * made durable, the agent is asked, the outcome is made durable, the caller is answered. is_busy
 * keeps others off meanwhile. After a restart the state in the store says what to ask again
 * (sch_guest_resume); nobody waits for those. */

#include "agents.h"
#include "guests.h"
#include "store_job.h"

struct sch_op {
    struct scheduler *scheduler;
    struct sch_guest *guest;
    sch_guest_fn done; /* NULL: nobody waits */
    void *arg;
    bool force;          /* stop */
    uint32_t timeout_ms; /* stop */
    bool must_undo;      /* create: go only when the disks are known to be gone */
    struct gw_error failure;
};

/* Begin: the guest is busy with @what (static storage). NULL without memory. */
struct sch_op *sch_op_new(
    struct scheduler *s, struct sch_guest *guest, const char *what, sch_guest_fn done, void *arg);
/* Answer and end @op; the guest is not touched. */
void sch_op_answer(struct sch_op *op, struct sch_guest *guest, const struct gw_error *err);
/* The end of an operation on a guest that stays. */
void sch_op_finish(struct sch_op *op, const struct gw_error *err);
/* The guest goes to @state; then @then. */
void sch_op_set_state(struct sch_op *op,
                      enum gw_guest_state state,
                      const char *message,
                      uint64_t epoch,
                      sch_done_fn then);
/* The last write of an operation: the outcome is op->failure, unless the write itself failed. */
void sch_op_settled(void *arg, const struct gw_error *err);
/* The target's answer to Start. */
void sch_op_started(void *arg, struct sch_answer *said);
/* The target's answer to Create. */
void sch_op_created(void *arg, struct sch_answer *said);
/* Take the guest out of the store; the outcome is op->failure. */
void sch_op_remove_guest(struct sch_op *op);
/* Answer a request that could not even begin. */
void sch_op_refuse_nomem(sch_guest_fn done, void *arg);

#endif
