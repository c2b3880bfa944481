#include "retire.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "host/guest_dir.h"
#include "host/may_run.h"
#include "host/trash.h"

struct src_retire {
    struct src_retire *next; /* among guest->retires, while QEMU's end is awaited */
    struct src_guest *guest;
    struct src_daemon *daemon;
    char uuid[GW_UUID_LEN + 1];
    char name[GW_NAME_MAX + 1]; /* the guest's; "": its spec can't be read */
    uint64_t now_s;
    struct src_attempt attempt;
    struct src_retire_disks disks;
    struct gw_error error; /* of the pool thread */
    src_retire_fn fn;
    void *arg;
};

static int check_deleted(const struct src_guest *guest,
                         const struct src_attempt *attempt,
                         struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;

    if (attempt->epoch < src_guest_epoch(guest))
        return gw_attempt_stale(err, now, attempt->migration_id, attempt->attempt, attempt->epoch);
    if (guest->qemu != NULL || src_guest_is_moving(guest)) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "guest %s is running; stop it before it is deleted", guest->uuid);
        return gw_error_reason(err, "GUEST_RUNNING");
    }
    return 0;
}

int src_retire_check(const struct src_guest *guest,
                     const struct src_attempt *attempt,
                     struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    bool is_same = strcmp(now->migration_id, attempt->migration_id) == 0 &&
                   now->attempt == attempt->attempt && attempt->epoch >= now->epoch;

    if (attempt->migration_id[0] == '\0')
        return check_deleted(guest, attempt, err);
    if (is_same && (now->state == GW_RECORD_RELINQUISHED || now->state == GW_RECORD_RETIRED))
        return 0;
    if (attempt->epoch < now->epoch || (!is_same && now->state != GW_RECORD_NONE))
        return gw_attempt_stale(err, now, attempt->migration_id, attempt->attempt, attempt->epoch);
    if (now->state == GW_RECORD_NONE) {
        (void)gw_error_set(err, GW_NOT_FOUND, "guest %s: nothing is known of migration %s here",
                           guest->uuid, attempt->migration_id);
        return gw_error_reason(err, "MIGRATION_NOT_FOUND");
    }
    (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                       "guest %s was not relinquished for migration %s: its record is %s",
                       guest->uuid, attempt->migration_id, gw_record_state_name(now->state));
    return gw_error_reason(err, "NOT_RELINQUISHED");
}

static bool is_deletion(const struct src_retire *r)
{
    return r->attempt.migration_id[0] == '\0';
}

static void retire_free(struct src_retire *r)
{
    for (size_t i = 0; i < r->disks.n_items; i++)
        free(r->disks.items[i].trashed);
    free(r);
}

/* A deleted guest leaves the table with its folder, unless another Retire of it is under way. */
static void finish(struct src_retire *r, const struct gw_error *err)
{
    struct src_guest *guest = r->guest;
    bool is_gone = err == NULL && is_deletion(r);

    guest->n_retiring--;
    r->fn(r->arg, err == NULL ? &r->disks : NULL, err);
    retire_free(r);
    if (is_gone && guest->n_retiring == 0)
        src_guests_remove(guest);
}

static void name_disk(struct src_retire_disk *disk, const struct gw_guest_spec *spec)
{
    for (size_t i = 0; i < spec->n_disks; i++)
        if (strcmp(spec->disks[i].pool, disk->pool) == 0 &&
            strcmp(spec->disks[i].file, disk->file) == 0)
            (void)gw_str_copy(disk->name, sizeof disk->name, spec->disks[i].name);
}

/* What people call it, for the labels in the trash; without its spec they go without. */
static void take_names(struct src_retire *r)
{
    const struct gw_guest_spec *spec = src_guest_spec(r->guest, NULL);

    if (spec == NULL)
        return;
    (void)gw_str_copy(r->name, sizeof r->name, spec->name);
    for (size_t i = 0; i < r->disks.n_items; i++)
        name_disk(&r->disks.items[i], spec);
}

