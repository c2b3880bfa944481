/* What an agent's answer means. An agent that was not reached, or says something that decides
 * nothing, is asked again; the state's deadline ends what may be ended that way. */
#include <string.h>

#include "agents.h"
#include "driver.h"

/* What a call's success, and its failure for good, are to the core. */
struct meaning {
    enum gw_effect effect;
    int on_success; /* enum gw_migration_event_kind; -1: nothing yet */
    int on_failure; /* -1: ask again */
};

static const struct meaning meanings[] = {
    {GW_EFFECT_SEND_PREPARE, GW_EV_PREPARED, GW_EV_PREPARE_FAILED},
    {GW_EFFECT_SEND_BEGIN, -1, GW_EV_BEGIN_FAILED},
    {GW_EFFECT_SEND_ACTIVATE, GW_EV_ACTIVATED, GW_EV_ACTIVATE_FAILED},
    {GW_EFFECT_SEND_RETIRE, GW_EV_RETIRED, GW_EV_RETIRE_FAILED},
    {GW_EFFECT_SEND_CANCEL, GW_EV_CANCEL_ANSWERED, -1},
    {GW_EFFECT_SEND_REFUSE, GW_EV_REFUSED, -1},
    {GW_EFFECT_SEND_REGRANT, GW_EV_REGRANTED, GW_EV_REGRANT_FAILED},
    {GW_EFFECT_START_AT_SOURCE, GW_EV_STARTED, GW_EV_START_FAILED},
};

static bool has_reason(const struct gw_error *err, const char *reason)
{
    return strcmp(err->reason, reason) == 0;
}

/* Failures that say more than no. -1: none of them. */
static int special(enum gw_effect effect, enum gw_migration_state state, const struct gw_error *err)
{
    bool is_unknown = err->code == GW_NOT_FOUND;
    bool is_stale = has_reason(err, "STALE");
    switch ((int)effect) {
    case GW_EFFECT_SEND_ACTIVATE:
        return has_reason(err, "REFUSED") ? GW_EV_ACTIVATE_REFUSED : -1;
    case GW_EFFECT_SEND_CANCEL:
        /* The source never heard of this attempt, or left it behind: it has its guest. */
        return is_unknown || is_stale ? GW_EV_CANCEL_ANSWERED : -1;
    case GW_EFFECT_SEND_REFUSE:
        if (has_reason(err, "ALREADY_ACTIVE"))
            return GW_EV_REFUSE_DENIED;
        /* Only before the commit does a target that knows of nothing stand for one that refuses. */
        return state == GW_MIGRATION_REFUSING && (is_unknown || is_stale) ? GW_EV_REFUSED : -1;
    case GW_EFFECT_SEND_RETIRE:
        return is_unknown ? GW_EV_RETIRED : -1;
    default:
        return -1;
    }
}

static int failure_event(enum gw_effect effect,
                         enum gw_migration_state state,
                         int otherwise,
                         const struct gw_error *err)
{
    int kind = special(effect, state, err);
    if (kind >= 0)
        return kind;
    return sch_answer_is_transient(err) ? -1 : otherwise;
}

bool sch_answer_event(enum gw_effect effect,
                      enum gw_migration_state state,
                      const struct gw_error *err,
                      enum gw_migration_event_kind *out_kind,
                      bool *out_retry)
{
    *out_retry = false;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        const struct meaning *m = &meanings[i];
        if (m->effect != effect)
            continue;
        bool is_failed = err->code != GW_OK;
        int kind = is_failed ? failure_event(effect, state, m->on_failure, err) : m->on_success;
        if (kind >= 0)
            *out_kind = (enum gw_migration_event_kind)kind;
        *out_retry = kind < 0 && is_failed;
        return kind >= 0;
    }
    return false;
}
