/* Normal course: send, hear the reply, tell the owner, free. Failure modes: no answer or one that
 * says "later" - the next try after a pause; dropped while a call is under way - the call is
 * cancelled and its closure frees. The tell belongs to itself: owners hold it only to drop it. */
#include "tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "godwit/v1/scheduler.pb-c.h"
#include "wire_rpc.h"

enum tell_kind { TELL_FAILURE, TELL_RELINQUISHED, TELL_CHANGED };

struct src_tell {
    struct src_daemon *daemon;
    struct gw_log log;
    enum tell_kind kind;
    struct gw_timer *retry;
    struct gw_rpc_call *call; /* under way */
    uint32_t retry_ms;
    bool is_dropped;
    src_told_fn done;
    void *arg;

    struct src_attempt attempt;
    struct src_failure failure;
    struct src_relinquished figures;
    struct src_progress progress;
    struct gw_guest_report report;
    char message[GW_ERROR_MESSAGE_MAX];
};

static void tell_free(struct src_tell *t)
{
    gw_timer_free(t->retry);
    free(t);
}

static void finished(struct src_tell *t, const struct gw_error *err)
{
    src_told_fn done = t->done;
    void *arg = t->arg;
    struct gw_error copy = err != NULL ? *err : (struct gw_error){0};

    tell_free(t);
    done(arg, err != NULL ? &copy : NULL);
}

static bool is_worth_a_retry(enum gw_code code)
{
    return code == GW_UNAVAILABLE || code == GW_DEADLINE_EXCEEDED ||
           code == GW_RESOURCE_EXHAUSTED || code == GW_CANCELLED || code == GW_INTERNAL ||
           code == GW_UNKNOWN;
}

static void try_later(struct src_tell *t)
{
    gw_timer_start(t->retry, t->retry_ms);
    t->retry_ms *= 2;
    if (t->retry_ms > SRC_TELL_RETRY_MAX_MS)
        t->retry_ms = SRC_TELL_RETRY_MAX_MS;
}

static void answered(struct src_tell *t, bool has_reply)
{
    const struct gw_error *err = has_reply ? NULL : gw_rpc_call_error(t->call);

    if (t->is_dropped) {
        tell_free(t);
        return;
    }
    if (err == NULL || !is_worth_a_retry(err->code)) {
        finished(t, err);
        return;
    }
    gw_log_debug(&t->log, "scheduler.not_answering", "error=\"%s\"", err->message);
    t->call = NULL;
    try_later(t);
}

static void on_report(const Godwit__V1__ReportReply *reply, void *arg)
{
    answered(arg, reply != NULL);
}

static void on_relinquished(const Godwit__V1__RelinquishedReply *reply, void *arg)
{
    answered(arg, reply != NULL);
}

static void on_changed(const Godwit__V1__GuestChangedReply *reply, void *arg)
{
    answered(arg, reply != NULL);
}

static void send_failure(struct src_tell *t)
{
    Godwit__V1__ReportRequest request = GODWIT__V1__REPORT_REQUEST__INIT;
    Godwit__V1__Attempt attempt;
    Godwit__V1__Reason reason = GODWIT__V1__REASON__INIT;

    src_attempt_encode(&t->attempt, &attempt);
    reason.code = t->failure.reason;
    reason.message = t->failure.message;
    request.attempt = &attempt;
    request.failure = &reason;
    request.guest_stopped = t->failure.is_guest_stopped;
    godwit__v1__scheduler_service__report(gw_rpc_call_stub(t->call), &request, on_report, t);
}

static void send_relinquished(struct src_tell *t)
{
    Godwit__V1__RelinquishedRequest request = GODWIT__V1__RELINQUISHED_REQUEST__INIT;
    Godwit__V1__Attempt attempt;
    struct src_progress_message progress;

    src_attempt_encode(&t->attempt, &attempt);
    src_progress_encode(&t->progress, &progress);
    request.attempt = &attempt;
    request.progress = &progress.base;
    request.pause_to_completed_us = t->figures.pause_to_completed_us;
    request.qemu_downtime_ms = t->figures.qemu_downtime_ms;
    if (t->figures.completed_at_us != 0)
        request.blackout_so_far_us = t->figures.pause_to_completed_us +
                                     gw_loop_now_us(t->daemon->loop) - t->figures.completed_at_us;
    godwit__v1__scheduler_service__relinquished(gw_rpc_call_stub(t->call), &request,
                                                on_relinquished, t);
}

