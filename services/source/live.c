#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "commands.h"
#include "live_priv.h"
#include "monitor.h"

static void on_switchover_timer(void *arg)
{
    struct src_live *live = arg;

    src_live_note(live, "the guest was paused for more than %" PRIu32 " ms; it runs on here",
                  live->begin.switchover_timeout_ms);
    src_live_event(live, SRC_EV_SWITCHOVER_TIMER, 0);
}

static void on_abort_timer(void *arg)
{
    src_live_event(arg, SRC_EV_ABORT_TIMER, 0);
}

static void live_free(struct src_live *live)
{
    if (live == NULL)
        return;
    src_tell_drop(live->tell);
    src_live_end_connect(live);
    gw_timer_free(live->connect_timer);
    gw_timer_free(live->switchover);
    gw_timer_free(live->abort);
    gw_timer_free(live->progress_timer);
    free(live);
}

static struct src_live *live_new(struct src_guest *guest, const struct src_begin *begin)
{
    struct gw_loop *loop = guest->daemon->loop;
    struct src_live *live = calloc(1, sizeof *live);

    if (live == NULL)
        return NULL;
    live->guest = guest;
    live->connect_fd = -1;
    live->begin = *begin;
    if (live->begin.switchover_timeout_ms == 0)
        live->begin.switchover_timeout_ms = SRC_SWITCHOVER_MS;
    src_outgoing_init(&live->move, begin->n_disks);
    live->switchover = gw_timer_new(loop, on_switchover_timer, live);
    live->abort = gw_timer_new(loop, on_abort_timer, live);
    live->progress_timer = gw_timer_new(loop, src_live_poll, live);
    live->connect_timer = gw_timer_new(loop, src_live_connect_late, live);
    if (live->switchover != NULL && live->abort != NULL && live->progress_timer != NULL &&
        live->connect_timer != NULL)
        return live;
    live_free(live);
    return NULL;
}

int src_live_start(struct src_guest *guest, const struct src_begin *begin, struct gw_error *err)
{
    struct src_live *live = live_new(guest, begin);

    if (live == NULL)
        return gw_error_set_nomem(err, "starting a move");
    src_live_drop(guest);
    guest->live = live;
    if (src_monitor_is_ready(guest->monitor)) {
        src_live_event(live, SRC_EV_BEGIN, 0);
        return 0;
    }
    src_live_note(live, "QEMU's monitor did not answer within %d ms", SRC_MONITOR_WAIT_MS);
    gw_timer_start(live->abort, SRC_MONITOR_WAIT_MS);
    return 0;
}

/* The disks of the move by the record's bits; endpoints are not known any more, nor needed. */
static int recall_begin(struct src_guest *guest, struct src_begin *begin, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;

    memset(begin, 0, sizeof *begin);
    memcpy(begin->attempt.guest_uuid, guest->uuid, sizeof guest->uuid);
    memcpy(begin->attempt.migration_id, now->migration_id, sizeof now->migration_id);
    begin->attempt.attempt = now->attempt;
    begin->attempt.epoch = now->epoch;
    if (now->disks_copied == 0)
        return 0;
    const struct gw_guest_spec *spec = src_guest_spec(guest, err);
    if (spec == NULL)
        return -1;
    for (unsigned i = 0; i < spec->n_disks; i++)
        if ((now->disks_copied & (1U << i)) != 0)
            memcpy(begin->disks[begin->n_disks++].name, spec->disks[i].name,
                   sizeof spec->disks[i].name);
    return 0;
}

int src_live_resume(struct src_guest *guest, struct gw_error *err)
{
    struct src_begin *begin = malloc(sizeof *begin);
    struct src_live *live = NULL;

    if (begin != NULL && recall_begin(guest, begin, err) != 0) {
        free(begin);
        return -1;
    }
    if (begin != NULL)
        live = live_new(guest, begin);
    free(begin);
    if (live == NULL)
        return gw_error_set_nomem(err, "resuming a move");
    guest->live = live;
    src_live_event(live, SRC_EV_RESTARTED, 0);
    if (guest->qemu == NULL)
        src_live_on_qemu_ended(guest);
    return 0;
}

