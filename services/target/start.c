/* Start: boot a guest of this host. The same act as Activate, with nothing coming in: QEMU is
 * started, paused; ACTIVE is journalled, with its pid, in one write, because the source takes the
 * guest over as soon as it reads that word; then it is let run.
 * Failure: QEMU is ended, and the guest stays this host's, stopped, as it was. A QEMU that an agent
 * left behind before ACTIVE is known by is_starting, and ended at the next start of the agent. */
#include "qemu.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/facts.h"
#include "host/guest_dir.h"
#include "host/may_run.h"
#include "host/process.h"

enum { START_MS = 30000 };

static void after_end(struct tgt_guest *guest, const struct gw_error *unused)
{
    struct gw_error failure = guest->failure;
    struct gw_record record = guest->record.now;
    struct gw_error err = {0};
    (void)unused; /* killed on purpose */
    record.qemu_pid = 0;
    record.memory_bytes = 0;
    record.is_starting = false;
    if (tgt_guest_write(guest, &record, GW_RECORD_NO_SYNC, &err) < 0)
        gw_log_failure(&guest->log, GW_LOG_WARN, "start.record_failed", &err);
    tgt_op_end(guest, &failure);
}

static void fail(struct tgt_guest *guest, const struct gw_error *err)
{
    gw_log_failure(&guest->log, GW_LOG_WARN, "start.failed", err);
    guest->failure = *err;
    guest->on_late = NULL;
    tgt_qemu_end(guest, after_end);
}

static void on_run(struct tgt_guest *guest, const struct gw_error *err)
{
    if (err && !guest->is_cont_sent) {
        fail(guest, err);
        return;
    }
    if (!err)
        gw_log_info(&guest->log, "start.done", "name=%s epoch=%llu", guest->spec->name,
                    (unsigned long long)guest->record.now.epoch);
    tgt_op_end(guest, err);
}

static void on_ready(struct tgt_guest *guest)
{
    const struct gw_record *now = &guest->record.now;
    struct gw_error err = {0};
    struct gw_record record = {.state = GW_RECORD_ACTIVE,
                               .epoch = guest->attempt.epoch,
                               .qemu_pid = now->qemu_pid,
                               .qemu_start_ticks = now->qemu_start_ticks,
                               .memory_bytes = now->memory_bytes};
    if (guest->op != TGT_OP_START)
        return;
    memcpy(record.guest_uuid, guest->uuid, sizeof record.guest_uuid);
    memcpy(record.boot_id, now->boot_id, sizeof record.boot_id);
    guest->on_late = NULL;
    if (tgt_guest_write(guest, &record, GW_RECORD_SYNC, &err) < 0)
        fail(guest, &err);
    else
        tgt_run(guest, on_run);
}

static void on_gone(struct tgt_guest *guest, const struct gw_error *err)
{
    if (guest->op == TGT_OP_START)
        fail(guest, err);
}

static const struct tgt_qemu_handlers handlers = {.ready = on_ready, .gone = on_gone};

/* 0: go on; 1: it runs already, under this epoch; -1: @err. */
static int
check_order(struct tgt_guest *guest, const struct tgt_attempt *attempt, struct gw_error *err)
{
    uint64_t epoch = attempt->epoch;
    const struct gw_record *now = &guest->record.now;
    const char *boot_id = guest->daemon->host.boot_id;
    struct gw_record source;
    if (tgt_guest_read_source(guest, &source, err) < 0)
        return -1;
    if (now->state == GW_RECORD_NONE || now->state == GW_RECORD_REFUSED) {
        (void)gw_error_set(err, GW_NOT_FOUND, "host \"%s\" has no guest %s",
                           guest->daemon->settings->host_name, guest->uuid);
        return gw_error_reason(err, "GUEST_NOT_FOUND");
    }
    bool is_given_up = source.state == GW_RECORD_RELINQUISHED || source.state == GW_RECORD_RETIRED;
    if (gw_record_epoch(now, &source) > epoch || (is_given_up && source.epoch == epoch))
        return gw_attempt_stale(err, now->epoch > epoch ? now : &source, "", 0, epoch);
    bool is_alive =
        gw_record_qemu_is_alive(now, boot_id) || gw_record_qemu_is_alive(&source, boot_id);
    if (now->state == GW_RECORD_ACTIVE && now->epoch == epoch && is_alive)
        return 1;
    if (now->state != GW_RECORD_INCOMING && !is_alive)
        return 0;
    (void)gw_error_set(err, GW_FAILED_PRECONDITION, "guest %s %s", guest->uuid,
                       is_alive ? "has a QEMU on this host already; stop it first"
                                : "is being received; activate or refuse that attempt first");
    return gw_error_reason(err, is_alive ? "ALREADY_RUNNING" : "ATTEMPT_UNDER_WAY");
}

static int journal_starting(struct tgt_guest *guest, struct gw_error *err)
{
    struct gw_record record = guest->record.now;
    record.qemu_pid = 0;
    record.memory_bytes = guest->spec->memory_bytes;
    record.is_starting = true;
    return tgt_guest_write(guest, &record, GW_RECORD_SYNC, err);
}

static void begin(struct tgt_guest *guest)
{
    struct gw_error err = {0};
    if (tgt_guest_fill_spec(guest, &err) < 0 ||
        tgt_guest_check_memory(guest, guest->spec, &err) < 0 ||
        gw_guest_dir_save_spec(&guest->daemon->host, guest->spec, &err) < 0 ||
        journal_starting(guest, &err) < 0) {
        tgt_op_end(guest, &err);
        return;
    }
    guest->on_late = fail;
    if (tgt_qemu_launch(guest, TGT_LAUNCH_START, &handlers, &err) < 0)
        fail(guest, &err);
}

void tgt_start(struct tgt_daemon *daemon,
               struct gw_guest_spec *spec,
               uint64_t epoch,
               tgt_done_fn done,
               void *arg)
{
    GW_AUTO_FREE struct gw_guest_spec *owned = spec;
    struct tgt_asked asked = {.op = TGT_OP_START,
                              .attempt = {.epoch = epoch},
                              .deadline_ms = START_MS,
                              .is_made = false,
                              .check = check_order,
                              .done = done,
                              .arg = arg};
    (void)gw_str_copy(asked.attempt.guest_uuid, sizeof asked.attempt.guest_uuid, spec->uuid);
    struct tgt_guest *guest = tgt_op_take(daemon, &asked);
    if (!guest)
        return;
    tgt_adopt_stop(guest); /* of an earlier start */
    tgt_guest_set_spec(guest, gw_steal(owned));
    begin(guest);
}