static struct gw_trash_label label_of(const struct src_retire *r, const struct src_retire_disk *d)
{
    struct gw_trash_label label = {.epoch = r->attempt.epoch, .trashed_at_s = r->now_s};

    memcpy(label.guest_uuid, r->uuid, sizeof label.guest_uuid);
    memcpy(label.guest_name, r->name, sizeof label.guest_name);
    memcpy(label.disk, d->name, sizeof label.disk);
    memcpy(label.pool, d->pool, sizeof label.pool);
    memcpy(label.file, d->file, sizeof label.file);
    memcpy(label.migration_id, r->attempt.migration_id, sizeof label.migration_id);
    return label;
}

static void move_files(void *arg)
{
    struct src_retire *r = arg;

    for (size_t i = 0; i < r->disks.n_items; i++) {
        struct src_retire_disk *disk = &r->disks.items[i];
        const struct gw_trash_label label = label_of(r, disk);
        if (gw_trash_put(&r->daemon->host, &label, &disk->trashed, &r->error) != 0)
            return;
    }
    if (is_deletion(r)) /* last: a folder that is gone says that all of it was done */
        (void)gw_guest_dir_remove(&r->daemon->host, r->uuid, &r->error);
}

static void on_moved(void *arg)
{
    struct src_retire *r = arg;

    if (gw_error_is_set(&r->error)) {
        struct gw_error err = r->error;
        gw_log_failure(&r->guest->log, GW_LOG_ERROR, "guest.not_retired", &err);
        finish(r, &err);
        return;
    }
    if (!is_deletion(r))
        src_guest_write_done(r->guest);
    gw_log_info(&r->guest->log, "guest.retired", "migration=%s n_disks=%zu",
                r->attempt.migration_id, r->disks.n_items);
    finish(r, NULL);
}

static int journal_retired(struct src_retire *r, struct gw_error *err)
{
    struct gw_record record = r->guest->record.now;

    record.state = GW_RECORD_RETIRED;
    record.is_done = false;
    record.qemu_pid = 0;
    record.qemu_start_ticks = 0;
    if (is_deletion(r)) {
        record.epoch = r->attempt.epoch;
        record.migration_id[0] = '\0';
        record.attempt = 0;
    }
    if (src_guest_write(r->guest, &record, err) != 0)
        return -1;
    src_guest_drop_moves(r->guest);
    return 0;
}

static void go_on(struct src_retire *r)
{
    struct gw_error err = {0};

    if (journal_retired(r, &err) != 0 ||
        gw_pool_submit(r->daemon->pool, move_files, on_moved, r, &err) != 0)
        finish(r, &err);
}

int src_retire_begin(struct src_guest *guest,
                     const struct src_attempt *attempt,
                     const struct src_retire_disks *disks,
                     src_retire_fn fn,
                     void *arg,
                     struct gw_error *err)
{
    struct src_retire *r = calloc(1, sizeof *r);

    if (r == NULL)
        return gw_error_set_nomem(err, "retiring a guest");
    r->guest = guest;
    r->daemon = guest->daemon;
    memcpy(r->uuid, guest->uuid, sizeof r->uuid);
    r->now_s = gw_clock_wall_us(gw_clock_system()) / 1000000;
    r->attempt = *attempt;
    r->disks = *disks;
    take_names(r);
    r->fn = fn;
    r->arg = arg;
    guest->n_retiring++;
    if (guest->qemu == NULL && !guest->has_ended) {
        go_on(r);
        return 0;
    }
    r->next = guest->retires;
    guest->retires = r;
    src_guest_end_qemu(guest);
    return 0;
}

void src_retire_on_qemu_ended(struct src_guest *guest)
{
    while (guest->retires != NULL) {
        struct src_retire *r = guest->retires;
        guest->retires = r->next;
        go_on(r);
    }
}

void src_retire_abandon(struct src_guest *guest)
{
    struct gw_error err = {0};

    (void)gw_error_set(&err, GW_CANCELLED, "godwit-source is ending; ask again");
    while (guest->retires != NULL) {
        struct src_retire *r = guest->retires;
        guest->retires = r->next;
        finish(r, &err);
    }
}
