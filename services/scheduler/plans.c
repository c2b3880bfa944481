#include "plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "driver.h"
#include "plan_check.h"
#include "tx.h"

struct submission {
    struct scheduler *scheduler;
    struct sch_plan *plan;
    struct sch_choice *choices;
    size_t n_choices;
    sch_plan_fn done;
    void *arg;
};

void sch_plan_free(struct sch_plan *plan)
{
    if (!plan)
        return;
    free(plan->migrations);
    free(plan);
}

/* ---- making ---- */

static void fill_migration(struct gw_migration_row *row,
                           const struct submission *sub,
                           const struct sch_choice *choice,
                           const struct sch_wish *wish)
{
    struct scheduler *s = sub->scheduler;
    struct sch_guest *guest = choice->guest;
    gw_uuid_make(s->options.random, row->id);
    memcpy(row->plan_id, sub->plan->row.id, sizeof row->plan_id);
    memcpy(row->guest_uuid, guest->row.uuid, sizeof row->guest_uuid);
    memcpy(row->guest_name, guest->row.name, sizeof row->guest_name);
    memcpy(row->from_id, choice->from->row.id, sizeof row->from_id);
    memcpy(row->to_id, choice->to->row.id, sizeof row->to_id);
    row->core = gw_migration_planned(guest->row.epoch, ++guest->last_attempt, choice->is_live,
                                     choice->is_running);
    row->options = wish->options;
    row->created_us = row->changed_us = sub->plan->row.created_us;
}

static int make_migrations(struct submission *sub, const struct sch_request *request)
{
    struct sch_plan *plan = sub->plan;
    plan->migrations = calloc(request->n_wishes, sizeof(struct sch_migration *));
    if (!plan->migrations)
        return -1;
    for (size_t i = 0; i < request->n_wishes; i++) {
        struct gw_migration_row row = {.position = (uint32_t)i};
        fill_migration(&row, sub, &sub->choices[i], &request->wishes[i]);
        struct sch_migration *m = sch_migration_new(sub->scheduler, &row);
        if (!m)
            return -1;
        m->submitted_us = sch_now_us(sub->scheduler);
        plan->migrations[plan->n_migrations++] = m;
    }
    return 0;
}

static struct sch_plan *make_plan(struct scheduler *s, const struct sch_request *request)
{
    struct sch_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    gw_uuid_make(s->options.random, plan->row.id);
    (void)gw_str_copy(plan->row.idempotency_key, sizeof plan->row.idempotency_key,
                      request->idempotency_key);
    plan->row.fingerprint = request->fingerprint;
    plan->row.created_us = sch_wall_us(s);
    if (sch_list_add(&s->plans, plan->row.id, plan)) {
        sch_plan_free(plan);
        return NULL;
    }
    return plan;
}

/* Forget a plan that was not stored. */
static void drop_plan(struct scheduler *s, struct sch_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_migrations; i++) {
        sch_list_remove(&s->migrations, plan->migrations[i]->row.id);
        sch_migration_free(plan->migrations[i]);
    }
    sch_list_remove(&s->plans, plan->row.id);
    sch_plan_free(plan);
}

static void end(struct submission *sub, const struct gw_error *err)
{
    sch_plan_release(sub->choices, sub->n_choices);
    if (err)
        drop_plan(sub->scheduler, sub->plan);
    sub->done(sub->arg, err ? NULL : sub->plan, err);
    free(sub->choices);
    free(sub);
}

static void stored(void *arg, const struct gw_error *err)
{
    struct submission *sub = arg;
    struct scheduler *s = sub->scheduler;
    const struct sch_plan *plan = sub->plan;
    end(sub, err);
    for (size_t i = 0; !err && !s->is_stopping && i < plan->n_migrations; i++)
        sch_driver_resume(plan->migrations[i]);
}

static void store(struct submission *sub)
{
    struct sch_tx *tx = sch_tx_new(sub->scheduler);
    sch_tx_plan_add(tx, sub->plan);
    for (size_t i = 0; i < sub->n_choices; i++) {
        struct sch_guest *guest = sub->choices[i].guest;
        struct sch_migration *m = sub->plan->migrations[i];
        struct gw_guest_row row = guest->row;
        memcpy(row.migration_id, m->row.id, sizeof row.migration_id);
        row.state = GW_GUEST_MIGRATING;
        row.message[0] = '\0';
        sch_tx_migration_add(tx, m);
        sch_tx_guest(tx, guest, &row);
    }
    sch_tx_commit(tx, stored, sub);
}

/* ---- the same request again ---- */

/* 1: answered; 0: a new one. */
static int answer_repeat(const struct scheduler *s,
                         const struct sch_request *request,
                         sch_plan_fn done,
                         void *arg)
{
    const struct sch_plan *same = NULL;
    for (size_t i = 0; request->idempotency_key[0] && !same && i < s->plans.n_items; i++) {
        const struct sch_plan *plan = s->plans.items[i];
        if (strcmp(plan->row.idempotency_key, request->idempotency_key) == 0)
            same = plan;
    }
    if (!same)
        return 0;
    struct gw_error err = {0};
    if (same->row.fingerprint != request->fingerprint) {
        gw_error_set(&err, GW_ALREADY_EXISTS,
                     "this idempotency key stands for another request, plan %s: make a new key for "
                     "each new plan",
                     same->row.id);
        gw_error_field(&err, "idempotency_key");
        gw_error_reason(&err, "IDEMPOTENCY_KEY_REUSED");
    } else if (!same->is_stored) {
        gw_error_set(&err, GW_UNAVAILABLE, "plan %s is being stored: ask again", same->row.id);
    }
    if (gw_error_is_set(&err))
        done(arg, NULL, &err);
    else
        done(arg, same, NULL);
    return 1;
}

static int check_form(const struct sch_request *request, struct gw_error *err)
{
    if (request->n_wishes == 0 || request->n_wishes > SCH_PLAN_MIGRATIONS_MAX) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "a plan has 1 to %d migrations, not %zu",
                     SCH_PLAN_MIGRATIONS_MAX, request->n_wishes);
        return gw_error_field(err, "migrations");
    }
    if (strlen(request->idempotency_key) > GW_STORE_KEY_MAX) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "an idempotency key has at most %d bytes",
                     GW_STORE_KEY_MAX);
        return gw_error_field(err, "idempotency_key");
    }
    return 0;
}

void sch_plan_submit(struct scheduler *s,
                     const struct sch_request *request,
                     sch_plan_fn done,
                     void *arg)
{
    struct gw_error err = {0};
    if (check_form(request, &err) < 0) {
        done(arg, NULL, &err);
        return;
    }
    if (answer_repeat(s, request, done, arg))
        return;
    struct submission *sub = calloc(1, sizeof *sub);
    struct sch_choice *choices = calloc(request->n_wishes, sizeof *choices);
    if (!sub || !choices) {
        free(sub);
        free(choices);
        gw_error_set_nomem(&err, "making a plan");
        done(arg, NULL, &err);
        return;
    }
    *sub = (struct submission){.scheduler = s,
                               .choices = choices,
                               .n_choices = request->n_wishes,
                               .done = done,
                               .arg = arg};
    if (sch_plan_check(s, request, sub->choices, &err) < 0) {
        end(sub, &err);
        return;
    }
    sub->plan = make_plan(s, request);
    if (!sub->plan || make_migrations(sub, request) < 0) {
        gw_error_set_nomem(&err, "making a plan");
        end(sub, &err);
        return;
    }
    store(sub);
}
