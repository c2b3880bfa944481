/* The migration driver.
 *
 * Normal course: a signal is queued at its migration; when no write of the migration is under way
 * the core says what it changes; the change, the guest's new holder and the event that tells of it
 * go to the store in one transaction; then the effects are sent. From Relinquished to Activate
 * there is nothing else but that transaction.
 *
 * Failure modes: the write fails - the signal's sender is told, or the effect is sent again after a
 * pause, whose answer brings the signal back; an agent is away - asked again (driver_send.c); this
 * program dies - sch_driver_resume() sends again what the stored state says.
 *
 * A migration object lives until the scheduler ends, so calls under way may point to it. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>

#include "guests.h"
#include "outcome.h"
#include "plans.h"

enum { WRITE_RETRY_MS = 1000 };

struct sch_signal *sch_signal_new(enum gw_migration_event_kind kind, uint32_t attempt)
{
    struct sch_signal *signal = calloc(1, sizeof *signal);
    if (signal)
        signal->event = (struct gw_migration_event){.kind = kind, .attempt = attempt};
    return signal;
}

void sch_signal_free(struct sch_signal *signal)
{
    if (!signal)
        return;
    gw_blob_fini(&signal->endpoints);
    gw_blob_fini(&signal->progress);
    free(signal);
}

static void end_signal(struct sch_signal *signal, const struct gw_error *err)
{
    if (signal->done)
        signal->done(signal->arg, err);
    sch_signal_free(signal);
}

/* A finished migration has no timers any more. */
static void restart_deadline(struct sch_migration *m)
{
    uint32_t ms = gw_migration_deadline_ms(m->row.core.state);
    if (ms) {
        gw_timer_start(m->deadline, ms);
        return;
    }
    gw_timer_free(m->deadline);
    gw_timer_free(m->retry);
    m->deadline = m->retry = NULL;
}

void sch_driver_heard(struct sch_migration *m)
{
    if (m->row.core.state == GW_MIGRATION_COPYING)
        restart_deadline(m);
}

static void send_effects(struct sch_migration *m, unsigned effects)
{
    for (unsigned bit = GW_EFFECT_PROBE; bit <= GW_EFFECT_START_AT_SOURCE; bit <<= 1) {
        if (effects & bit)
            sch_driver_send(m, (enum gw_effect)bit);
    }
}

/* ---- one signal after the other ---- */

static void pump(struct sch_migration *m);

struct taking {
    struct sch_migration *migration;
    struct sch_signal *signal;
    unsigned effects;
};

static void log_move(const struct sch_migration *m, const struct sch_signal *signal)
{
    gw_log_info(&m->scheduler->log, "migration.state_changed",
                "migration=%s guest=%s event=%s state=%s attempt=%u epoch=%llu", m->row.id,
                m->row.guest_name, gw_migration_event_name(signal->event.kind),
                gw_migration_state_name(m->row.core.state), m->row.core.attempt,
                (unsigned long long)m->row.core.guest_epoch);
}

static void taken(void *arg, const struct gw_error *err)
{
    struct taking *t = arg;
    struct sch_migration *m = t->migration;
    m->is_writing = false;
    if (err) {
        if (m->retry && !gw_timer_is_running(m->retry))
            gw_timer_start(m->retry, WRITE_RETRY_MS);
    } else {
        m->generation++;
        m->in_flight = 0;
        m->retry_ms = 0;
        gw_timer_stop(m->retry);
        if (!m->scheduler->is_stopping)
            send_effects(m, t->effects);
        restart_deadline(m);
        if (t->signal->progress.len) {
            gw_blob_fini(&m->row.progress);
            m->row.progress = t->signal->progress;
            t->signal->progress = (struct gw_blob){0};
        }
        log_move(m, t->signal);
    }
    end_signal(t->signal, err);
    free(t);
    pump(m);
}

static void
take(struct sch_migration *m, struct sch_signal *signal, const struct gw_migration_step *step)
{
    struct taking *t = calloc(1, sizeof *t);
    if (!t) {
        struct gw_error err = {0};
        gw_error_set_nomem(&err, "changing a migration");
        end_signal(signal, &err);
        return;
    }
    *t = (struct taking){.migration = m, .signal = signal, .effects = step->effects};
    struct gw_migration_row next = sch_outcome_row(m, signal, step);
    struct sch_tx *tx = sch_tx_new(m->scheduler);
    sch_tx_migration(tx, m, &next);
    sch_outcome_guest(tx, m, &next, step, signal->event.kind);
    m->is_writing = true;
    sch_tx_commit(tx, taken, t);
}

