#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "agents.h"
#include "base/str.h"
#include "base/utf8.h"
#include "convert.h"
#include "driver.h"
#include "hosts.h"

enum { TOKEN_DIGITS = 32 };

struct sch_probe {
    struct sch_migration *migration;
    struct gw_guest_spec *spec;
    uint32_t copied;  /* disks known to need a copy */
    uint32_t unknown; /* disks in pools still to be looked at */
    size_t disk;      /* one whose pool is looked at now */
    enum sch_probe_step step;
    bool found;
    char token[TOKEN_DIGITS + 1];
    struct gw_error failure;
};

void sch_probe_free(struct sch_probe *probe)
{
    if (!probe)
        return;
    free(probe->spec);
    free(probe);
}

static void end(struct sch_probe *probe, enum gw_migration_event_kind kind)
{
    struct sch_migration *m = probe->migration;
    struct sch_signal *signal = sch_signal_new(kind, m->row.core.attempt);
    if (signal) {
        signal->copied_disks = probe->copied;
        (void)gw_str_copy(signal->reason.code, sizeof signal->reason.code,
                          kind == GW_EV_PROBE_FAILED ? "PROBE_FAILED" : "");
        gw_utf8_copy_cut(signal->reason.message, sizeof signal->reason.message,
                         probe->failure.message);
    }
    m->probe = NULL;
    m->in_flight = 0;
    sch_probe_free(probe);
    sch_driver_signal(m, signal);
}

static void answered(void *arg, struct sch_answer *answer);

static void ask(struct sch_probe *probe)
{
    struct sch_migration *m = probe->migration;
    bool is_read = probe->step == SCH_PROBE_READ;
    sch_ask_probe(m->scheduler, is_read ? m->row.to_id : m->row.from_id, probe->step,
                  probe->spec->disks[probe->disk].pool, probe->token, answered, probe);
}

/* Every disk in the pool just looked at shares its fate. */
static void settle_pool(struct sch_probe *probe)
{
    const struct gw_guest_spec *spec = probe->spec;
    for (size_t i = 0; i < spec->n_disks; i++) {
        uint32_t bit = 1u << i;
        if (!(probe->unknown & bit) ||
            strcmp(spec->disks[i].pool, spec->disks[probe->disk].pool) != 0)
            continue;
        probe->unknown &= ~bit;
        if (!probe->found)
            probe->copied |= bit;
    }
}

static void next_pool(struct sch_probe *probe)
{
    if (!probe->unknown) {
        end(probe, GW_EV_PROBED);
        return;
    }
    probe->disk = (size_t)__builtin_ctz(probe->unknown);
    probe->step = SCH_PROBE_WRITE;
    probe->found = false;
    gw_hex_make(probe->migration->scheduler->options.random, probe->token, TOKEN_DIGITS);
    ask(probe);
}

static void answered(void *arg, struct sch_answer *answer)
{
    struct sch_probe *probe = arg;
    struct sch_migration *m = probe->migration;
    if (m->scheduler->is_stopping || m->row.core.state != GW_MIGRATION_PLANNED) {
        m->probe = NULL; /* cancelled meanwhile, or the end */
        sch_probe_free(probe);
        return;
    }
    if (gw_error_is_set(&answer->err) && probe->step != SCH_PROBE_REMOVE) {
        probe->failure = answer->err;
        end(probe, GW_EV_PROBE_FAILED);
        return;
    }
    if (probe->step == SCH_PROBE_REMOVE) { /* one that stays behind does no harm */
        settle_pool(probe);
        next_pool(probe);
        return;
    }
    if (probe->step == SCH_PROBE_READ)
        probe->found = answer->found;
    probe->step = probe->step == SCH_PROBE_WRITE ? SCH_PROBE_READ : SCH_PROBE_REMOVE;
    ask(probe);
}

static struct sch_probe *new_probe(struct sch_migration *m, struct gw_error *err)
{
    struct scheduler *s = m->scheduler;
    const struct sch_guest *guest = sch_list_find(&s->guests, m->row.guest_uuid);
    const struct sch_host *from = sch_list_find(&s->hosts, m->row.from_id);
    const struct sch_host *to = sch_list_find(&s->hosts, m->row.to_id);
    struct gw_guest_spec *spec = guest ? sch_spec_unpack(&guest->spec, err) : NULL;
    struct sch_probe *probe = spec && from && to ? calloc(1, sizeof *probe) : NULL;
    if (!probe) {
        free(spec);
        return NULL;
    }
    struct gw_host_view from_view = sch_host_view(from);
    struct gw_host_view to_view = sch_host_view(to);
    uint32_t all = spec->n_disks < 32 ? (1u << spec->n_disks) - 1 : UINT32_MAX;
    *probe = (struct sch_probe){.migration = m, .spec = spec};
    probe->copied = gw_disks_to_copy(spec, &from_view, &to_view);
    probe->unknown = all & ~probe->copied;
    return probe;
}

void sch_probe_start(struct sch_migration *m)
{
    struct gw_error err = {0};
    if (m->probe)
        return;
    m->probe = new_probe(m, &err);
    if (m->probe) {
        next_pool(m->probe);
        return;
    }
    gw_log_failure(&m->scheduler->log, GW_LOG_WARN, "migration.probe_failed", &err);
    sch_driver_signal(m, sch_signal_new(GW_EV_PROBE_FAILED, m->row.core.attempt));
}
