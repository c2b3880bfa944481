/* Changes that are made durable, then true.
 *
 * A transaction holds the batch for the store and, beside it, what the memory image will become.
 * The store's thread applies the batch; back on the loop the updates are made in order, then the
 * caller's @done runs. A failed write drops the updates: memory and store still agree. Guests and
 * migrations in a transaction are kept from other changes by their owners' is_busy / is_writing
 * flags, so no update is made on top of another that was not there when it was thought of. */
#include "tx.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "convert.h"
#include "hosts.h"

enum update_kind {
    UPDATE_HOST,
    UPDATE_GUEST_ADD,
    UPDATE_GUEST,
    UPDATE_GUEST_SPEC,
    UPDATE_GUEST_REMOVE,
    UPDATE_PLAN_ADD,
    UPDATE_MIGRATION_ADD,
    UPDATE_MIGRATION,
};

struct update {
    struct update *next;
    enum update_kind kind;
    void *object;
    union {
        struct gw_host_row host;
        struct gw_guest_row guest;
        struct gw_blob spec;
        struct gw_migration_row migration;
    };
};

struct sch_tx {
    struct scheduler *scheduler;
    struct gw_batch batch;
    struct update *first, **end;
    bool is_failed;
    sch_done_fn done;
    void *arg;
};

struct sch_tx *sch_tx_new(struct scheduler *s)
{
    struct sch_tx *tx = calloc(1, sizeof *tx);
    if (!tx)
        return NULL;
    tx->scheduler = s;
    tx->end = &tx->first;
    return tx;
}

static struct update *add_update(struct sch_tx *tx, enum update_kind kind, void *object)
{
    struct update *u = calloc(1, sizeof *u);
    if (!u) {
        tx->is_failed = true;
        return NULL;
    }
    u->kind = kind;
    u->object = object;
    *tx->end = u;
    tx->end = &u->next;
    return u;
}

/* @subject is taken over. */
static void add_event(struct sch_tx *tx,
                      const char *kind,
                      const char *migration_id,
                      enum sch_subject what,
                      ProtobufCMessage *subject)
{
    struct gw_event_row row = {.at_us = sch_wall_us(tx->scheduler)};
    (void)gw_str_copy(row.kind, sizeof row.kind, kind);
    (void)gw_str_copy(row.migration_id, sizeof row.migration_id, migration_id);
    if (sch_event_pack(kind, what, subject, &row.payload, NULL)) {
        tx->is_failed = true;
        return;
    }
    gw_batch_event_add(&tx->batch, &row);
    gw_event_row_fini(&row);
}

static void add_host_event(struct sch_tx *tx, const char *kind, const struct sch_host *host)
{
    Godwit__V1__Host *message = sch_host_message(tx->scheduler, host);
    add_event(tx, kind, "", SCH_SUBJECT_HOST, message ? &message->base : NULL);
}

void sch_tx_host(struct sch_tx *tx, const struct gw_host_row *next)
{
    if (!tx)
        return;
    struct sch_host *known = sch_list_find(&tx->scheduler->hosts, next->id);
    struct update *u = add_update(tx, UPDATE_HOST, known);
    if (!u)
        return;
    u->host = *next;
    u->host.facts = (struct gw_blob){0};
    tx->is_failed |= gw_blob_copy(&u->host.facts, &next->facts) < 0;
    gw_batch_host_put(&tx->batch, next);
    struct sch_host seen = {.row = *next, .health = known ? known->health : GW_HOST_DEGRADED};
    add_host_event(tx, known ? "host.changed" : "host.registered", &seen);
}

void sch_tx_host_health(struct sch_tx *tx, struct sch_host *host)
{
    if (tx)
        add_host_event(tx, "host.state_changed", host);
}

static void add_guest_event(struct sch_tx *tx,
                            const char *kind,
                            const struct gw_guest_row *row,
                            const struct gw_blob *spec)
{
    Godwit__V1__Guest *message = sch_guest_message(tx->scheduler, row, spec);
    add_event(tx, kind, row->migration_id, SCH_SUBJECT_GUEST, message ? &message->base : NULL);
}

void sch_tx_guest_add(struct sch_tx *tx, struct sch_guest *guest, const char *json)
{
    if (!tx || !add_update(tx, UPDATE_GUEST_ADD, guest))
        return;
    struct gw_guest_row row = guest->row;
    GW_AUTO_FREE char *copy = strdup(json);
    row.spec = copy;
    if (!copy) {
        tx->is_failed = true;
        return;
    }
    gw_batch_guest(&tx->batch, GW_CHANGE_GUEST_ADD, &row);
    add_guest_event(tx, "guest.created", &guest->row, &guest->spec);
    tx->is_failed |= sch_list_reserve(&tx->scheduler->guests) < 0;
}

void sch_tx_guest(struct sch_tx *tx, struct sch_guest *guest, const struct gw_guest_row *next)
{
    struct update *u = tx ? add_update(tx, UPDATE_GUEST, guest) : NULL;
    if (!u)
        return;
    u->guest = *next;
    u->guest.changed_us = sch_wall_us(tx->scheduler);
    const struct gw_guest_row *now = &guest->row;
    gw_batch_guest(&tx->batch, GW_CHANGE_GUEST_SET, &u->guest);
    if (next->epoch != now->epoch || strcmp(next->holder, now->holder) != 0) {
        struct gw_grant grant = {.from_epoch = now->epoch, .to_epoch = next->epoch};
        memcpy(grant.guest_uuid, now->uuid, sizeof grant.guest_uuid);
        memcpy(grant.holder, next->holder, sizeof grant.holder);
        gw_batch_grant(&tx->batch, &grant);
    } else if (next->state == now->state) {
        return;
    }
    add_guest_event(tx, "guest.state_changed", &u->guest, &guest->spec);
}