static void
refuse(struct sch_migration *m, struct sch_signal *signal, const struct gw_migration_step *step)
{
    struct gw_error err = {0};
    const char *phase = gw_phase_name(gw_migration_phase(m->row.core.state));
    if (signal->event.kind == GW_EV_CANCEL)
        gw_error_set(&err, GW_FAILED_PRECONDITION,
                     "migration %s of guest %s is %s, too late to cancel it: move the guest back",
                     m->row.id, m->row.guest_name, phase);
    else
        gw_error_set(&err, step->verdict == GW_VERDICT_STALE ? GW_ABORTED : GW_FAILED_PRECONDITION,
                     "migration %s of guest %s is %s (attempt %u): %s does not fit", m->row.id,
                     m->row.guest_name, phase, m->row.core.attempt,
                     gw_migration_event_name(signal->event.kind));
    gw_error_reason(&err, step->reason);
    gw_log_failure(&m->scheduler->log, GW_LOG_INFO, "migration.event_refused", &err);
    end_signal(signal, &err);
}

/* The source's QEMU tells its last figures only after the word that must not wait for them. */
static void note_repeat(struct sch_migration *m, struct sch_signal *signal)
{
    if (signal->event.kind != GW_EV_RELINQUISHED || signal->qemu_downtime_ms == 0)
        return;
    m->qemu_downtime_ms = signal->qemu_downtime_ms;
    m->row.times.qemu_downtime_ms = signal->qemu_downtime_ms;
    if (signal->progress.len)
        sch_migration_progress(m, &signal->progress);
}

static void take_next(struct sch_migration *m)
{
    struct sch_signal *signal = m->first_signal;
    m->first_signal = signal->next;
    if (!m->first_signal)
        m->end_signal = &m->first_signal;
    m->n_signals--;
    struct gw_migration_step step = gw_migration_step(&m->row.core, &signal->event);
    switch (step.verdict) {
    case GW_VERDICT_MOVED:
        if (signal->event.kind == GW_EV_RELINQUISHED)
            m->blackout_so_far_us = signal->blackout_so_far_us;
        take(m, signal, &step);
        break;
    case GW_VERDICT_RESEND:
        send_effects(m, step.effects);
        restart_deadline(m);
        end_signal(signal, NULL);
        break;
    case GW_VERDICT_SAME:
        note_repeat(m, signal);
        end_signal(signal, NULL);
        break;
    case GW_VERDICT_STALE:
    case GW_VERDICT_REFUSED:
        refuse(m, signal, &step);
        break;
    }
}

/* While the source cleans up, people may stop and start the guest at the target: not both at once.
 */
static bool is_guest_busy(const struct sch_migration *m)
{
    const struct sch_guest *guest = sch_list_find(&m->scheduler->guests, m->row.guest_uuid);
    return guest && guest->is_busy;
}

static void pump(struct sch_migration *m)
{
    while (!m->is_writing && m->first_signal && !is_guest_busy(m) && !m->scheduler->is_stopping)
        take_next(m);
}

void sch_driver_kick(struct sch_migration *m)
{
    pump(m);
}

void sch_driver_signal(struct sch_migration *m, struct sch_signal *signal)
{
    if (!signal)
        return;
    if (m->n_signals >= SCH_SIGNALS_MAX || m->scheduler->is_stopping) {
        struct gw_error err = {0};
        gw_error_set(&err, GW_UNAVAILABLE, "migration %s is busy: ask again", m->row.id);
        end_signal(signal, &err);
        return;
    }
    if (signal->event.kind == GW_EV_RELINQUISHED && !m->relinquished_us)
        m->relinquished_us = sch_now_us(m->scheduler);
    if (!m->first_signal)
        m->end_signal = &m->first_signal;
    *m->end_signal = signal;
    m->end_signal = &signal->next;
    m->n_signals++;
    pump(m);
}

void sch_driver_again(struct sch_migration *m)
{
    send_effects(m, gw_migration_resume(&m->row.core));
}

void sch_driver_resume(struct sch_migration *m)
{
    if (gw_migration_is_finished(m->row.core.state))
        return;
    restart_deadline(m);
    send_effects(m, gw_migration_resume(&m->row.core));
}

void sch_driver_host_lost(struct scheduler *s, const char *host_id)
{
    for (size_t i = 0; i < s->migrations.n_items; i++) {
        struct sch_migration *m = s->migrations.items[i];
        if (!m->is_stored || gw_migration_is_finished(m->row.core.state))
            continue;
        if (strcmp(m->row.from_id, host_id) == 0)
            sch_driver_signal(m, sch_signal_new(GW_EV_SOURCE_LOST, 0));
        else if (strcmp(m->row.to_id, host_id) == 0)
            sch_driver_signal(m, sch_signal_new(GW_EV_TARGET_LOST, 0));
    }
}
