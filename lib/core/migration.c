#include "core/migration.h"

#include <string.h>

#include "base/scope.h"
#include "core/migration_table.h"

struct state_info {
    const char *name;
    enum gw_phase phase;
    uint32_t deadline_ms;
    unsigned resume; /* effects to send again after a restart */
};

static const struct state_info states[GW_MIGRATION_STATE_COUNT] = {
    [GW_MIGRATION_PLANNED] = {"PLANNED", GW_PHASE_PLANNED, 30000, GW_EFFECT_PROBE},
    [GW_MIGRATION_PREPARING] = {"PREPARING", GW_PHASE_PREPARING, 120000, GW_EFFECT_SEND_PREPARE},
    [GW_MIGRATION_COPYING] = {"COPYING", GW_PHASE_COPYING, 30000, GW_EFFECT_SEND_BEGIN},
    [GW_MIGRATION_COMMITTED] = {"COMMITTED", GW_PHASE_COMMITTED, 30000, GW_EFFECT_SEND_ACTIVATE},
    [GW_MIGRATION_RETIRING] = {"RETIRING", GW_PHASE_RETIRING, 60000, GW_EFFECT_SEND_RETIRE},
    [GW_MIGRATION_CANCELLING] = {"CANCELLING", GW_PHASE_ABORTING, 60000, GW_EFFECT_SEND_CANCEL},
    [GW_MIGRATION_TAKING_BACK] = {"TAKING_BACK", GW_PHASE_ABORTING, 30000, GW_EFFECT_SEND_REFUSE},
    [GW_MIGRATION_REGRANTING] = {"REGRANTING", GW_PHASE_ABORTING, 30000, GW_EFFECT_SEND_REGRANT},
    [GW_MIGRATION_RESTARTING] = {"RESTARTING", GW_PHASE_ABORTING, 120000,
                                 GW_EFFECT_START_AT_SOURCE},
    [GW_MIGRATION_REFUSING] = {"REFUSING", GW_PHASE_ABORTING, 90000, GW_EFFECT_SEND_REFUSE},
    [GW_MIGRATION_SUCCEEDED] = {"SUCCEEDED", GW_PHASE_SUCCEEDED, 0, 0},
    [GW_MIGRATION_FAILED] = {"FAILED", GW_PHASE_FAILED, 0, 0},
    [GW_MIGRATION_CANCELLED] = {"CANCELLED", GW_PHASE_CANCELLED, 0, 0},
};

static const char *const event_names[GW_EV_COUNT] = {
    [GW_EV_PROBED] = "PROBED",
    [GW_EV_PROBE_FAILED] = "PROBE_FAILED",
    [GW_EV_PREPARED] = "PREPARED",
    [GW_EV_PREPARE_FAILED] = "PREPARE_FAILED",
    [GW_EV_BEGIN_FAILED] = "BEGIN_FAILED",
    [GW_EV_SOURCE_FAILED] = "SOURCE_FAILED",
    [GW_EV_RELINQUISHED] = "RELINQUISHED",
    [GW_EV_ACTIVATED] = "ACTIVATED",
    [GW_EV_ACTIVATE_REFUSED] = "ACTIVATE_REFUSED",
    [GW_EV_ACTIVATE_FAILED] = "ACTIVATE_FAILED",
    [GW_EV_RETIRED] = "RETIRED",
    [GW_EV_RETIRE_FAILED] = "RETIRE_FAILED",
    [GW_EV_CANCEL_ANSWERED] = "CANCEL_ANSWERED",
    [GW_EV_REFUSED] = "REFUSED",
    [GW_EV_REFUSE_DENIED] = "REFUSE_DENIED",
    [GW_EV_REGRANTED] = "REGRANTED",
    [GW_EV_REGRANT_FAILED] = "REGRANT_FAILED",
    [GW_EV_STARTED] = "STARTED",
    [GW_EV_START_FAILED] = "START_FAILED",
    [GW_EV_CANCEL] = "CANCEL",
    [GW_EV_DEADLINE] = "DEADLINE",
    [GW_EV_SOURCE_LOST] = "SOURCE_LOST",
    [GW_EV_TARGET_LOST] = "TARGET_LOST",
};

struct gw_migration
gw_migration_planned(uint64_t epoch, uint32_t attempt, bool is_live, bool guest_ran)
{
    return (struct gw_migration){.state = GW_MIGRATION_PLANNED,
                                 .attempt = attempt,
                                 .epoch = epoch,
                                 .guest_epoch = epoch,
                                 .is_live = is_live,
                                 .guest_ran = guest_ran};
}

static bool guard_holds(enum gw_migration_guard guard,
                        const struct gw_migration *m,
                        const struct gw_migration_event *ev)
{
    switch (guard) {
    case GW_GUARD_RELINQUISHED:
        return ev->relinquished;
    case GW_GUARD_RESTART:
        return ev->guest_stopped && !m->is_live && m->guest_ran;
    case GW_GUARD_COLD_RAN:
        return !m->is_live && m->guest_ran;
    case GW_GUARD_TARGET_REFUSED:
        return m->target_refused;
    case GW_GUARD_TARGET_ACTIVE:
        return m->target_active;
    case GW_GUARD_WAS_CANCELLED:
        return m->is_cancelled;
    case GW_GUARD_REFUSED_AND_CANCELLED:
        return m->target_refused && m->is_cancelled;
    case GW_GUARD_ALWAYS:
        break;
    }
    return true;
}

