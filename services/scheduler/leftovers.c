#include "leftovers.h"

#include <stdlib.h>
#include <string.h>

#include "agents.h"
#include "driver.h"
#include "tx.h"

/* Undone without the target's word. One that was never asked is marked as if it had refused. */
static bool is_leftover(const struct sch_migration *m, const char *host_id)
{
    enum gw_migration_state state = m->row.core.state;
    return m->is_stored && !m->is_writing && !m->row.core.target_refused &&
           (state == GW_MIGRATION_FAILED || state == GW_MIGRATION_CANCELLED) &&
           strcmp(m->row.to_id, host_id) == 0;
}

static void stored(void *arg, const struct gw_error *err)
{
    struct sch_migration *m = arg;
    (void)err; /* asked again when the host is next back */
    m->is_writing = false;
    sch_driver_kick(m);
}

static void answered(void *arg, struct sch_answer *answer)
{
    struct sch_migration *m = arg;
    struct scheduler *s = m->scheduler;
    if (s->is_stopping || m->is_writing)
        return;
    if (gw_error_is_set(&answer->err) && sch_answer_is_transient(&answer->err))
        return;
    struct gw_migration_row next = m->row;
    next.core.target_refused = true;
    m->is_writing = true;
    struct sch_tx *tx = sch_tx_new(s);
    sch_tx_migration(tx, m, &next);
    sch_tx_commit(tx, stored, m);
}

void sch_leftovers_refuse(struct scheduler *s, const char *host_id)
{
    for (size_t i = 0; i < s->migrations.n_items; i++) {
        struct sch_migration *m = s->migrations.items[i];
        if (is_leftover(m, host_id))
            sch_ask_refuse(s, m, answered, m);
    }
}
