#include "store/batch.h"

#include <stdlib.h>
#include <string.h>

void gw_batch_init(struct gw_batch *batch)
{
    *batch = (struct gw_batch){0};
}

static void change_free(struct gw_change *change)
{
    switch (change->kind) {
    case GW_CHANGE_HOST_PUT:
        gw_host_row_fini(&change->host);
        break;
    case GW_CHANGE_GUEST_ADD:
    case GW_CHANGE_GUEST_SET:
    case GW_CHANGE_GUEST_SPEC:
    case GW_CHANGE_GUEST_REMOVE:
        gw_guest_row_fini(&change->guest);
        break;
    case GW_CHANGE_MIGRATION_ADD:
    case GW_CHANGE_MIGRATION_SET:
        gw_migration_row_fini(&change->migration);
        break;
    case GW_CHANGE_EVENT_ADD:
        gw_event_row_fini(&change->event);
        break;
    case GW_CHANGE_GUEST_GRANT:
    case GW_CHANGE_PLAN_ADD:
        break;
    }
    free(change);
}

void gw_batch_fini(struct gw_batch *batch)
{
    for (size_t i = 0; i < batch->n_changes; i++)
        change_free(batch->changes[i]);
    free(batch->changes);
    *batch = (struct gw_batch){0};
}

bool gw_batch_ok(const struct gw_batch *batch)
{
    return !batch->is_failed;
}

static int make_room(struct gw_batch *batch)
{
    if (batch->n_changes < batch->cap)
        return 0;
    size_t cap = batch->cap ? batch->cap * 2 : 8;
    if (batch->n_changes >= GW_BATCH_MAX)
        return -1;
    struct gw_change **changes = realloc(batch->changes, cap * sizeof *changes);
    if (!changes)
        return -1;
    batch->changes = changes;
    batch->cap = cap;
    return 0;
}

/* A zeroed change at the end, or NULL with the batch failed. */
static struct gw_change *add(struct gw_batch *batch, enum gw_change_kind kind)
{
    struct gw_change *change = NULL;
    if (!batch->is_failed && make_room(batch) == 0)
        change = calloc(1, sizeof *change);
    if (!change) {
        batch->is_failed = true;
        return NULL;
    }
    change->kind = kind;
    batch->changes[batch->n_changes++] = change;
    return change;
}

void gw_batch_host_put(struct gw_batch *batch, const struct gw_host_row *row)
{
    struct gw_change *change = add(batch, GW_CHANGE_HOST_PUT);
    if (!change)
        return;
    change->host = *row;
    change->host.facts = (struct gw_blob){0};
    if (gw_blob_copy(&change->host.facts, &row->facts))
        batch->is_failed = true;
}

void gw_batch_guest(struct gw_batch *batch,
                    enum gw_change_kind kind,
                    const struct gw_guest_row *row)
{
    struct gw_change *change = add(batch, kind);
    if (!change)
        return;
    change->guest = *row;
    change->guest.spec = NULL;
    if (kind != GW_CHANGE_GUEST_ADD && kind != GW_CHANGE_GUEST_SPEC)
        return;
    change->guest.spec = strdup(row->spec);
    if (!change->guest.spec)
        batch->is_failed = true;
}

void gw_batch_grant(struct gw_batch *batch, const struct gw_grant *grant)
{
    struct gw_change *change = add(batch, GW_CHANGE_GUEST_GRANT);
    if (change)
        change->grant = *grant;
}

void gw_batch_plan_add(struct gw_batch *batch, const struct gw_plan_row *row)
{
    struct gw_change *change = add(batch, GW_CHANGE_PLAN_ADD);
    if (change)
        change->plan = *row;
}

void gw_batch_migration(struct gw_batch *batch,
                        enum gw_change_kind kind,
                        const struct gw_migration_row *row)
{
    struct gw_change *change = add(batch, kind);
    if (!change)
        return;
    change->migration = *row;
    change->migration.endpoints = (struct gw_blob){0};
    change->migration.progress = (struct gw_blob){0};
    if (gw_blob_copy(&change->migration.endpoints, &row->endpoints) ||
        gw_blob_copy(&change->migration.progress, &row->progress))
        batch->is_failed = true;
}

void gw_batch_event_add(struct gw_batch *batch, const struct gw_event_row *row)
{
    struct gw_change *change = add(batch, GW_CHANGE_EVENT_ADD);
    if (!change)
        return;
    change->event = *row;
    change->event.payload = (struct gw_blob){0};
    if (gw_blob_copy(&change->event.payload, &row->payload))
        batch->is_failed = true;
}
