#include <stdlib.h>
#include <string.h>

#include "guests.h"
#include "plans.h"
#include "service_rpc.h"

struct pending_plan {
    struct scheduler *scheduler;
    Godwit__V1__Plan_Closure closure;
    void *data;
};

static void on_plan(void *arg, const struct sch_plan *plan, const struct gw_error *err)
{
    struct pending_plan *p = arg;
    Godwit__V1__Plan *message = plan ? sch_plan_message(p->scheduler, plan) : NULL;
    if (message) {
        p->closure(message, p->data);
        godwit__v1__plan__free_unpacked(message, NULL);
    } else if (err) {
        gw_rpc_fail(p->data, err);
    } else {
        sch_fail_nomem(p->data);
    }
    free(p);
}

static int refuse_enum(const char *field, size_t at, int value, struct gw_error *err)
{
    gw_error_set(err, GW_INVALID_ARGUMENT, "%s %d is not known", field, value);
    return gw_error_field(err, "migrations[%zu].%s", at, field);
}

static int fill_wish(struct sch_wish *wish,
                     const Godwit__V1__MigrationRequest *m,
                     size_t at,
                     struct gw_error *err)
{
    int mode = (int)m->mode;
    if (mode < SCH_MODE_ANY || mode > SCH_MODE_COLD)
        return refuse_enum("mode", at, mode, err);
    if (!m->guest[0]) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "the guest to move is not named");
        return gw_error_field(err, "migrations[%zu].guest", at);
    }
    *wish =
        (struct sch_wish){.guest = m->guest, .to_host = m->to_host, .mode = (enum sch_mode)mode};
    wish->options = (struct gw_migration_options){.shutdown_timeout_ms = m->shutdown_timeout_ms,
                                                  .max_downtime_ms = m->max_downtime_ms,
                                                  .bandwidth_bps = m->bandwidth_bps,
                                                  .force_stop = m->force_stop};
    return 0;
}

/* FNV-1a of the packed request. */
static uint64_t fingerprint_of(const Godwit__V1__SubmitPlanRequest *input)
{
    struct gw_blob packed = {0};
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    if (sch_pack(&input->base, &packed, NULL) < 0)
        return 0;
    for (size_t i = 0; i < packed.len; i++)
        h = (h ^ packed.data[i]) * UINT64_C(0x100000001b3);
    gw_blob_fini(&packed);
    return h;
}

static int fill_wishes(struct sch_wish *wishes,
                       const Godwit__V1__SubmitPlanRequest *input,
                       struct gw_error *err)
{
    for (size_t i = 0; i < input->n_migrations; i++) {
        if (fill_wish(&wishes[i], input->migrations[i], i, err) < 0)
            return -1;
    }
    int purpose = (int)input->purpose;
    if (purpose > GODWIT__V1__PLAN_PURPOSE__PLAN_PURPOSE_MOVE || purpose < 0) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "purpose %d is not known", purpose);
        return gw_error_field(err, "purpose");
    }
    return 0;
}

SCH_METHOD(submit_plan, SubmitPlanRequest, Plan)
{
    struct scheduler *s = sch_of(service);
    struct gw_error err = {0};
    struct pending_plan *p = calloc(1, sizeof *p);
    struct sch_wish *wishes = calloc(input->n_migrations + 1, sizeof *wishes);
    if (!p || !wishes) {
        free(p);
        free(wishes);
        sch_fail_nomem(data);
        return;
    }
    *p = (struct pending_plan){.scheduler = s, .closure = closure, .data = data};
    if (fill_wishes(wishes, input, &err) < 0) {
        on_plan(p, NULL, &err);
    } else {
        struct sch_request request = {.wishes = wishes,
                                      .n_wishes = input->n_migrations,
                                      .idempotency_key = input->idempotency_key,
                                      .fingerprint = fingerprint_of(input)};
        sch_plan_submit(s, &request, on_plan, p);
    }
    free(wishes);
}

struct pending_cancel {
    struct sch_migration *migration;
    Godwit__V1__Migration_Closure closure;
    void *data;
};

static void
reply_migration(const struct sch_migration *m, Godwit__V1__Migration_Closure closure, void *data)
{
    Godwit__V1__Migration *message = sch_migration_message(m->scheduler, &m->row);
    if (!message) {
        sch_fail_nomem(data);
        return;
    }
    closure(message, data);
    godwit__v1__migration__free_unpacked(message, NULL);
}

static void on_cancelled(void *arg, const struct gw_error *err)
{
    struct pending_cancel *p = arg;
    if (err)
        gw_rpc_fail(p->data, err);
    else
        reply_migration(p->migration, p->closure, p->data);
    free(p);
}

SCH_METHOD(cancel_migration, CancelMigrationRequest, Migration)
{
    struct gw_error err = {0};
    struct sch_migration *m = sch_migration_get(sch_of(service), input->id, &err);
    if (!m) {
        gw_rpc_fail(data, &err);
        return;
    }
    struct pending_cancel *p = calloc(1, sizeof *p);
    if (!p) {
        sch_fail_nomem(data);
        return;
    }
    *p = (struct pending_cancel){.migration = m, .closure = closure, .data = data};
    sch_migration_cancel(m, on_cancelled, p);
}

SCH_METHOD(get_migration, GetMigrationRequest, Migration)
{
    struct gw_error err = {0};
    const struct sch_migration *m = sch_migration_get(sch_of(service), input->id, &err);
    if (m)
        reply_migration(m, closure, data);
    else
        gw_rpc_fail(data, &err);
}

static bool is_listed(const struct sch_migration *m, const char *guest_uuid, bool active_only)
{
    return m->is_stored && (!guest_uuid || strcmp(m->row.guest_uuid, guest_uuid) == 0) &&
           !(active_only && gw_migration_is_finished(m->row.core.state));
}

SCH_METHOD(list_migrations, ListMigrationsRequest, ListMigrationsReply)
{
    struct scheduler *s = sch_of(service);
    struct gw_error err = {0};
    const struct sch_guest *guest = NULL;
    if (input->guest[0] && !(guest = sch_guest_get(s, input->guest, &err))) {
        gw_rpc_fail(data, &err);
        return;
    }
    size_t limit = input->limit ? input->limit : SCH_LIST_DEFAULT;
    if (limit > SCH_PLAN_MIGRATIONS_MAX)
        limit = SCH_PLAN_MIGRATIONS_MAX;
    Godwit__V1__ListMigrationsReply reply = GODWIT__V1__LIST_MIGRATIONS_REPLY__INIT;
    reply.migrations = calloc(limit, sizeof(Godwit__V1__Migration *));
    if (!reply.migrations) {
        sch_fail_nomem(data);
        return;
    }
    for (size_t i = s->migrations.n_items; i > 0 && reply.n_migrations < limit; i--) {
        const struct sch_migration *m = s->migrations.items[i - 1];
        if (!is_listed(m, guest ? guest->row.uuid : NULL, input->active_only))
            continue;
        reply.migrations[reply.n_migrations] = sch_migration_message(s, &m->row);
        reply.n_migrations += reply.migrations[reply.n_migrations] != NULL;
    }
    closure(&reply, data);
    for (size_t i = 0; i < reply.n_migrations; i++)
        godwit__v1__migration__free_unpacked(reply.migrations[i], NULL);
    free(reply.migrations);
}
