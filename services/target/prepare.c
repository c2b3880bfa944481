/* Prepare: room for a guest that is to come.
 *
 * Normal course: INCOMING is journalled, images are made for what arrives by copying, QEMU is
 * started (live: the guest's own, waiting; cold: one without CPU, for its exports), endpoints are
 * opened, the ports are journalled, the call is answered.
 * Failure: whatever fails undoes the attempt and leaves REFUSED; the answer is the first failure.
 * A repeat while it goes on waits for the same answer; one after it gets the same endpoints, as
 * long as QEMU lives. */
#include "qemu.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/guest_dir.h"
#include "host/may_run.h"
#include "host/process.h"

enum { PREPARE_MS = 60000 }; /* qemu-img for 32 disks on busy storage, QEMU's start */

static int
refuse(struct gw_error *err, const char *reason, const struct tgt_guest *guest, const char *text)
{
    (void)gw_error_set(err, GW_FAILED_PRECONDITION, "guest %s %s", guest->uuid, text);
    return gw_error_reason(err, reason);
}

/* A stopped guest whose disks are all shared. */
static bool needs_no_qemu(const struct gw_record *record)
{
    return record->mode == GW_RECORD_COLD && !record->disks_copied;
}

/* The record is of this very attempt: what a repeat gets. */
static int check_repeat(const struct tgt_guest *guest, struct gw_error *err)
{
    switch (guest->record.now.state) {
    case GW_RECORD_INCOMING:
        if ((guest->qemu && !guest->is_load_failed) || needs_no_qemu(&guest->record.now))
            return 1;
        return refuse(err, "QEMU_ENDED", guest,
                      "was prepared, but its QEMU has ended; refuse this attempt, make a new one");
    case GW_RECORD_ACTIVE:
        return refuse(err, "ALREADY_ACTIVE", guest, "is active under this attempt already");
    case GW_RECORD_NONE:
    case GW_RECORD_CREATED:
    case GW_RECORD_REFUSED:
    case GW_RECORD_HOLDING:
    case GW_RECORD_OUTGOING:
    case GW_RECORD_RELINQUISHED:
    case GW_RECORD_RETIRED:
    case GW_RECORD_STATE_COUNT:
        break;
    }
    (void)gw_error_set(err, GW_ABORTED,
                       "this attempt for guest %s was refused here; make a new one", guest->uuid);
    return gw_error_reason(err, "REFUSED");
}

/* 0: go on; 1: done before, the same answer; -1: @err. */
static int
check_order(struct tgt_guest *guest, const struct tgt_attempt *attempt, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    const char *boot_id = guest->daemon->host.boot_id;
    struct gw_record source;
    if (tgt_guest_read_source(guest, &source, err) < 0)
        return -1;
    if (now->state != GW_RECORD_NONE && tgt_record_is_of(now, attempt))
        return check_repeat(guest, err);
    if (gw_attempt_compare(now, attempt->migration_id, attempt->attempt, attempt->epoch) ==
            GW_ATTEMPT_STALE ||
        source.epoch > attempt->epoch)
        return gw_attempt_stale(err, source.epoch > attempt->epoch ? &source : now,
                                attempt->migration_id, attempt->attempt, attempt->epoch);
    if (tgt_guest_check_removed(guest, err) < 0)
        return -1;
    if (now->state == GW_RECORD_INCOMING)
        return refuse(err, "ATTEMPT_UNDER_WAY", guest,
                      "is being received under another attempt; refuse that one first");
    if (gw_is_holder(now, &source))
        return refuse(err, "GUEST_HERE", guest, "is this host's own already");
    if (gw_record_qemu_is_alive(now, boot_id) || gw_record_qemu_is_alive(&source, boot_id))
        return refuse(err, "NOT_RETIRED", guest,
                      "left this host, but its QEMU is still here; retire it first");
    return 0;
}

static void after_undo(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_error failure = guest->failure;
    if (err)
        gw_log_failure(&guest->log, GW_LOG_ERROR, "prepare.undo_failed", err);
    tgt_op_end(guest, &failure);
}

static void fail(struct tgt_guest *guest, const struct gw_error *err)
{
    gw_log_failure(&guest->log, GW_LOG_WARN, "prepare.failed", err);
    guest->failure = *err;
    guest->on_late = NULL;
    guest->then = (struct tgt_steps){0};
    tgt_undo(guest, after_undo);
}

