#include "outcome.h"

#include <stdio.h>
#include <string.h>

#include "guests.h"

/* ---- what a signal leaves in the row ---- */

static uint64_t since(uint64_t now, uint64_t then)
{
    return then && now > then ? now - then : 0;
}

static void note_activated(struct sch_migration *m, struct gw_migration_row *next)
{
    struct scheduler *s = m->scheduler;
    uint64_t now = sch_now_us(s);
    struct gw_migration_times *times = &next->times;
    times->total_us =
        m->submitted_us ? since(now, m->submitted_us) : since(sch_wall_us(s), m->row.created_us);
    times->relinquish_to_active_us = since(now, m->relinquished_us);
    if (m->relinquished_us && next->core.is_live)
        times->blackout_us = m->blackout_so_far_us + times->relinquish_to_active_us;
}

static void note_failure(struct gw_migration_row *next, const struct sch_signal *signal)
{
    if (next->failure.code[0])
        return; /* the first cause counts */
    if (signal->reason.code[0]) {
        next->failure = signal->reason;
        return;
    }
    const char *event = gw_migration_event_name(signal->event.kind);
    (void)snprintf(next->failure.code, sizeof next->failure.code, "%s", event);
    (void)snprintf(next->failure.message, sizeof next->failure.message,
                   "%s came while the migration was under way", event);
}

static bool is_undoing(enum gw_migration_state state)
{
    return gw_migration_phase(state) == GW_PHASE_ABORTING || state == GW_MIGRATION_FAILED ||
           state == GW_MIGRATION_CANCELLED;
}

struct gw_migration_row sch_outcome_row(struct sch_migration *m,
                                        const struct sch_signal *signal,
                                        const struct gw_migration_step *step)
{
    struct gw_migration_row next = m->row;
    enum gw_migration_event_kind kind = signal->event.kind;
    next.core = step->next;
    next.changed_us = sch_wall_us(m->scheduler);
    if (kind == GW_EV_CANCEL)
        next.cancel_requested = true;
    if (kind == GW_EV_PROBED)
        next.copied_disks = signal->copied_disks;
    if (kind == GW_EV_PREPARED)
        next.endpoints = signal->endpoints;
    if (kind == GW_EV_RELINQUISHED) {
        next.times.pause_to_completed_us = signal->pause_to_completed_us;
        next.times.qemu_downtime_ms = signal->qemu_downtime_ms;
    }
    if (m->qemu_downtime_ms)
        next.times.qemu_downtime_ms = m->qemu_downtime_ms;
    if (signal->progress.len)
        next.progress = signal->progress;
    if (kind == GW_EV_ACTIVATED)
        note_activated(m, &next);
    if (is_undoing(next.core.state) && !is_undoing(m->row.core.state))
        note_failure(&next, signal);
    if (!is_undoing(next.core.state))
        next.failure = (struct gw_reason){0};
    if (step->effects & GW_EFFECT_FINISH)
        next.finished_us = next.changed_us;
    return next;
}

/* ---- what it leaves in the guest ---- */

/* The guest's state once the migration lets go of it, or runs it at the target. Heartbeats correct
 * it when the guest ended meanwhile. */
static enum gw_guest_state guest_state_after(const struct gw_migration_row *next,
                                             enum gw_migration_event_kind kind)
{
    if (kind == GW_EV_REGRANT_FAILED && next->core.is_live)
        return GW_GUEST_CRASHED;
    bool runs = next->core.guest_ran && kind != GW_EV_START_FAILED;
    return runs ? GW_GUEST_RUNNING : GW_GUEST_STOPPED;
}

void sch_outcome_guest(struct sch_tx *tx,
                       struct sch_migration *m,
                       const struct gw_migration_row *next,
                       const struct gw_migration_step *step,
                       enum gw_migration_event_kind kind)
{
    struct sch_guest *guest = sch_list_find(&m->scheduler->guests, m->row.guest_uuid);
    bool is_holder = (step->effects & (GW_EFFECT_COMMIT | GW_EFFECT_REGRANT)) != 0;
    bool is_running = next->core.state == GW_MIGRATION_RETIRING;
    bool is_over = (step->effects & GW_EFFECT_FINISH) != 0;
    bool is_settled = kind == GW_EV_START_FAILED || kind == GW_EV_REGRANT_FAILED;
    if (!guest || !(is_holder || is_running || is_over || is_settled))
        return;
    struct gw_guest_row row = guest->row;
    if (is_holder) {
        row.epoch = next->core.guest_epoch;
        memcpy(row.holder, step->effects & GW_EFFECT_COMMIT ? m->row.to_id : m->row.from_id,
               sizeof row.holder);
    }
    if (is_settled || is_running || (is_over && row.state == GW_GUEST_MIGRATING))
        row.state = guest_state_after(next, kind);
    if (is_over)
        row.migration_id[0] = '\0';
    sch_guest_keep_quiet(m->scheduler, guest);
    sch_tx_guest(tx, guest, &row);
}