static const struct gw_migration_row *row_for(const struct gw_migration *m,
                                              const struct gw_migration_event *ev)
{
    for (size_t i = 0; i < gw_migration_n_rows; i++) {
        const struct gw_migration_row *row = &gw_migration_rows[i];
        if (row->from == m->state && (row->events & (1u << ev->kind)) &&
            guard_holds(row->guard, m, ev))
            return row;
    }
    return NULL;
}

/* A message that names another attempt, or an authority that A no longer has. */
static const char *mismatch(const struct gw_migration *m, const struct gw_migration_event *ev)
{
    if (ev->attempt != 0 && ev->attempt < m->attempt)
        return "STALE";
    if (ev->attempt > m->attempt)
        return "UNKNOWN_ATTEMPT";
    if (ev->kind == GW_EV_RELINQUISHED && ev->epoch < m->epoch)
        return "STALE";
    if (ev->kind == GW_EV_RELINQUISHED && ev->epoch > m->epoch)
        return "UNKNOWN_EPOCH";
    return NULL;
}

/* Every re-grant lies above the epoch that B was prepared with, so that no two hosts ever hold the
 * same number. */
static uint64_t regrant_epoch(const struct gw_migration *m)
{
    uint64_t target = gw_migration_target_epoch(m);
    return (m->guest_epoch > target ? m->guest_epoch : target) + 1;
}

static void apply(const struct gw_migration_row *row, struct gw_migration *m)
{
    m->state = row->to;
    if (row->effects & GW_EFFECT_COMMIT)
        m->guest_epoch = gw_migration_target_epoch(m);
    if (row->effects & GW_EFFECT_REGRANT)
        m->guest_epoch = regrant_epoch(m);
    if (row->marks & GW_MARK_CANCELLED)
        m->is_cancelled = true;
    if (row->marks & GW_MARK_NOT_CANCELLED)
        m->is_cancelled = false;
    if (row->marks & GW_MARK_TARGET_REFUSED)
        m->target_refused = true;
    if (row->marks & GW_MARK_TARGET_ACTIVE)
        m->target_active = true;
}

static struct gw_migration_step refused(const struct gw_migration *m, const char *reason)
{
    bool is_stale = strcmp(reason, "STALE") == 0;
    return (struct gw_migration_step){
        .verdict = is_stale ? GW_VERDICT_STALE : GW_VERDICT_REFUSED, .reason = reason, .next = *m};
}

static struct gw_migration_step take(const struct gw_migration *m,
                                     const struct gw_migration_row *row)
{
    struct gw_migration_step step = {.verdict = GW_VERDICT_SAME, .reason = "", .next = *m};
    switch (row->action) {
    case GW_ACTION_MOVE:
        step.verdict = GW_VERDICT_MOVED;
        step.effects = row->effects;
        apply(row, &step.next);
        break;
    case GW_ACTION_RESEND:
        step.verdict = GW_VERDICT_RESEND;
        step.effects = row->effects;
        break;
    case GW_ACTION_SAME:
        break;
    case GW_ACTION_STALE:
        return refused(m, "STALE");
    case GW_ACTION_TOO_LATE:
        return refused(m, "TOO_LATE");
    case GW_ACTION_UNEXPECTED:
        return refused(m, "UNEXPECTED");
    }
    return step;
}

struct gw_migration_step gw_migration_step(const struct gw_migration *m,
                                           const struct gw_migration_event *ev)
{
    const char *reason = mismatch(m, ev);
    if (reason)
        return refused(m, reason);
    const struct gw_migration_row *row = row_for(m, ev);
    return row ? take(m, row) : refused(m, "UNEXPECTED");
}

unsigned gw_migration_resume(const struct gw_migration *m)
{
    return states[m->state].resume;
}

uint32_t gw_migration_deadline_ms(enum gw_migration_state state)
{
    return states[state].deadline_ms;
}

enum gw_phase gw_migration_phase(enum gw_migration_state state)
{
    return states[state].phase;
}

bool gw_migration_is_finished(enum gw_migration_state state)
{
    return state >= GW_MIGRATION_SUCCEEDED;
}

uint64_t gw_migration_target_epoch(const struct gw_migration *m)
{
    return m->epoch + 1;
}

const char *gw_migration_state_name(enum gw_migration_state state)
{
    return (unsigned)state < GW_MIGRATION_STATE_COUNT ? states[state].name : "UNKNOWN";
}

const char *gw_migration_event_name(enum gw_migration_event_kind kind)
{
    return (unsigned)kind < GW_EV_COUNT ? event_names[kind] : "UNKNOWN";
}

const char *gw_phase_name(enum gw_phase phase)
{
    for (size_t i = 0; i < GW_ARRAY_LEN(states); i++) {
        if (states[i].phase == phase)
            return phase == GW_PHASE_ABORTING ? "ABORTING" : states[i].name;
    }
    return "UNKNOWN";
}

int gw_migration_state_parse(const char *name, enum gw_migration_state *out_state)
{
    for (size_t i = 0; i < GW_ARRAY_LEN(states); i++) {
        if (strcmp(states[i].name, name) == 0) {
            *out_state = (enum gw_migration_state)i;
            return 0;
        }
    }
    return -1;
}
