/* What an agent finds at its start (handover, R11): it starts nothing of its own accord; it minds
 * the QEMUs that its records name, finishes what was begun where nothing can go wrong, and takes
 * back what cannot be finished. */
#include "qemu.h"

#include <stdlib.h>
#include <string.h>

#include "host/guest_dir.h"
#include "host/may_run.h"
#include "host/process.h"

static void on_undone(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_record source = {0};
    if (err) {
        gw_log_failure(&guest->log, GW_LOG_ERROR, "resume.undo_failed", err);
    } else if (guest->record.now.mode == GW_RECORD_MODE_NONE &&
               tgt_guest_read_source(guest, &source, NULL) == 0 && source.state == GW_RECORD_NONE &&
               guest->record.now.migration_id[0] == '\0') {
        (void)gw_guest_dir_remove(&guest->daemon->host, guest->uuid, NULL); /* half created */
    }
    tgt_op_end(guest, NULL);
}

static void undo(struct tgt_guest *guest)
{
    gw_log_info(&guest->log, "resume.undo", "state=%s",
                gw_record_state_name(guest->record.now.state));
    guest->op = TGT_OP_REFUSE;
    guest->attempt = (struct tgt_attempt){.attempt = guest->record.now.attempt,
                                          .epoch = guest->record.now.epoch};
    memcpy(guest->attempt.migration_id, guest->record.now.migration_id,
           sizeof guest->attempt.migration_id);
    if (tgt_qemu_attach(guest, &tgt_incoming_handlers, NULL) < 0)
        guest->qemu = NULL; /* it has ended already */
    tgt_undo(guest, on_undone);
}

/* ---- a QEMU that waits for its guest ---- */

static void on_migration(void *arg, json_object *result, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    struct gw_error why = {0};
    json_object *status = NULL;
    (void)err;
    if (!result)
        return; /* its end is told by gone() */
    if (!json_object_object_get_ex(result, "status", &status)) {
        /* No stream has come yet, so the source may still be told the same port. */
        if (tgt_incoming_listen(guest, guest->record.now.memory_port, &why) < 0) {
            gw_log_failure(&guest->log, GW_LOG_WARN, "resume.listen_failed", &why);
            guest->is_load_failed = true;
        }
        return;
    }
    const char *word = json_object_get_string(status);
    guest->is_loaded = strcmp(word, "completed") == 0;
    guest->is_load_failed = strcmp(word, "failed") == 0;
    tgt_activate_on_loaded(guest);
}

static void on_incoming_ready(struct tgt_guest *guest)
{
    tgt_qemu_hand_over(guest, &tgt_incoming_handlers);
    if (guest->record.now.mode == GW_RECORD_LIVE)
        tgt_qmp(guest, "query-migrate", NULL, on_migration);
}

static void on_incoming_gone(struct tgt_guest *guest, const struct gw_error *err)
{
    gw_log_failure(&guest->log, GW_LOG_WARN, "resume.qemu_ended", err);
    tgt_guests_sweep(guest->daemon);
}

static const struct tgt_qemu_handlers incoming = {
    .ready = on_incoming_ready, .event = tgt_incoming_on_event, .gone = on_incoming_gone};

static void resume_incoming(struct tgt_guest *guest)
{
    const struct gw_record *now = &guest->record.now;
    struct gw_error err = {0};
    bool was_answered = now->mode == GW_RECORD_LIVE
                            ? now->memory_port != 0
                            : now->mode == GW_RECORD_COLD && (now->disk_port || !now->disks_copied);
    if (!was_answered) {
        undo(guest);
        return;
    }
    if (tgt_qemu_attach(guest, &incoming, &err) < 0)
        gw_log_failure(&guest->log, GW_LOG_WARN, "resume.qemu_ended", &err);
    else
        gw_log_info(&guest->log, "resume.incoming", "pid=%d", (int)now->qemu_pid);
}

/* ---- a guest that was being let run ---- */

static void on_status(void *arg, json_object *result, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    json_object *running = NULL;
    struct gw_record source;
    struct gw_error why = {0};
    if (result && tgt_guest_read_source(guest, &source, &why) < 0)
        err = &why;
    if (!result || err == &why) {
        tgt_op_end(guest, err);
        tgt_adopt_start(guest);
        return;
    }
    if (!json_object_object_get_ex(result, "running", &running))
        gw_log_warn(&guest->log, "resume.no_status", "epoch=%llu",
                    (unsigned long long)guest->record.now.epoch);
    bool is_source_moving =
        source.epoch >= guest->record.now.epoch && source.state != GW_RECORD_HOLDING;
    if (!json_object_get_boolean(running) && !is_source_moving) {
        tgt_activate_again(guest);
        return;
    }
    guest->is_running = true;
    tgt_op_end(guest, NULL);
    tgt_adopt_start(guest);
}