void sch_tx_guest_spec(struct sch_tx *tx,
                       struct sch_guest *guest,
                       const struct gw_blob *packed,
                       const char *json)
{
    struct update *u = tx ? add_update(tx, UPDATE_GUEST_SPEC, guest) : NULL;
    if (!u)
        return;
    struct gw_guest_row row = guest->row;
    GW_AUTO_FREE char *copy = strdup(json);
    row.spec = copy;
    tx->is_failed |= !copy || gw_blob_copy(&u->spec, packed) < 0;
    if (copy)
        gw_batch_guest(&tx->batch, GW_CHANGE_GUEST_SPEC, &row);
}

void sch_tx_guest_remove(struct sch_tx *tx, struct sch_guest *guest)
{
    if (!tx || !add_update(tx, UPDATE_GUEST_REMOVE, guest))
        return;
    gw_batch_guest(&tx->batch, GW_CHANGE_GUEST_REMOVE, &guest->row);
    add_guest_event(tx, "guest.removed", &guest->row, &guest->spec);
}

void sch_tx_plan_add(struct sch_tx *tx, struct sch_plan *plan)
{
    if (!tx || !add_update(tx, UPDATE_PLAN_ADD, plan))
        return;
    gw_batch_plan_add(&tx->batch, &plan->row);
}

static void
add_migration_event(struct sch_tx *tx, const char *kind, const struct gw_migration_row *row)
{
    Godwit__V1__Migration *message = sch_migration_message(tx->scheduler, row);
    add_event(tx, kind, row->id, SCH_SUBJECT_MIGRATION, message ? &message->base : NULL);
}

void sch_tx_migration_add(struct sch_tx *tx, struct sch_migration *m)
{
    if (!tx || !add_update(tx, UPDATE_MIGRATION_ADD, m))
        return;
    gw_batch_migration(&tx->batch, GW_CHANGE_MIGRATION_ADD, &m->row);
    add_migration_event(tx, "migration.phase_changed", &m->row);
}

void sch_tx_migration(struct sch_tx *tx,
                      struct sch_migration *m,
                      const struct gw_migration_row *next)
{
    struct update *u = tx ? add_update(tx, UPDATE_MIGRATION, m) : NULL;
    if (!u)
        return;
    u->migration = *next;
    u->migration.progress = u->migration.endpoints = (struct gw_blob){0};
    tx->is_failed |= gw_blob_copy(&u->migration.endpoints, &next->endpoints) < 0;
    gw_batch_migration(&tx->batch, GW_CHANGE_MIGRATION_SET, next);
    if (gw_migration_phase(next->core.state) != gw_migration_phase(m->row.core.state))
        add_migration_event(tx, "migration.phase_changed", next);
    else if (next->cancel_requested != m->row.cancel_requested)
        add_migration_event(tx, "migration.cancel_requested", next);
}

static void apply_migration(struct sch_migration *m, struct gw_migration_row *next)
{
    struct gw_blob progress = m->row.progress; /* newer than that of @next, or the same */
    gw_blob_fini(&m->row.endpoints);
    m->row = *next;
    m->row.progress = progress;
    next->endpoints = (struct gw_blob){0};
}

static void apply(struct scheduler *s, struct update *u)
{
    struct sch_guest *guest = u->object;
    switch (u->kind) {
    case UPDATE_HOST:
        sch_hosts_take(s, &u->host);
        break;
    case UPDATE_GUEST_ADD:
        (void)sch_list_add(&s->guests, guest->row.uuid, guest); /* room was reserved */
        break;
    case UPDATE_GUEST:
        guest->row = u->guest;
        break;
    case UPDATE_GUEST_SPEC:
        gw_blob_fini(&guest->spec);
        guest->spec = u->spec;
        u->spec = (struct gw_blob){0};
        break;
    case UPDATE_GUEST_REMOVE:
        sch_list_remove(&s->guests, guest->row.uuid);
        sch_guest_free(guest);
        break;
    case UPDATE_PLAN_ADD:
        ((struct sch_plan *)u->object)->is_stored = true;
        break;
    case UPDATE_MIGRATION_ADD:
        ((struct sch_migration *)u->object)->is_stored = true;
        break;
    case UPDATE_MIGRATION:
        apply_migration(u->object, &u->migration);
        break;
    }
}

static void update_free(struct update *u)
{
    if (u->kind == UPDATE_HOST)
        gw_host_row_fini(&u->host);
    else if (u->kind == UPDATE_GUEST_SPEC)
        gw_blob_fini(&u->spec);
    else if (u->kind == UPDATE_MIGRATION)
        gw_migration_row_fini(&u->migration);
    free(u);
}

static void finished(void *arg, const struct gw_error *err)
{
    struct sch_tx *tx = arg;
    for (struct update *u = tx->first; u;) {
        struct update *next = u->next;
        if (!err)
            apply(tx->scheduler, u);
        update_free(u);
        u = next;
    }
    tx->done(tx->arg, err);
    free(tx);
}

void sch_tx_commit(struct sch_tx *tx, sch_done_fn done, void *arg)
{
    struct gw_error err = {0};
    if (tx && !tx->is_failed) {
        tx->done = done;
        tx->arg = arg;
        sch_store_apply(tx->scheduler, &tx->batch, finished, tx);
        return;
    }
    gw_error_set_nomem(&err, "changing the cluster's state");
    if (!tx) {
        done(arg, &err);
        return;
    }
    gw_batch_fini(&tx->batch);
    tx->done = done;
    tx->arg = arg;
    finished(tx, &err);
}