static void on_open(struct tgt_guest *guest, const struct gw_error *err)
{
    if (err) {
        fail(guest, err);
        return;
    }
    gw_log_info(&guest->log, "prepare.done", "migration=%s attempt=%u memory_port=%u disk_port=%u",
                guest->attempt.migration_id, guest->attempt.attempt, guest->record.now.memory_port,
                guest->record.now.disk_port);
    tgt_op_end(guest, NULL);
}

static void on_ready(struct tgt_guest *guest)
{
    if (guest->op != TGT_OP_PREPARE)
        return;
    if (guest->record.now.mode == GW_RECORD_LIVE)
        tgt_incoming_start(guest, on_open);
    else
        tgt_exports_start(guest, on_open);
}

static void on_gone(struct tgt_guest *guest, const struct gw_error *err)
{
    if (guest->op == TGT_OP_PREPARE) {
        fail(guest, err);
        return;
    }
    gw_log_failure(&guest->log, GW_LOG_WARN, "incoming.qemu_ended", err);
    guest->is_load_failed = true;
    guest->failure = *err;
    tgt_activate_on_loaded(guest);
    tgt_guests_sweep(guest->daemon);
}

const struct tgt_qemu_handlers tgt_incoming_handlers = {
    .ready = on_ready, .event = tgt_incoming_on_event, .gone = on_gone};

static void on_disks(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_error why = {0};
    enum tgt_launch launch =
        guest->record.now.mode == GW_RECORD_LIVE ? TGT_LAUNCH_INCOMING : TGT_LAUNCH_EXPORT;
    if (err)
        fail(guest, err);
    else if (needs_no_qemu(&guest->record.now))
        on_open(guest, NULL);
    else if (tgt_qemu_launch(guest, launch, &tgt_incoming_handlers, &why) < 0)
        fail(guest, &why);
}

static int journal(struct tgt_guest *guest, const struct tgt_prepare *request, struct gw_error *err)
{
    struct gw_record record = {.state = GW_RECORD_INCOMING,
                               .epoch = request->attempt.epoch,
                               .attempt = request->attempt.attempt,
                               .mode = request->mode,
                               .memory_bytes = guest->spec->memory_bytes,
                               .disks_copied = request->disks_copied};
    (void)gw_str_copy(record.guest_uuid, sizeof record.guest_uuid, guest->uuid);
    (void)gw_str_copy(record.migration_id, sizeof record.migration_id,
                      request->attempt.migration_id);
    (void)gw_str_copy(record.peer, sizeof record.peer, request->source_address);
    return tgt_guest_write(guest, &record, GW_RECORD_SYNC, err);
}

/* Nothing was journalled: a folder made for this call goes again. */
static void give_up(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_record source = {0};
    if (guest->record.now.state == GW_RECORD_NONE &&
        tgt_guest_read_source(guest, &source, NULL) == 0 && source.state == GW_RECORD_NONE)
        (void)gw_guest_dir_remove(&guest->daemon->host, guest->uuid, NULL);
    tgt_op_end(guest, err);
}

static void begin(struct tgt_guest *guest, const struct tgt_prepare *request)
{
    struct gw_error err = {0};
    const struct gw_guest_spec *spec = guest->spec;
    guest->is_loaded = guest->is_load_failed = false;
    if (tgt_check_host_offers(guest->daemon, spec, &err) < 0 ||
        tgt_guest_check_memory(guest, spec, &err) < 0 ||
        gw_guest_dir_save_spec(&guest->daemon->host, spec, &err) < 0 ||
        journal(guest, request, &err) < 0) {
        give_up(guest, &err);
        return;
    }
    guest->on_late = fail;
    tgt_disks_make(guest, request->disks_copied, request->sizes, on_disks);
}

void tgt_prepare(struct tgt_daemon *daemon,
                 const struct tgt_prepare *request,
                 tgt_done_fn done,
                 void *arg)
{
    GW_AUTO_FREE struct gw_guest_spec *spec = request->spec;
    const struct tgt_asked asked = {.op = TGT_OP_PREPARE,
                                    .attempt = request->attempt,
                                    .deadline_ms = PREPARE_MS,
                                    .is_made = true,
                                    .check = check_order,
                                    .done = done,
                                    .arg = arg};
    struct tgt_guest *guest = tgt_op_take(daemon, &asked);
    if (!guest)
        return;
    tgt_guest_set_spec(guest, gw_steal(spec));
    begin(guest, request);
}
