#ifndef SCH_PLAN_CHECK_H
#define SCH_PLAN_CHECK_H
/* Whether every wish of a plan can be fulfilled, and where. */

#include "plans.h"

/* A wish that was understood. */
struct sch_choice {
    struct sch_guest *guest; /* NULL: it was not; busy on our behalf otherwise */
    const struct sch_host *from, *to;
    bool is_live;
    bool is_running;
};

/* Understand every wish into @choices (zeroed, one each); their guests are busy on the plan's
 * behalf from then on. Errors: NOT_FOUND or FAILED_PRECONDITION with every reason. */
int sch_plan_check(struct scheduler *s,
                   const struct sch_request *request,
                   struct sch_choice *choices,
                   struct gw_error *err);
/* The guests of @choices are busy no more. */
void sch_plan_release(struct sch_choice *choices, size_t n_choices);

#endif
