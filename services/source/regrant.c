#include "regrant.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "host/may_run.h"

struct src_regrant {
    struct src_regrant *next; /* among guest->regrants */
    src_regrant_fn fn;
    void *arg;
};

static int
refuse(const struct src_guest *guest, const char *reason, const char *why, struct gw_error *err)
{
    (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                       "guest %s cannot be given back: %s; its record is %s at epoch %" PRIu64,
                       guest->uuid, why, gw_record_state_name(guest->record.now.state),
                       guest->record.now.epoch);
    return gw_error_reason(err, reason);
}

static int
check(const struct src_guest *guest, const struct src_attempt *attempt, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    bool is_same =
        strcmp(now->migration_id, attempt->migration_id) == 0 && now->attempt == attempt->attempt;
    bool is_given_up = now->state == GW_RECORD_RELINQUISHED;

    if (attempt->epoch < src_guest_epoch(guest) ||
        (attempt->epoch == now->epoch && (is_given_up || !is_same)))
        return gw_attempt_stale(err, now, attempt->migration_id, attempt->attempt, attempt->epoch);
    if (now->state == GW_RECORD_OUTGOING)
        return refuse(guest, "MIGRATION_ACTIVE", "it is being moved, cancel that first", err);
    if (now->state == GW_RECORD_RETIRED)
        return refuse(guest, "RETIRED", "its QEMU and its copied disks are gone", err);
    if (now->state == GW_RECORD_HOLDING || (is_given_up && is_same))
        return 0;
    (void)gw_error_set(err, GW_NOT_FOUND, "guest %s: nothing is known of migration %s here",
                       guest->uuid, attempt->migration_id);
    return gw_error_reason(err, "MIGRATION_NOT_FOUND");
}

static int journal(struct src_guest *guest, const struct src_attempt *attempt, struct gw_error *err)
{
    struct gw_record record = guest->record.now;

    record.state = GW_RECORD_HOLDING;
    record.epoch = attempt->epoch;
    memcpy(record.migration_id, attempt->migration_id, sizeof record.migration_id);
    record.attempt = attempt->attempt;
    record.is_done = true;
    if (guest->qemu == NULL) {
        record.qemu_pid = 0;
        record.qemu_start_ticks = 0;
    }
    return src_guest_write(guest, &record, err);
}

static void finish_all(struct src_guest *guest, const struct gw_error *err)
{
    struct src_regrant *r = guest->regrants;

    guest->regrants = NULL;
    while (r != NULL) {
        struct src_regrant *next = r->next;
        r->fn(r->arg, err);
        free(r);
        r = next;
    }
}

static void on_running(void *arg)
{
    struct src_guest *guest = arg;

    gw_log_info(&guest->log, "guest.regranted", "epoch=%" PRIu64, guest->record.now.epoch);
    finish_all(guest, NULL);
}

int src_regrant_begin(struct src_guest *guest,
                      const struct src_attempt *attempt,
                      bool is_to_run,
                      src_regrant_fn fn,
                      void *arg,
                      struct gw_error *err)
{
    bool has_qemu = guest->qemu != NULL && !guest->has_ended;

    if (check(guest, attempt, err) != 0 || journal(guest, attempt, err) != 0)
        return -1;
    src_guest_drop_moves(guest);
    if (!is_to_run) {
        fn(arg, NULL);
        return 0;
    }
    if (!has_qemu)
        return refuse(guest, "GUEST_STOPPED", "there is no QEMU that could run, start it", err);
    struct src_regrant *r = malloc(sizeof *r);
    if (r == NULL)
        return gw_error_set_nomem(err, "giving a guest back");
    *r = (struct src_regrant){.next = guest->regrants, .fn = fn, .arg = arg};
    guest->regrants = r;
    src_clean_start(guest->clean, on_running, guest);
    return 0;
}

void src_regrant_on_qemu_ended(struct src_guest *guest)
{
    struct gw_error err = {0};

    if (guest->regrants == NULL)
        return;
    (void)refuse(guest, "GUEST_STOPPED", "its QEMU has just ended, start it", &err);
    finish_all(guest, &err);
}

void src_regrant_abandon(struct src_guest *guest)
{
    struct gw_error err = {0};

    (void)gw_error_set(&err, GW_CANCELLED, "godwit-source is ending; ask again");
    finish_all(guest, &err);
}
