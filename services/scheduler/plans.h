#ifndef SCH_PLANS_H
#define SCH_PLANS_H
/* Plans: checked as a whole, made durable as a whole, then carried out one migration each. */

#include "objects.h"
#include "store_job.h"

enum sch_mode { SCH_MODE_ANY = 0, SCH_MODE_LIVE = 1, SCH_MODE_COLD = 2 };

/* One migration asked for. */
struct sch_wish {
    const char *guest;   /* name or uuid */
    const char *to_host; /* name or id; "": the scheduler picks one */
    enum sch_mode mode;
    struct gw_migration_options options;
};

struct sch_request {
    const struct sch_wish *wishes;
    size_t n_wishes;
    const char *idempotency_key; /* "": none */
    uint64_t fingerprint;        /* of the request, to tell a repeat from another one */
};

typedef void (*sch_plan_fn)(void *arg, const struct sch_plan *plan, const struct gw_error *err);

/* Check, store, begin. @done runs once, possibly inside this call. Errors: NOT_FOUND or
 * FAILED_PRECONDITION with every reason in the message; INVALID_ARGUMENT; ALREADY_EXISTS, reason
 * IDEMPOTENCY_KEY_REUSED; RESOURCE_EXHAUSTED the store cannot write. */
void sch_plan_submit(struct scheduler *s,
                     const struct sch_request *request,
                     sch_plan_fn done,
                     void *arg);

/* ---- migrations.c ---- */

/* A migration object of @row, whose blobs it takes over; put into the list. NULL without memory. */
struct sch_migration *sch_migration_new(struct scheduler *s, struct gw_migration_row *row);
/* NULL and NOT_FOUND, reason MIGRATION_NOT_FOUND. */
struct sch_migration *
sch_migration_get(const struct scheduler *s, const char *id, struct gw_error *err);
/* @done runs when the wish is durable, or refused: FAILED_PRECONDITION, reason TOO_LATE. */
void sch_migration_cancel(struct sch_migration *m, sch_done_fn done, void *arg);
/* The source's word on how far it is; not stored. */
void sch_migration_progress(struct sch_migration *m, struct gw_blob *progress);

#endif