static void on_active_ready(struct tgt_guest *guest)
{
    tgt_qemu_hand_over(guest, &tgt_run_handlers);
    tgt_qmp(guest, "query-status", NULL, on_status);
}

static void on_active_gone(struct tgt_guest *guest, const struct gw_error *err)
{
    gw_log_failure(&guest->log, GW_LOG_WARN, "resume.qemu_ended", err);
    tgt_op_end(guest, err);
    tgt_adopt_start(guest);
}

static const struct tgt_qemu_handlers active = {.ready = on_active_ready, .gone = on_active_gone};

/* Whoever repeats the call that let it run waits until that is certain. */
static void resume_active(struct tgt_guest *guest)
{
    const struct gw_record *now = &guest->record.now;
    if (now->is_done)
        return;
    guest->is_cont_sent = true; /* it may be running: nothing here ends it */
    if (tgt_qemu_attach(guest, &active, NULL) < 0) {
        tgt_adopt_start(guest); /* stopped, or it ended: the source must learn of it */
        return;
    }
    guest->op = now->migration_id[0] ? TGT_OP_ACTIVATE : TGT_OP_START;
    guest->attempt = (struct tgt_attempt){.attempt = now->attempt, .epoch = now->epoch};
    memcpy(guest->attempt.migration_id, now->migration_id, sizeof now->migration_id);
}

/* ---- a QEMU that was never let run ---- */

static void after_end(struct tgt_guest *guest, const struct gw_error *unused)
{
    struct gw_error err = {0};
    struct gw_record record = guest->record.now;
    (void)unused; /* killed on purpose */
    record.qemu_pid = 0;
    record.memory_bytes = 0;
    record.is_starting = false;
    if (tgt_guest_write(guest, &record, GW_RECORD_SYNC, &err) < 0)
        gw_log_failure(&guest->log, GW_LOG_ERROR, "resume.record_failed", &err);
    tgt_op_end(guest, NULL);
}

static void resume_starting(struct tgt_guest *guest)
{
    gw_log_info(&guest->log, "resume.start_taken_back", "pid=%d", (int)guest->record.now.qemu_pid);
    guest->op = TGT_OP_REFUSE;
    if (tgt_qemu_attach(guest, &tgt_incoming_handlers, NULL) < 0)
        guest->qemu = NULL; /* it has ended already */
    tgt_qemu_end(guest, after_end);
}

static void resume_one(struct tgt_daemon *daemon, const char *uuid)
{
    struct gw_error err = {0};
    struct tgt_guest *guest = tgt_guests_get(daemon, uuid, false, &err);
    if (!guest) {
        gw_log_failure(&daemon->log, GW_LOG_ERROR, "resume.record_unreadable", &err);
        return;
    }
    if (guest->record.now.is_starting) {
        resume_starting(guest);
        return;
    }
    switch (guest->record.now.state) {
    case GW_RECORD_INCOMING:
        resume_incoming(guest);
        break;
    case GW_RECORD_ACTIVE:
        resume_active(guest);
        break;
    case GW_RECORD_REFUSED:
        if (!guest->record.now.is_done)
            undo(guest);
        break;
    case GW_RECORD_NONE:
    case GW_RECORD_CREATED:
    case GW_RECORD_HOLDING:
    case GW_RECORD_OUTGOING:
    case GW_RECORD_RELINQUISHED:
    case GW_RECORD_RETIRED:
    case GW_RECORD_STATE_COUNT:
        break;
    }
}

void tgt_resume_all(struct tgt_daemon *daemon)
{
    struct gw_uuid_list guests = {0};
    struct gw_error err = {0};
    tgt_orphans_end(daemon);
    if (gw_guest_dir_list(&daemon->host, &guests, &err) < 0) {
        gw_log_failure(&daemon->log, GW_LOG_ERROR, "resume.failed", &err);
        return;
    }
    for (size_t i = 0; i < guests.n_items; i++)
        resume_one(daemon, guests.items[i]);
    gw_uuid_list_fini(&guests);
}