void src_live_event(struct src_live *live, enum src_outgoing_event event, unsigned disk)
{
    enum src_outgoing_effect effects[SRC_EFFECTS_MAX];
    enum src_outgoing_state from = live->move.state;

    if (src_outgoing_step(&live->move, event, disk, effects))
        gw_log_info(&live->guest->log, "move.state_changed", "migration=%s from=%s to=%s event=%s",
                    live->begin.attempt.migration_id, src_outgoing_state_name(from),
                    src_outgoing_state_name(live->move.state), src_outgoing_event_name(event));
    for (int i = 0; i < SRC_EFFECTS_MAX; i++)
        src_live_do(live, effects[i]);
    if (src_outgoing_is_over(&live->move))
        src_live_answer_waiters(live);
}

void src_live_note(struct src_live *live, const char *fmt, ...)
{
    char text[GW_ERROR_MESSAGE_MAX];
    va_list args;

    if (gw_error_is_set(&live->cause))
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)gw_error_set(&live->cause, GW_ABORTED, "%s", text);
}

bool src_live_is_active(const struct src_guest *guest)
{
    return guest->live != NULL && !src_outgoing_is_over(&guest->live->move);
}

int src_live_cancel(struct src_guest *guest, src_over_fn fn, void *arg)
{
    struct src_live_waiter *waiter = malloc(sizeof *waiter);

    if (waiter == NULL)
        return -1;
    *waiter = (struct src_live_waiter){.next = guest->live->waiters, .fn = fn, .arg = arg};
    guest->live->waiters = waiter;
    src_live_event(guest->live, SRC_EV_CANCEL, 0);
    return 0;
}

void src_live_answer_waiters(struct src_live *live)
{
    bool is_relinquished = live->move.state == SRC_OUT_RELINQUISHED;

    while (live->waiters != NULL) {
        struct src_live_waiter *waiter = live->waiters;
        live->waiters = waiter->next;
        waiter->fn(waiter->arg, is_relinquished, live->guest->qemu == NULL);
        free(waiter);
    }
}

void src_live_drop(struct src_guest *guest)
{
    struct src_live *live = guest->live;

    if (live == NULL)
        return;
    guest->live = NULL;
    if (live->move.state == SRC_OUT_CLEANING)
        src_clean_stop(guest->clean);
    src_live_answer_waiters(live);
    src_live_stop_progress(live);
    src_live_end_connect(live);
    gw_timer_stop(live->switchover);
    gw_timer_stop(live->abort);
    src_tell_drop(live->tell);
    live->tell = NULL;
    live->move.state = SRC_OUT_FAILED; /* deaf */
    live->next = guest->past;
    guest->past = live;
    if (!src_monitor_is_ready(guest->monitor))
        src_live_free_past(guest);
}

void src_live_free_past(struct src_guest *guest)
{
    while (guest->past != NULL) {
        struct src_live *live = guest->past;
        guest->past = live->next;
        live_free(live);
    }
}

void src_live_on_ready(struct src_guest *guest)
{
    struct src_live *live = guest->live;

    if (live == NULL)
        return;
    if (live->move.state == SRC_OUT_NEW) {
        gw_timer_stop(live->abort);
        gw_error_clear(&live->cause);
        src_live_event(live, SRC_EV_BEGIN, 0);
    } else {
        src_live_event(live, SRC_EV_QMP_BACK, 0);
    }
}

void src_live_on_lost(struct src_guest *guest)
{
    if (guest->live != NULL) {
        guest->live->is_querying = false;
        guest->live->is_polling = false;
        src_live_event(guest->live, SRC_EV_QMP_LOST, 0);
    }
}

void src_live_on_qemu_ended(struct src_guest *guest)
{
    if (guest->live == NULL)
        return;
    src_live_note(guest->live, guest->is_crashed ? "the guest's QEMU ended without being asked to"
                                                 : "the guest was shut down during its move");
    src_live_event(guest->live, SRC_EV_QEMU_ENDED, 0);
}
