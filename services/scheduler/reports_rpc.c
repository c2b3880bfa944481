/* What the sources tell of migrations. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "driver.h"
#include "plans.h"
#include "service_rpc.h"

/* The migration that @attempt speaks of; NULL with @err set. */
static struct sch_migration *
migration_of(const struct scheduler *s, const Godwit__V1__Attempt *attempt, struct gw_error *err)
{
    if (!attempt) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "attempt is missing");
        gw_error_field(err, "attempt");
        return NULL;
    }
    struct sch_migration *m = sch_migration_get(s, attempt->migration_id, err);
    if (m && strcmp(m->row.guest_uuid, attempt->guest_uuid) != 0) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "migration %s is not of guest %.40s", m->row.id,
                     attempt->guest_uuid);
        gw_error_field(err, "attempt.guest_uuid");
        return NULL;
    }
    if (m && attempt->attempt == 0) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "attempts count from 1");
        gw_error_field(err, "attempt.attempt");
        return NULL;
    }
    return m;
}

static void pack_progress(const Godwit__V1__Progress *progress, struct gw_blob *out)
{
    if (progress)
        (void)sch_pack(&progress->base, out, NULL); /* for display only */
}

struct pending_report {
    Godwit__V1__ReportReply_Closure on_report; /* one of the two */
    Godwit__V1__RelinquishedReply_Closure on_relinquished;
    void *data;
};

static void on_done(void *arg, const struct gw_error *err)
{
    struct pending_report *p = arg;
    if (err) {
        gw_rpc_fail(p->data, err);
    } else if (p->on_report) {
        Godwit__V1__ReportReply reply = GODWIT__V1__REPORT_REPLY__INIT;
        p->on_report(&reply, p->data);
    } else {
        Godwit__V1__RelinquishedReply reply = GODWIT__V1__RELINQUISHED_REPLY__INIT;
        p->on_relinquished(&reply, p->data);
    }
    free(p);
}

/* A signal whose outcome answers the request; NULL: the request was failed. */
static struct sch_signal *new_signal(enum gw_migration_event_kind kind,
                                     const Godwit__V1__Attempt *attempt,
                                     void *data,
                                     struct pending_report **out_pending)
{
    struct pending_report *p = calloc(1, sizeof *p);
    struct sch_signal *signal = sch_signal_new(kind, attempt->attempt);
    if (!p || !signal) {
        free(p);
        sch_signal_free(signal);
        sch_fail_nomem(data);
        return NULL;
    }
    p->data = data;
    signal->event.epoch = attempt->epoch;
    signal->done = on_done;
    signal->arg = p;
    *out_pending = p;
    return signal;
}

SCH_METHOD(relinquished, RelinquishedRequest, RelinquishedReply)
{
    struct gw_error err = {0};
    struct pending_report *p = NULL;
    struct sch_migration *m = migration_of(sch_of(service), input->attempt, &err);
    if (!m) {
        gw_rpc_fail(data, &err);
        return;
    }
    struct sch_signal *signal = new_signal(GW_EV_RELINQUISHED, input->attempt, data, &p);
    if (!signal)
        return;
    p->on_relinquished = closure;
    signal->pause_to_completed_us = input->pause_to_completed_us;
    signal->qemu_downtime_ms = input->qemu_downtime_ms;
    signal->blackout_so_far_us = input->blackout_so_far_us;
    pack_progress(input->progress, &signal->progress);
    sch_driver_signal(m, signal);
}

static void report_failure(struct sch_migration *m,
                           const Godwit__V1__ReportRequest *input,
                           Godwit__V1__ReportReply_Closure closure,
                           void *data)
{
    struct pending_report *p = NULL;
    struct sch_signal *signal = new_signal(GW_EV_SOURCE_FAILED, input->attempt, data, &p);
    if (!signal)
        return;
    p->on_report = closure;
    signal->event.guest_stopped = input->guest_stopped;
    const char *code = input->failure->code[0] ? input->failure->code : "SOURCE_FAILED";
    gw_utf8_copy_cut(signal->reason.code, sizeof signal->reason.code, code);
    gw_utf8_copy_cut(signal->reason.message, sizeof signal->reason.message,
                     input->failure->message);
    pack_progress(input->progress, &signal->progress);
    sch_driver_signal(m, signal);
}

SCH_METHOD(report, ReportRequest, ReportReply)
{
    struct gw_error err = {0};
    struct sch_migration *m = migration_of(sch_of(service), input->attempt, &err);
    if (!m) {
        gw_rpc_fail(data, &err);
        return;
    }
    if (input->failure) {
        report_failure(m, input, closure, data);
        return;
    }
    bool is_now =
        input->attempt->attempt == m->row.core.attempt && m->row.core.state == GW_MIGRATION_COPYING;
    if (is_now && input->progress) {
        struct gw_blob progress = {0};
        pack_progress(input->progress, &progress);
        sch_migration_progress(m, &progress);
    }
    Godwit__V1__ReportReply reply = GODWIT__V1__REPORT_REPLY__INIT;
    closure(&reply, data);
}
