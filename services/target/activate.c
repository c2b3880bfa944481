/* Activate: the guest is this host's.
 *
 * Live: QEMU must have said `completed` (a `cont` before that would be accepted and undo -S:
 * handover, Q4) -> ACTIVE journalled, not synced -> cont -> RESUME -> answer. Cold: the exports'
 * QEMU quits -> parts get their names -> the guest's QEMU is started where it is to run -> ACTIVE
 * -> cont -> answer. Failure: before ACTIVE the attempt stays INCOMING and the call may be repeated
 * or refused. A `cont` that QEMU refuses is proof that the guest did not run: QEMU is ended,
 * REFUSED is journalled, and the source may have it again. If QEMU dies under `cont`, it counts as
 * having run. */
#include "qemu.h"

#include <string.h>

#include "host/may_run.h"

enum { ACTIVATE_MS = 30000, LOAD_MS = 10000 };

static void after_undo(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_error failure = guest->failure;
    if (err)
        gw_log_failure(&guest->log, GW_LOG_ERROR, "activate.undo_failed", err);
    tgt_op_end(guest, &failure);
}

static void on_run(struct tgt_guest *guest, const struct gw_error *err)
{
    if (err && !guest->is_cont_sent) {
        gw_log_failure(&guest->log, GW_LOG_ERROR, "activate.failed", err);
        guest->failure = *err;
        tgt_undo(guest, after_undo);
        return;
    }
    if (!err)
        gw_log_info(&guest->log, "activate.done", "epoch=%llu activate_us=%llu",
                    (unsigned long long)guest->record.now.epoch,
                    (unsigned long long)guest->activate_us);
    tgt_op_end(guest, err);
}

/* Not synced in the blackout window: the record guards against this agent's crash alone. */
static int journal_active(struct tgt_guest *guest, struct gw_error *err)
{
    struct gw_record record = tgt_guest_record(guest, GW_RECORD_ACTIVE);
    record.is_done = false;
    if (!guest->wants_run && record.mode == GW_RECORD_COLD)
        record.memory_bytes = 0;
    return tgt_guest_write(guest, &record,
                           record.mode == GW_RECORD_LIVE ? GW_RECORD_NO_SYNC : GW_RECORD_SYNC, err);
}

static void run_now(struct tgt_guest *guest)
{
    struct gw_error err = {0};
    guest->on_late = NULL;
    if (journal_active(guest, &err) < 0)
        tgt_op_end(guest, &err);
    else
        tgt_run(guest, on_run);
}

/* ---- live ---- */

static void not_loaded(struct tgt_guest *guest, const struct gw_error *why)
{
    struct gw_error err = {0};
    (void)gw_error_set(&err, GW_FAILED_PRECONDITION,
                       "guest %s did not arrive whole: %s; refuse this attempt", guest->uuid,
                       why && gw_error_is_set(why) ? why->message : "QEMU could not load it");
    (void)gw_error_reason(&err, guest->qemu ? "NOT_LOADED" : "QEMU_ENDED");
    tgt_op_end(guest, &err);
}

/* The source gave the guest up, so its QEMU had our QEMU's word that all had arrived; yet it did
 * not. Refusing lets the source have it back. */
static void never_loaded(struct tgt_guest *guest, const struct gw_error *late)
{
    guest->failure = *late;
    not_loaded(guest, late);
}

void tgt_activate_on_loaded(struct tgt_guest *guest)
{
    if (guest->op != TGT_OP_ACTIVATE || guest->record.now.state != GW_RECORD_INCOMING ||
        guest->record.now.mode != GW_RECORD_LIVE)
        return;
    if (guest->is_load_failed || !guest->qemu)
        not_loaded(guest, &guest->failure);
    else if (guest->is_loaded)
        run_now(guest);
}

/* ---- cold ---- */

static void end_with(struct tgt_guest *guest, const struct gw_error *err)
{
    tgt_op_end(guest, err);
}

static void on_cold_ready(struct tgt_guest *guest)
{
    if (guest->op == TGT_OP_ACTIVATE)
        run_now(guest);
}

