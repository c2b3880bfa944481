/* Create: the disks of a new guest. While they are being made the record says INCOMING without a
 * mode; an agent that finds that at its start removes what was made. */
#include "qemu.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/facts.h"
#include "host/guest_dir.h"
#include "host/may_run.h"

enum { CREATE_MS = 120000 }; /* 32 images on busy storage */

static void remove_folder(struct tgt_guest *guest)
{
    struct gw_record source = {0};
    struct gw_error err = {0};
    if (tgt_guest_read_source(guest, &source, &err) == 0 && source.state == GW_RECORD_NONE &&
        gw_guest_dir_remove(&guest->daemon->host, guest->uuid, &err) == 0)
        return;
    if (gw_error_is_set(&err))
        gw_log_failure(&guest->log, GW_LOG_WARN, "create.folder_stays", &err);
}

static void after_undo(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_error failure = guest->failure;
    if (!err)
        remove_folder(guest);
    tgt_op_end(guest, &failure);
}

static void fail(struct tgt_guest *guest, const struct gw_error *err)
{
    gw_log_failure(&guest->log, GW_LOG_WARN, "create.failed", err);
    guest->failure = *err;
    guest->on_late = NULL;
    guest->then = (struct tgt_steps){0};
    tgt_undo(guest, after_undo);
}

static void on_disks(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_error why = {0};
    struct gw_record record = tgt_guest_record(guest, GW_RECORD_CREATED);
    record.disks_made = 0;
    record.is_done = true;
    if (!err && tgt_guest_write(guest, &record, GW_RECORD_SYNC, &why) < 0)
        err = &why;
    if (err) {
        fail(guest, err);
        return;
    }
    gw_log_info(&guest->log, "create.done", "name=%s disks=%zu", guest->spec->name,
                guest->spec->n_disks);
    tgt_op_end(guest, NULL);
}

/* 0: go on; 1: created before; -1: @err. */
static int
check_order(struct tgt_guest *guest, const struct tgt_attempt *attempt, struct gw_error *err)
{
    uint64_t epoch = attempt->epoch;
    const struct gw_record *now = &guest->record.now;
    struct gw_record source;
    if (tgt_guest_read_source(guest, &source, err) < 0)
        return -1;
    if (gw_record_epoch(now, &source) > epoch)
        return gw_attempt_stale(err, now->epoch > epoch ? now : &source, "", 0, epoch);
    if (tgt_guest_check_removed(guest, err) < 0)
        return -1;
    if (now->state == GW_RECORD_CREATED && now->epoch == epoch)
        return tgt_guest_spec(guest, err) ? 1 : -1;
    bool is_gone = source.state == GW_RECORD_RETIRED && source.epoch >= now->epoch;
    if (now->state == GW_RECORD_NONE || now->state == GW_RECORD_REFUSED || is_gone)
        return 0;
    (void)gw_error_set(err, GW_ALREADY_EXISTS, "guest %s is on host \"%s\" already", guest->uuid,
                       guest->daemon->settings->host_name);
    return gw_error_reason(err, "GUEST_EXISTS");
}

static int journal(struct tgt_guest *guest, uint64_t epoch, struct gw_error *err)
{
    struct gw_record record = {.state = GW_RECORD_INCOMING, .epoch = epoch};
    (void)gw_str_copy(record.guest_uuid, sizeof record.guest_uuid, guest->uuid);
    return tgt_guest_write(guest, &record, GW_RECORD_SYNC, err);
}

static void begin(struct tgt_guest *guest, uint64_t epoch)
{
    struct gw_error err = {0};
    if (tgt_guest_fill_spec(guest, &err) < 0 ||
        tgt_check_host_offers(guest->daemon, guest->spec, &err) < 0 ||
        gw_guest_dir_save_spec(&guest->daemon->host, guest->spec, &err) < 0 ||
        journal(guest, epoch, &err) < 0) {
        if (guest->record.now.state == GW_RECORD_NONE)
            remove_folder(guest);
        tgt_op_end(guest, &err);
        return;
    }
    guest->on_late = fail;
    tgt_disks_make(guest, UINT32_MAX, NULL, on_disks);
}

void tgt_create(struct tgt_daemon *daemon,
                struct gw_guest_spec *spec,
                uint64_t epoch,
                tgt_done_fn done,
                void *arg)
{
    GW_AUTO_FREE struct gw_guest_spec *owned = spec;
    struct tgt_asked asked = {.op = TGT_OP_CREATE,
                              .attempt = {.epoch = epoch},
                              .deadline_ms = CREATE_MS,
                              .is_made = true,
                              .check = check_order,
                              .done = done,
                              .arg = arg};
    (void)gw_str_copy(asked.attempt.guest_uuid, sizeof asked.attempt.guest_uuid, spec->uuid);
    struct tgt_guest *guest = tgt_op_take(daemon, &asked);
    if (!guest)
        return;
    tgt_guest_set_spec(guest, gw_steal(owned));
    begin(guest, epoch);
}
