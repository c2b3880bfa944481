#include <stdlib.h>

#include "godwit/v1/scheduler.pb-c.h"
#include "tell.h"
#include "wire_rpc.h"

struct progress_call {
    void (*done)(void *arg);
    void *arg;
};

static void on_reported(const Godwit__V1__ReportReply *reply, void *arg)
{
    struct progress_call *pc = arg;

    (void)reply; /* for display only: the next one is as good */
    if (pc->done != NULL)
        pc->done(pc->arg);
    free(pc);
}

int src_report_progress(struct src_daemon *daemon,
                        const struct src_attempt *attempt,
                        const struct src_progress *progress,
                        void (*done)(void *arg),
                        void *arg)
{
    const struct gw_rpc_options options = {.deadline_ms = SRC_TELL_DEADLINE_MS};
    Godwit__V1__ReportRequest request = GODWIT__V1__REPORT_REQUEST__INIT;
    Godwit__V1__Attempt attempt_message;
    struct src_progress_message progress_message;
    struct progress_call *pc = malloc(sizeof *pc);
    struct gw_rpc_call *call =
        pc != NULL && daemon->scheduler != NULL
            ? gw_rpc_call_new(daemon->scheduler, &godwit__v1__scheduler_service__descriptor,
                              &options)
            : NULL;

    if (call == NULL) {
        free(pc);
        return -1;
    }
    *pc = (struct progress_call){.done = done, .arg = arg};
    src_attempt_encode(attempt, &attempt_message);
    src_progress_encode(progress, &progress_message);
    request.attempt = &attempt_message;
    request.progress = &progress_message.base;
    godwit__v1__scheduler_service__report(gw_rpc_call_stub(call), &request, on_reported, pc);
    return 0;
}
