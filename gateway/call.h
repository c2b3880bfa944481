#ifndef GWY_CALL_H
#define GWY_CALL_H
/* A request's one call of the scheduler. */

#include "request.h"

struct gwy_call_spec {
    const char *method;        /* of SchedulerService */
    ProtobufCMessage *message; /* its request; taken over */
    uint32_t deadline_ms;
    bool is_idempotent; /* may be sent again when the connection breaks */
};

/* Make the call; a failure is answered as a problem, a reply goes to @on_reply. Never answers
 * inside this call, except for lack of memory. With a deadline beyond GWY_ANSWER_MS the scheduler
 * is first asked for its version within that, so that an absent one is told in time. */
void gwy_call(struct gwy_request *request, const struct gwy_call_spec *spec, gwy_reply_fn on_reply);

#endif
