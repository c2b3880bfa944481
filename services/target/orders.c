/* Heartbeats: what is being received here is told, and what the scheduler knows to be stale ends. A
 * migration may be over while this agent was away, or its Refuse may have got lost: without this
 * its QEMU would wait for a stream for ever. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "guest.h"

static bool is_waiting(const struct tgt_guest *guest)
{
    return guest->op == TGT_OP_NONE && guest->qemu && guest->record.now.state == GW_RECORD_INCOMING;
}

static struct gw_guest_report report_of(struct tgt_guest *guest)
{
    const struct gw_record *now = &guest->record.now;
    struct gw_guest_report report = {.epoch = now->epoch,
                                     .attempt = now->attempt,
                                     .state = GW_GUEST_REPORT_MIGRATING,
                                     .qemu_pid = (uint64_t)now->qemu_pid};
    (void)gw_str_copy(report.guest_uuid, sizeof report.guest_uuid, guest->uuid);
    (void)gw_str_copy(report.migration_id, sizeof report.migration_id, now->migration_id);
    guest->told_epoch = now->epoch;
    guest->told_attempt = now->attempt;
    return report;
}

void tgt_orders_report(void *arg, struct gw_guest_reports *out)
{
    struct tgt_daemon *daemon = arg;
    size_t n = 0;
    for (const struct tgt_guest *guest = daemon->guests; guest; guest = guest->next)
        n += is_waiting(guest);
    out->items = n ? calloc(n, sizeof *out->items) : NULL;
    for (struct tgt_guest *guest = daemon->guests; out->items && guest; guest = guest->next) {
        if (is_waiting(guest))
            out->items[out->n_items++] = report_of(guest);
    }
}

static void on_refused(void *arg, struct tgt_guest *guest, const struct gw_error *err)
{
    (void)arg;
    if (err)
        gw_log_failure(&guest->log, GW_LOG_ERROR, "order.not_obeyed", err);
}

void tgt_orders_obey(void *arg, const char *uuid, uint64_t epoch, bool kill)
{
    struct tgt_daemon *daemon = arg;
    struct tgt_guest *guest = daemon->guests;
    while (guest && !(strcmp(guest->uuid, uuid) == 0 && is_waiting(guest)))
        guest = guest->next;
    if (!kill || !guest)
        return;
    const struct gw_record *now = &guest->record.now;
    if (guest->told_epoch != now->epoch || guest->told_attempt != now->attempt)
        return; /* the order is about an attempt before this one */
    struct tgt_attempt attempt = {.attempt = now->attempt, .epoch = now->epoch};
    (void)gw_str_copy(attempt.guest_uuid, sizeof attempt.guest_uuid, uuid);
    (void)gw_str_copy(attempt.migration_id, sizeof attempt.migration_id, now->migration_id);
    gw_log_warn(&guest->log, "order.refuse", "migration=%s attempt=%u current_epoch=%llu",
                attempt.migration_id, attempt.attempt, (unsigned long long)epoch);
    tgt_refuse(daemon, &attempt, on_refused, NULL);
}
