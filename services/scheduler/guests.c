#include "guests.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "convert.h"
#include "driver.h"
#include "tx.h"

struct sch_guest *sch_guest_find(const struct scheduler *s, const char *name_or_uuid)
{
    struct sch_guest *guest = sch_list_find(&s->guests, name_or_uuid);
    for (size_t i = 0; !guest && i < s->guests.n_items; i++) {
        struct sch_guest *other = s->guests.items[i];
        if (strcmp(other->row.name, name_or_uuid) == 0)
            guest = other;
    }
    return guest;
}

void sch_guest_free(struct sch_guest *guest)
{
    if (!guest)
        return;
    gw_guest_row_fini(&guest->row);
    gw_blob_fini(&guest->spec);
    free(guest);
}

struct sch_guest *
sch_guest_get(const struct scheduler *s, const char *name_or_uuid, struct gw_error *err)
{
    struct sch_guest *guest = sch_guest_find(s, name_or_uuid);
    char quoted[GW_QUOTED_MAX];
    if (!guest) {
        gw_error_set(err, GW_NOT_FOUND, "no guest is called %s: see the list of guests",
                     gw_error_quote(quoted, name_or_uuid));
        gw_error_reason(err, "GUEST_NOT_FOUND");
    }
    return guest;
}

struct sch_host *
sch_host_get(const struct scheduler *s, const char *name_or_id, struct gw_error *err)
{
    struct sch_host *host = sch_host_find(s, name_or_id);
    char quoted[GW_QUOTED_MAX];
    if (!host) {
        gw_error_set(err, GW_NOT_FOUND, "no host is called %s: see the list of hosts",
                     gw_error_quote(quoted, name_or_id));
        gw_error_reason(err, "HOST_NOT_FOUND");
    }
    return host;
}

struct sch_migration *sch_guest_migration(const struct scheduler *s, const struct sch_guest *guest)
{
    const char *id = guest->row.migration_id;
    return id[0] ? sch_list_find(&s->migrations, id) : NULL;
}

void sch_guest_keep_quiet(struct scheduler *s, struct sch_guest *guest)
{
    uint64_t beats_us = 2 * (uint64_t)s->options.heartbeat_interval_ms * 1000;
    guest->quiet_until_us = sch_now_us(s) + beats_us;
}

/* ---- reports of the sources ---- */

/* A host that is not the guest's, or no longer: does what it has there have to end? */
static bool is_stale(const struct scheduler *s,
                     const struct sch_guest *guest,
                     const struct sch_host *host,
                     const struct sch_report *report)
{
    const struct sch_migration *m = sch_guest_migration(s, guest);
    if (report->qemu_pid == 0 || strcmp(guest->row.holder, host->row.id) == 0)
        return false;
    /* The two hosts of a migration are told by its own messages: the source's paused guest is the
     * only copy until the target runs it. */
    if (m && (strcmp(m->row.from_id, host->row.id) == 0 || strcmp(m->row.to_id, host->row.id) == 0))
        return false;
    if (report->epoch < guest->row.epoch)
        return true;
    /* Prepared for a migration that ended elsewhere. */
    const struct sch_migration *old =
        report->migration_id[0] ? sch_list_find(&s->migrations, report->migration_id) : NULL;
    return report->state == GW_GUEST_MIGRATING && old &&
           gw_migration_is_finished(old->row.core.state);
}

struct reported {
    struct scheduler *scheduler;
    char uuid[GW_UUID_LEN + 1];
};

static void report_written(void *arg, const struct gw_error *err)
{
    (void)err; /* logged by the store's job; the next heartbeat tells again */
    struct reported *r = arg;
    struct sch_guest *guest = sch_list_find(&r->scheduler->guests, r->uuid);
    if (guest)
        guest->is_busy = false;
    struct sch_migration *m = guest ? sch_guest_migration(r->scheduler, guest) : NULL;
    free(r);
    if (m)
        sch_driver_kick(m);
}

static void write_report(struct scheduler *s,
                         struct sch_guest *guest,
                         enum gw_guest_state state,
                         const char *message)
{
    struct reported *r = calloc(1, sizeof *r);
    if (!r)
        return;
    r->scheduler = s;
    memcpy(r->uuid, guest->row.uuid, sizeof r->uuid);
    struct gw_guest_row row = guest->row;
    row.state = state;
    gw_utf8_copy_cut(row.message, sizeof row.message, message);
    gw_log_info(&s->log, "guest.state_changed", "guest=%s host=%s from=%d to=%d", guest->row.name,
                sch_host_name(s, guest->row.holder), (int)guest->row.state, (int)state);
    guest->is_busy = true;
    guest->busy_with = "a change of its state";
    struct sch_tx *tx = sch_tx_new(s);
    sch_tx_guest(tx, guest, &row);
    sch_tx_commit(tx, report_written, r);
}

/* Only a guest that nothing is being done with changes by what is seen of it. */
static bool
is_free_to_change(const struct scheduler *s, const struct sch_guest *guest, bool is_urgent)
{
    const struct sch_migration *m = sch_guest_migration(s, guest);
    bool is_settled = guest->row.state == GW_GUEST_RUNNING ||
                      guest->row.state == GW_GUEST_STOPPED || guest->row.state == GW_GUEST_CRASHED;
    bool is_quiet = !is_urgent && sch_now_us(s) < guest->quiet_until_us;
    return is_settled && !is_quiet && !guest->is_busy &&
           (!m || (m->row.core.state == GW_MIGRATION_RETIRING && !m->is_writing));
}

bool sch_guest_report(struct scheduler *s,
                      const struct sch_host *host,
                      const struct sch_report *report,
                      const char *message,
                      bool is_urgent,
                      uint64_t *out_epoch)
{
    struct sch_guest *guest = sch_list_find(&s->guests, report->guest_uuid);
    if (!guest)
        return false; /* nothing is ended that we know nothing of */
    if (is_stale(s, guest, host, report)) {
        *out_epoch = guest->row.epoch;
        return true;
    }
    bool is_state = report->state == GW_GUEST_RUNNING || report->state == GW_GUEST_STOPPED ||
                    report->state == GW_GUEST_CRASHED;
    if (strcmp(guest->row.holder, host->row.id) == 0 && report->epoch == guest->row.epoch &&
        is_state && report->state != guest->row.state && is_free_to_change(s, guest, is_urgent))
        write_report(s, guest, report->state, message);
    return false;
}
