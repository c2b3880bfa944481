/* Refuse: this attempt will never run here. Breaks off a Prepare that goes on; an attempt that
 * never came here is refused in advance, so that a late Prepare of it is. */
#include "qemu.h"

#include <string.h>

#include "base/str.h"
#include "host/may_run.h"

enum { REFUSE_MS = 60000 };

static void on_undone(struct tgt_guest *guest, const struct gw_error *err)
{
    if (!err)
        gw_log_info(&guest->log, "refuse.done", "migration=%s attempt=%u",
                    guest->attempt.migration_id, guest->attempt.attempt);
    tgt_op_end(guest, err);
}

static int
write_tombstone(struct tgt_guest *guest, const struct tgt_attempt *attempt, struct gw_error *err)
{
    struct gw_record record = {.state = GW_RECORD_REFUSED,
                               .epoch = attempt->epoch,
                               .attempt = attempt->attempt,
                               .is_done = true};
    (void)gw_str_copy(record.guest_uuid, sizeof record.guest_uuid, guest->uuid);
    (void)gw_str_copy(record.migration_id, sizeof record.migration_id, attempt->migration_id);
    return tgt_guest_write(guest, &record, GW_RECORD_SYNC, err);
}

/* The record is not of this attempt. */
static int
refuse_unknown(struct tgt_guest *guest, const struct tgt_attempt *attempt, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    struct gw_record source;
    if (tgt_guest_read_source(guest, &source, err) < 0)
        return -1;
    if (gw_attempt_compare(now, attempt->migration_id, attempt->attempt, attempt->epoch) ==
        GW_ATTEMPT_STALE)
        return gw_attempt_stale(err, now, attempt->migration_id, attempt->attempt, attempt->epoch);
    if (now->state != GW_RECORD_INCOMING && !gw_is_holder(now, &source) &&
        tgt_guest_check_removed(guest, NULL) == 0)
        return write_tombstone(guest, attempt, err);
    (void)gw_error_set(err, GW_NOT_FOUND,
                       "guest %s was not prepared here for migration \"%s\"; its record is %s",
                       guest->uuid, attempt->migration_id, gw_record_state_name(now->state));
    return gw_error_reason(err, "ATTEMPT_NOT_FOUND");
}

/* 0: undo it; 1: nothing to do; -1: @err. */
static int
check_order(struct tgt_guest *guest, const struct tgt_attempt *attempt, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    if (now->state == GW_RECORD_NONE || !tgt_record_is_of(now, attempt))
        return refuse_unknown(guest, attempt, err) < 0 ? -1 : 1;
    if (now->state == GW_RECORD_REFUSED)
        return now->is_done ? 1 : 0;
    if (now->state != GW_RECORD_ACTIVE)
        return 0;
    (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                       "guest %s is active here under epoch %llu; it cannot be refused any more",
                       guest->uuid, (unsigned long long)now->epoch);
    return gw_error_reason(err, "ALREADY_ACTIVE");
}

static void break_prepare(struct tgt_guest *guest)
{
    struct gw_error err = {0};
    (void)gw_error_set(&err, GW_ABORTED,
                       "guest %s: the attempt was refused while it was being prepared",
                       guest->uuid);
    (void)gw_error_reason(&err, "REFUSED");
    tgt_op_break(guest, &err);
}

void tgt_refuse(struct tgt_daemon *daemon,
                const struct tgt_attempt *attempt,
                tgt_done_fn done,
                void *arg)
{
    struct gw_error err = {0};
    struct tgt_guest *guest = tgt_guests_get(daemon, attempt->guest_uuid, true, &err);
    if (!guest) {
        done(arg, NULL, &err);
        return;
    }
    if (guest->op == TGT_OP_PREPARE && tgt_record_is_of(&guest->record.now, attempt))
        break_prepare(guest);
    int order = guest->op == TGT_OP_NONE ? check_order(guest, attempt, &err) : 0;
    if (order != 0) {
        done(arg, guest, order < 0 ? &err : NULL);
        return;
    }
    if (tgt_op_begin(guest, TGT_OP_REFUSE, attempt, REFUSE_MS, done, arg) == 0)
        tgt_undo(guest, on_undone);
}
