/* Effects that ask an agent. Each unfinished state has exactly one; it is asked again, with growing
 * pauses, until an answer decides something or the state is left. */
#include <stdlib.h>

#include "agents.h"
#include "base/str.h"
#include "base/utf8.h"
#include "driver.h"
#include "probe.h"

enum { RETRY_MIN_MS = 100, RETRY_MAX_MS = 2000 };

struct asked {
    struct sch_migration *migration;
    enum gw_effect effect;
    unsigned generation;
    uint32_t attempt;
};

static void retry_later(struct sch_migration *m)
{
    if (!m->retry)
        return; /* finished */
    m->retry_ms = m->retry_ms ? m->retry_ms * 2 : RETRY_MIN_MS;
    if (m->retry_ms > RETRY_MAX_MS)
        m->retry_ms = RETRY_MAX_MS;
    gw_timer_start(m->retry, m->retry_ms);
}

/* The failure as the migration's reason, without the code where the agent named none. */
static void fill_reason(struct gw_reason *reason, const struct gw_error *err)
{
    (void)gw_str_copy(reason->code, sizeof reason->code,
                      err->reason[0] ? err->reason : gw_code_name(err->code));
    gw_utf8_copy_cut(reason->message, sizeof reason->message, err->message);
}

static void answered(void *arg, struct sch_answer *answer)
{
    struct asked *asked = arg;
    struct sch_migration *m = asked->migration;
    struct scheduler *s = m->scheduler;
    struct asked question = *asked;
    free(asked);
    bool is_now = question.generation == m->generation;
    if (is_now)
        m->in_flight = 0;
    if (s->is_stopping)
        return;
    if (gw_error_is_set(&answer->err)) {
        struct gw_log log = gw_log_with(&s->log, "migration", m->row.id);
        gw_log_failure(&log, GW_LOG_WARN, "migration.agent_failed", &answer->err);
    }
    enum gw_migration_event_kind kind;
    bool retry;
    if (!sch_answer_event(question.effect, m->row.core.state, &answer->err, &kind, &retry)) {
        if (retry && is_now)
            retry_later(m);
        return;
    }
    struct sch_signal *signal = sch_signal_new(kind, question.attempt);
    if (!signal) {
        retry_later(m);
        return;
    }
    signal->event.relinquished = answer->relinquished;
    signal->event.guest_stopped = answer->guest_stopped;
    signal->endpoints = answer->message;
    answer->message = (struct gw_blob){0};
    if (gw_error_is_set(&answer->err))
        fill_reason(&signal->reason, &answer->err);
    sch_driver_signal(m, signal);
}

static void
start_at_source(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg)
{
    const struct sch_guest *guest = sch_list_find(&s->guests, m->row.guest_uuid);
    if (guest) {
        sch_ask_start(s, guest, fn, arg);
        return;
    }
    struct sch_answer answer = {.err = {0}};
    gw_error_set(&answer.err, GW_NOT_FOUND, "guest %s is no more", m->row.guest_name);
    fn(arg, &answer);
}

void sch_driver_send(struct sch_migration *m, enum gw_effect effect)
{
    struct scheduler *s = m->scheduler;
    if (m->in_flight == (unsigned)effect || s->is_stopping)
        return;
    gw_timer_stop(m->retry);
    if (effect == GW_EFFECT_PROBE) {
        sch_probe_start(m);
        return;
    }
    struct asked *asked = calloc(1, sizeof *asked);
    if (!asked) {
        retry_later(m);
        return;
    }
    *asked = (struct asked){.migration = m,
                            .effect = effect,
                            .generation = m->generation,
                            .attempt = m->row.core.attempt};
    m->in_flight = effect;
    if (effect == GW_EFFECT_SEND_PREPARE)
        sch_ask_prepare(s, m, answered, asked);
    else if (effect == GW_EFFECT_SEND_BEGIN)
        sch_ask_begin(s, m, answered, asked);
    else if (effect == GW_EFFECT_SEND_ACTIVATE)
        sch_ask_activate(s, m, answered, asked);
    else if (effect == GW_EFFECT_SEND_RETIRE)
        sch_ask_retire(s, m, answered, asked);
    else if (effect == GW_EFFECT_SEND_CANCEL)
        sch_ask_cancel(s, m, answered, asked);
    else if (effect == GW_EFFECT_SEND_REFUSE)
        sch_ask_refuse(s, m, answered, asked);
    else if (effect == GW_EFFECT_SEND_REGRANT)
        sch_ask_regrant(s, m, answered, asked);
    else
        start_at_source(s, m, answered, asked);
}