static void on_cold_gone(struct tgt_guest *guest, const struct gw_error *err)
{
    if (guest->op == TGT_OP_ACTIVATE)
        end_with(guest, err);
}

static const struct tgt_qemu_handlers cold_handlers = {.ready = on_cold_ready,
                                                       .gone = on_cold_gone};

static void on_placed(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_error why = {0};
    if (!err && guest->wants_run) {
        guest->on_late = end_with;
        gw_timer_start(guest->deadline, ACTIVATE_MS);
        if (tgt_qemu_launch(guest, TGT_LAUNCH_START, &cold_handlers, &why) < 0)
            end_with(guest, &why);
        return;
    }
    if (!err && journal_active(guest, &why) < 0)
        err = &why;
    if (!err)
        tgt_adopt_start(guest);
    end_with(guest, err);
}

static void on_exports_ended(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_error why = {0};
    struct gw_record record = guest->record.now;
    record.qemu_pid = 0;
    if (!err && tgt_guest_write(guest, &record, GW_RECORD_NO_SYNC, &why) < 0)
        err = &why;
    guest->on_late = NULL; /* a pool thread works on the files: busy until it is done */
    if (err)
        end_with(guest, err);
    else
        tgt_disks_place(guest, on_placed);
}

/* ---- both ---- */

/* 0: go on; 1: done before; -1: @err. */
static int
check_order(struct tgt_guest *guest, const struct tgt_attempt *attempt, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    if (tgt_record_is_of(now, attempt)) {
        if (now->state == GW_RECORD_INCOMING)
            return 0;
        if (now->state == GW_RECORD_ACTIVE) /* 0: it is not known whether `cont` was heard */
            return !(guest->qemu && guest->is_cont_sent && !guest->is_running);
        (void)gw_error_set(err, GW_ABORTED, "this attempt for guest %s was refused here",
                           guest->uuid);
        return gw_error_reason(err, "REFUSED");
    }
    if (gw_attempt_compare(now, attempt->migration_id, attempt->attempt, attempt->epoch) ==
        GW_ATTEMPT_STALE)
        return gw_attempt_stale(err, now, attempt->migration_id, attempt->attempt, attempt->epoch);
    (void)gw_error_set(err, GW_NOT_FOUND, "guest %s was not prepared here for migration \"%s\"",
                       guest->uuid, attempt->migration_id);
    return gw_error_reason(err, "ATTEMPT_NOT_FOUND");
}

static void begin(struct tgt_guest *guest)
{
    struct gw_error err = {0};
    if (guest->record.now.state == GW_RECORD_ACTIVE) {
        tgt_activate_again(guest);
        return;
    }
    bool is_live = guest->record.now.mode == GW_RECORD_LIVE;
    guest->on_late = is_live ? never_loaded : end_with;
    if (!tgt_guest_spec(guest, &err))
        tgt_op_end(guest, &err);
    else if (is_live)
        tgt_activate_on_loaded(guest);
    else
        tgt_qemu_quit(guest, on_exports_ended);
}

void tgt_activate(struct tgt_daemon *daemon,
                  const struct tgt_attempt *attempt,
                  bool wants_run,
                  tgt_done_fn done,
                  void *arg)
{
    const struct tgt_asked asked = {.op = TGT_OP_ACTIVATE,
                                    .attempt = *attempt,
                                    .deadline_ms = ACTIVATE_MS,
                                    .check = check_order,
                                    .done = done,
                                    .arg = arg};
    struct tgt_guest *guest = tgt_op_take(daemon, &asked);
    if (!guest)
        return;
    bool is_live = guest->record.now.mode == GW_RECORD_LIVE;
    if (is_live)
        gw_timer_start(guest->deadline, LOAD_MS);
    guest->wants_run = wants_run || is_live;
    begin(guest);
}

void tgt_activate_again(struct tgt_guest *guest)
{
    guest->begun_us = gw_loop_now_us(guest->daemon->loop);
    tgt_run(guest, on_run);
}
