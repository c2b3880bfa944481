#include "guest.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "clean.h"
#include "cold.h"
#include "host/guest_dir.h"
#include "host/may_run.h"
#include "live.h"
#include "monitor.h"
#include "regrant.h"
#include "retire.h"
#include "stop.h"
#include "tell.h"

static int read_target(struct src_guest *guest, struct gw_error *err)
{
    GW_AUTO_FREE char *path =
        gw_guest_dir_path(&guest->daemon->host, guest->uuid, GW_GUEST_TARGET_RECORD);

    if (path == NULL)
        return gw_error_set_nomem(err, "reading a record");
    return gw_record_read(path, &guest->target, err);
}

struct src_guest *src_guest_new(struct src_daemon *daemon, const char *uuid, struct gw_error *err)
{
    GW_AUTO_FREE char *path = gw_guest_dir_path(&daemon->host, uuid, GW_GUEST_SOURCE_RECORD);
    struct src_guest *guest = calloc(1, sizeof *guest);

    if (path == NULL || guest == NULL) {
        free(guest);
        (void)gw_error_set_nomem(err, "taking up a guest");
        return NULL;
    }
    guest->daemon = daemon;
    guest->record.fd = -1;
    memcpy(guest->uuid, uuid, GW_UUID_LEN + 1);
    guest->log = gw_log_with(&daemon->log, "guest", uuid);
    guest->clean = src_clean_new(guest);
    if (guest->clean == NULL)
        (void)gw_error_set_nomem(err, "taking up a guest");
    else if (gw_record_file_open(&guest->record, path, err) == 0)
        return guest;
    src_guest_free(guest);
    return NULL;
}

/* The target's word is newer than ours: the guest was started here, or has come (back) here. */
static int take_over(struct src_guest *guest, struct gw_error *err)
{
    const struct gw_record *target = &guest->target;
    struct gw_record record = {
        .state = GW_RECORD_HOLDING,
        .epoch = target->epoch,
        .qemu_pid = target->qemu_pid,
        .qemu_start_ticks = target->qemu_start_ticks,
        .memory_bytes = target->memory_bytes,
        .is_done = true,
    };

    memcpy(record.boot_id, target->boot_id, sizeof record.boot_id);
    if (src_guest_write(guest, &record, err) != 0)
        return -1;
    gw_log_info(&guest->log, "guest.taken_over", "epoch=%" PRIu64 " pid=%d", target->epoch,
                (int)target->qemu_pid);
    src_guest_drop_moves(guest);
    src_tell_drop(guest->changed); /* of an earlier epoch */
    guest->changed = NULL;
    guest->is_crashed = false;
    free(guest->spec); /* it may have been changed while the guest was stopped or elsewhere */
    guest->spec = NULL;
    if (guest->qemu != NULL && gw_child_pid(guest->qemu) != target->qemu_pid) {
        gw_log_warn(&guest->log, "guest.stale_qemu_killed", "pid=%d",
                    (int)gw_child_pid(guest->qemu));
        (void)gw_child_kill(guest->qemu, SIGKILL, NULL);
        gw_child_free(guest->qemu);
        guest->qemu = NULL;
        src_monitor_close(guest->monitor);
        guest->monitor = NULL;
    }
    return 0;
}

int src_guest_sync(struct src_guest *guest, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;

    if (read_target(guest, err) != 0)
        return -1;
    if (guest->target.state == GW_RECORD_ACTIVE &&
        (now->state == GW_RECORD_NONE || guest->target.epoch > now->epoch) &&
        take_over(guest, err) != 0)
        return -1;
    if (guest->qemu != NULL || guest->has_ended)
        return 0;
    return src_guest_attach(guest, err);
}

const struct gw_guest_spec *src_guest_spec(struct src_guest *guest, struct gw_error *err)
{
    if (guest->spec == NULL)
        guest->spec = gw_guest_dir_load_spec(&guest->daemon->host, guest->uuid, err);
    return guest->spec;
}

uint64_t src_guest_epoch(const struct src_guest *guest)
{
    return gw_record_epoch(&guest->target, &guest->record.now);
}

bool src_guest_is_moving(const struct src_guest *guest)
{
    return guest->record.now.state == GW_RECORD_OUTGOING;
}

bool src_guest_is_orphaned(const struct src_guest *guest)
{
    struct stat st;

    if (guest->qemu != NULL || guest->has_ended || guest->n_retiring > 0)
        return false;
    return fstat(guest->record.fd, &st) != 0 || st.st_nlink == 0;
}

bool src_guest_is_here(const struct src_guest *guest)
{
    enum gw_record_state state = guest->record.now.state;

    if (src_guest_is_orphaned(guest))
        return false;
    if (state == GW_RECORD_NONE)
        return guest->target.state == GW_RECORD_CREATED;
    return state != GW_RECORD_RETIRED;
}

static enum gw_guest_report_state report_state(const struct src_guest *guest)
{
    enum gw_record_state state = guest->record.now.state;

    if (state == GW_RECORD_OUTGOING || state == GW_RECORD_RELINQUISHED)
        return GW_GUEST_REPORT_MIGRATING;
    if (guest->qemu != NULL)
        return GW_GUEST_REPORT_RUNNING;
    return guest->is_crashed ? GW_GUEST_REPORT_CRASHED : GW_GUEST_REPORT_STOPPED;
}

void src_guest_report(const struct src_guest *guest, struct gw_guest_report *out)
{
    const struct gw_record *now = &guest->record.now;

    *out = (struct gw_guest_report){
        .epoch = src_guest_epoch(guest),
        .state = report_state(guest),
        .attempt = now->attempt,
        .qemu_pid = guest->qemu != NULL ? (uint64_t)gw_child_pid(guest->qemu) : 0,
    };
    memcpy(out->guest_uuid, guest->uuid, sizeof out->guest_uuid);
    memcpy(out->migration_id, now->migration_id, sizeof out->migration_id);
}

void src_guest_drop_moves(struct src_guest *guest)
{
    src_live_drop(guest);
    src_cold_drop(guest);
    src_tell_drop(guest->again);
    guest->again = NULL;
}

void src_guest_free(struct src_guest *guest)
{
    if (guest == NULL)
        return;
    src_monitor_close(guest->monitor);
    guest->monitor = NULL;
    src_guest_drop_moves(guest);
    src_live_free_past(guest);
    src_stop_abandon(guest);
    src_retire_abandon(guest);
    src_regrant_abandon(guest);
    src_clean_free(guest->clean);
    src_tell_drop(guest->changed);
    gw_timer_free(guest->drain);
    gw_timer_free(guest->killer);
    gw_child_free(guest->qemu);
    gw_record_file_close(&guest->record);
    free(guest->spec);
    free(guest);
}
