/* A guest's QEMU: watched by pidfd, so that its end is an event; why it ended is told by QEMU's
 * SHUTDOWN event, which may still lie in the monitor's socket when the process is gone. So the end
 * is handled when the monitor has hung up, or after SRC_DRAIN_MS. */
#include "guest.h"

#include <json-c/json.h>
#include <signal.h>
#include <string.h>

#include "clean.h"
#include "host/process.h"
#include "live.h"
#include "monitor.h"
#include "regrant.h"
#include "retire.h"
#include "stop.h"
#include "tell.h"

static void forget_qemu(struct src_guest *guest)
{
    struct gw_error err = {0};
    struct gw_record record = guest->record.now;

    record.qemu_pid = 0;
    record.qemu_start_ticks = 0;
    if (src_guest_write(guest, &record, &err) != 0)
        gw_log_failure(&guest->log, GW_LOG_WARN, "record.not_written", &err);
}

static void on_changed_told(void *arg, const struct gw_error *err)
{
    struct src_guest *guest = arg;

    guest->changed = NULL;
    if (err != NULL)
        gw_log_failure(&guest->log, GW_LOG_WARN, "guest.change_refused", err);
    if (guest->qemu == NULL && guest->record.now.state == GW_RECORD_HOLDING)
        forget_qemu(guest);
}

/* The record keeps the pid until the scheduler knows, so that a restart tells it again. */
static void tell_changed(struct src_guest *guest, const char *message)
{
    struct gw_guest_report report;

    src_guest_report(guest, &report);
    src_tell_drop(guest->changed);
    guest->changed = src_tell_changed(guest, &report, message, on_changed_told, guest);
}

static void finish_end(void *arg)
{
    struct src_guest *guest = arg;
    bool was_asked = guest->is_end_asked;

    guest->has_ended = false;
    gw_timer_stop(guest->drain);
    gw_timer_stop(guest->killer);
    src_monitor_close(guest->monitor);
    guest->monitor = NULL;
    src_clean_stop(guest->clean);
    src_live_free_past(guest);
    guest->is_crashed = !was_asked && !guest->is_shutdown;
    gw_log_event(&guest->log, guest->is_crashed ? GW_LOG_WARN : GW_LOG_INFO, "guest.qemu_ended",
                 "asked=%s crashed=%s", was_asked ? "true" : "false",
                 guest->is_crashed ? "true" : "false");
    guest->is_end_asked = false;
    src_live_on_qemu_ended(guest);
    if (guest->record.now.state == GW_RECORD_HOLDING) {
        if (was_asked)
            forget_qemu(guest);
        else
            tell_changed(guest, guest->is_crashed ? "its QEMU ended without being asked to"
                                                  : "the guest shut itself down");
    }
    guest->is_shutdown = false;
    src_stop_on_qemu_ended(guest);
    src_regrant_on_qemu_ended(guest);
    src_retire_on_qemu_ended(guest);
}

static void on_qemu_ended(void *arg, int status)
{
    struct src_guest *guest = arg;

    (void)status;
    gw_child_free(guest->qemu);
    guest->qemu = NULL;
    guest->has_ended = true;
    if (src_monitor_is_ready(guest->monitor))
        gw_timer_start(guest->drain, SRC_DRAIN_MS);
    else
        finish_end(guest);
}

static void kill_hard(void *arg)
{
    struct src_guest *guest = arg;

    if (guest->qemu != NULL) {
        gw_log_warn(&guest->log, "guest.qemu_killed", "after_ms=%d", SRC_KILL_MS);
        (void)gw_child_kill(guest->qemu, SIGKILL, NULL);
    }
}

static int make_timers(struct src_guest *guest)
{
    struct gw_loop *loop = guest->daemon->loop;

    if (guest->drain == NULL)
        guest->drain = gw_timer_new(loop, finish_end, guest);
    if (guest->killer == NULL)
        guest->killer = gw_timer_new(loop, kill_hard, guest);
    return guest->drain != NULL && guest->killer != NULL ? 0 : -1;
}

int src_guest_attach(struct src_guest *guest, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    struct gw_error gone = {0};

    if (now->qemu_pid == 0 || now->state == GW_RECORD_RETIRED)
        return 0;
    if (make_timers(guest) != 0)
        return gw_error_set_nomem(err, "watching QEMU");
    if (gw_record_qemu_is_alive(now, guest->daemon->host.boot_id))
        guest->qemu = gw_child_adopt(guest->daemon->loop, now->qemu_pid, now->qemu_start_ticks,
                                     on_qemu_ended, guest, &gone);
    if (guest->qemu == NULL) {
        if (now->state == GW_RECORD_HOLDING && guest->changed == NULL) {
            guest->is_crashed = true;
            tell_changed(guest, "its QEMU ended while nobody watched");
        }
        return 0;
    }
    guest->is_crashed = false;
    guest->monitor = src_monitor_open(guest);
    if (guest->monitor == NULL) {
        gw_child_free(guest->qemu);
        guest->qemu = NULL;
        return gw_error_set_nomem(err, "opening a monitor");
    }
    gw_log_info(&guest->log, "guest.qemu_watched", "pid=%d", (int)now->qemu_pid);
    return 0;
}

void src_guest_end_qemu(struct src_guest *guest)
{
    if (guest->qemu == NULL)
        return;
    guest->is_end_asked = true;
    if (gw_timer_is_running(guest->killer))
        return;
    gw_timer_start(guest->killer, SRC_KILL_MS);
    if (src_monitor_execute(guest->monitor, "quit", NULL, SRC_QMP_DEADLINE_MS, NULL, NULL) != 0)
        (void)gw_child_kill(guest->qemu, SIGTERM, NULL);
}

void src_guest_on_ready(struct src_guest *guest)
{
    src_live_on_ready(guest);
    src_clean_on_ready(guest);
}

void src_guest_on_lost(struct src_guest *guest)
{
    src_clean_on_lost(guest);
    src_live_on_lost(guest);
    src_live_free_past(guest);
    if (guest->has_ended)
        finish_end(guest);
}

static bool is_orderly(json_object *data)
{
    json_object *value = NULL;

    if (!json_object_object_get_ex(data, "reason", &value))
        return false;
    const char *reason = json_object_get_string(value);
    return reason != NULL &&
           (strcmp(reason, "guest-shutdown") == 0 || strcmp(reason, "host-qmp-quit") == 0);
}

void src_guest_on_event(struct src_guest *guest,
                        const char *name,
                        json_object *data,
                        uint64_t stamp_us)
{
    if (strcmp(name, "SHUTDOWN") == 0)
        guest->is_shutdown = is_orderly(data);
    src_live_on_event(guest, name, data, stamp_us);
    src_clean_on_event(guest, name, data);
}
