#include "migrations.h"

#include <godwit/v1/scheduler.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "call.h"
#include "message.h"
#include "wire/json.h"

static void on_plan(struct gwy_request *request, const ProtobufCMessage *reply)
{
    const Godwit__V1__Plan *plan = (const Godwit__V1__Plan *)reply;
    if (plan->n_migrations != 1) {
        struct gw_error err;
        (void)gw_error_set(&err, GW_INTERNAL, "the scheduler answered %zu migrations to one",
                           plan->n_migrations);
        gwy_answer_error(request, &err);
        return;
    }
    const Godwit__V1__Migration *migration = plan->migrations[0];
    (void)snprintf(request->location, sizeof request->location, "/v1/migrations/%s", migration->id);
    gwy_answer_message(request, MHD_HTTP_ACCEPTED, &migration->base);
}

/* The client's key, or the request's own id: then the gateway's call at least is not doubled by a
 * connection that breaks. */
static int put_key(struct gwy_request *request, ProtobufCMessage *plan, struct gw_error *err)
{
    const char *key = gwy_request_header(request, "Idempotency-Key");
    if (!key)
        return gwy_message_set(plan, "idempotency_key", request->id, err);
    size_t n = strlen(key);
    bool is_clean = n > 0 && n <= GWY_IDEMPOTENCY_KEY_MAX;
    for (size_t i = 0; is_clean && i < n; i++)
        is_clean = key[i] > 0x20 && key[i] < 0x7f;
    if (is_clean)
        return gwy_message_set(plan, "idempotency_key", key, err);
    (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                       "Idempotency-Key must be 1 to %d printable bytes without spaces",
                       GWY_IDEMPOTENCY_KEY_MAX);
    return gw_error_field(err, "Idempotency-Key");
}

static Godwit__V1__SubmitPlanRequest *make_plan(ProtobufCMessage *migration)
{
    Godwit__V1__SubmitPlanRequest *plan = (Godwit__V1__SubmitPlanRequest *)gwy_message_new(
        &godwit__v1__submit_plan_request__descriptor);
    if (!plan)
        return NULL;
    plan->migrations = calloc(1, sizeof *plan->migrations);
    if (!plan->migrations) {
        protobuf_c_message_free_unpacked(&plan->base, NULL);
        return NULL;
    }
    plan->purpose = GODWIT__V1__PLAN_PURPOSE__PLAN_PURPOSE_MOVE;
    plan->migrations[0] = (Godwit__V1__MigrationRequest *)migration;
    plan->n_migrations = 1;
    return plan;
}

void gwy_migrations_post(struct gwy_request *request)
{
    struct gw_error err = {0};
    ProtobufCMessage *migration =
        gw_json_text_to_message(&godwit__v1__migration_request__descriptor,
                                gw_str_text(&request->body), request->body.len, 0, &err);
    if (!migration) {
        gwy_answer_error(request, &err);
        return;
    }
    Godwit__V1__SubmitPlanRequest *plan = make_plan(migration);
    if (!plan) {
        protobuf_c_message_free_unpacked(migration, NULL);
        (void)gw_error_set_nomem(&err, "planning a migration");
        gwy_answer_error(request, &err);
        return;
    }
    if (put_key(request, &plan->base, &err) < 0) {
        protobuf_c_message_free_unpacked(&plan->base, NULL);
        gwy_answer_error(request, &err);
        return;
    }
    struct gwy_call_spec spec = {.method = "SubmitPlan",
                                 .message = &plan->base,
                                 .deadline_ms = GWY_ANSWER_MS,
                                 .is_idempotent = true};
    gwy_call(request, &spec, on_plan);
}