static void send_changed(struct src_tell *t)
{
    Godwit__V1__GuestChangedRequest request = GODWIT__V1__GUEST_CHANGED_REQUEST__INIT;
    Godwit__V1__GuestReport report = GODWIT__V1__GUEST_REPORT__INIT;

    report.guest_uuid = t->report.guest_uuid;
    report.epoch = t->report.epoch;
    report.state = (Godwit__V1__GuestState)t->report.state;
    report.migration_id = t->report.migration_id;
    report.attempt = t->report.attempt;
    report.qemu_pid = t->report.qemu_pid;
    request.host_id = t->daemon->host.id;
    request.guest = &report;
    request.message = t->message;
    godwit__v1__scheduler_service__guest_changed(gw_rpc_call_stub(t->call), &request, on_changed,
                                                 t);
}

static void send_now(void *arg)
{
    static void (*const senders[])(struct src_tell *) = {
        [TELL_FAILURE] = send_failure,
        [TELL_RELINQUISHED] = send_relinquished,
        [TELL_CHANGED] = send_changed,
    };
    struct src_tell *t = arg;
    const struct gw_rpc_options options = {.deadline_ms = SRC_TELL_DEADLINE_MS,
                                           .is_idempotent = true};

    if (t->daemon->scheduler == NULL) /* being taken down */
        return;
    t->call =
        gw_rpc_call_new(t->daemon->scheduler, &godwit__v1__scheduler_service__descriptor, &options);
    if (t->call == NULL)
        try_later(t);
    else
        senders[t->kind](t);
}

static struct src_tell *
tell_new(struct src_guest *guest, enum tell_kind kind, src_told_fn done, void *arg)
{
    struct src_tell *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->daemon = guest->daemon;
    t->log = guest->log;
    t->kind = kind;
    t->done = done;
    t->arg = arg;
    t->retry_ms = SRC_TELL_RETRY_MIN_MS;
    t->retry = gw_timer_new(guest->daemon->loop, send_now, t);
    if (t->retry != NULL)
        return t;
    free(t);
    return NULL;
}

struct src_tell *src_tell_failure(struct src_guest *guest,
                                  const struct src_attempt *attempt,
                                  const struct src_failure *failure,
                                  src_told_fn done,
                                  void *arg)
{
    struct src_tell *t = tell_new(guest, TELL_FAILURE, done, arg);

    if (t == NULL)
        return NULL;
    t->attempt = *attempt;
    t->failure = *failure;
    send_now(t);
    return t;
}

struct src_tell *src_tell_relinquished(struct src_guest *guest,
                                       const struct src_attempt *attempt,
                                       const struct src_relinquished *figures,
                                       const struct src_progress *progress,
                                       src_told_fn done,
                                       void *arg)
{
    struct src_tell *t = tell_new(guest, TELL_RELINQUISHED, done, arg);

    if (t == NULL)
        return NULL;
    t->attempt = *attempt;
    t->figures = *figures;
    t->progress = *progress;
    t->progress.step = SRC_COPY_DONE;
    send_now(t);
    return t;
}

struct src_tell *src_tell_changed(struct src_guest *guest,
                                  const struct gw_guest_report *report,
                                  const char *message,
                                  src_told_fn done,
                                  void *arg)
{
    struct src_tell *t = tell_new(guest, TELL_CHANGED, done, arg);

    if (t == NULL)
        return NULL;
    t->report = *report;
    (void)gw_str_copy(t->message, sizeof t->message, message);
    send_now(t);
    return t;
}

void src_tell_drop(struct src_tell *tell)
{
    if (tell == NULL || tell->is_dropped)
        return;
    if (tell->call == NULL) {
        tell_free(tell);
        return;
    }
    tell->is_dropped = true;
    gw_rpc_call_cancel(tell->call);
}
