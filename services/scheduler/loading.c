#include "loading.h"

#include <stdlib.h>

#include "convert.h"
#include "hosts.h"
#include "plans.h"

static int load_host(void *arg, struct gw_host_row *row, struct gw_error *err)
{
    return sch_hosts_load(arg, row, err);
}

static int load_guest(void *arg, struct gw_guest_row *row, struct gw_error *err)
{
    struct scheduler *s = arg;
    struct sch_guest *guest = calloc(1, sizeof *guest);
    if (!guest)
        return gw_error_set_nomem(err, "loading a guest");
    guest->row = *row;
    guest->row.spec = NULL;
    if (sch_spec_pack_json(row->spec, &guest->spec, err) < 0) {
        free(guest);
        return gw_error_wrap(err, "spec of guest %s in the store", row->name);
    }
    if (sch_list_add(&s->guests, guest->row.uuid, guest) < 0) {
        sch_guest_free(guest);
        return gw_error_set_nomem(err, "loading a guest");
    }
    return 0;
}

static int load_plan(void *arg, struct gw_plan_row *row, struct gw_error *err)
{
    struct scheduler *s = arg;
    struct sch_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return gw_error_set_nomem(err, "loading a plan");
    plan->row = *row;
    plan->is_stored = true;
    if (sch_list_add(&s->plans, plan->row.id, plan) < 0) {
        sch_plan_free(plan);
        return gw_error_set_nomem(err, "loading a plan");
    }
    return 0;
}

/* Migrations of a plan were stored in its order. */
static int add_to_plan(struct scheduler *s, struct sch_migration *m, struct gw_error *err)
{
    struct sch_plan *plan = sch_list_find(&s->plans, m->row.plan_id);
    if (!plan)
        return gw_error_set(err, GW_DATA_LOSS, "the store lacks plan %s of migration %s",
                            m->row.plan_id, m->row.id);
    struct sch_migration **more =
        realloc(plan->migrations, (plan->n_migrations + 1) * sizeof(struct sch_migration *));
    if (!more)
        return gw_error_set_nomem(err, "loading a plan");
    plan->migrations = more;
    plan->migrations[plan->n_migrations++] = m;
    return 0;
}

static int load_migration(void *arg, struct gw_migration_row *row, struct gw_error *err)
{
    struct scheduler *s = arg;
    struct sch_migration *m = sch_migration_new(s, row);
    if (!m)
        return gw_error_set_nomem(err, "loading a migration");
    m->is_stored = true;
    struct sch_guest *guest = sch_list_find(&s->guests, m->row.guest_uuid);
    if (guest && guest->last_attempt < m->row.core.attempt)
        guest->last_attempt = m->row.core.attempt;
    return add_to_plan(s, m, err);
}

int sch_load(struct scheduler *s, struct gw_error *err)
{
    if (gw_store_each_host(s->store, load_host, s, err) < 0 ||
        gw_store_each_guest(s->store, load_guest, s, err) < 0 ||
        gw_store_each_plan(s->store, load_plan, s, err) < 0 ||
        gw_store_each_migration(s->store, load_migration, s, err) < 0)
        return -1;
    return 0;
}
