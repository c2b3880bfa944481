/* Plans: refused as a whole with every reason, stored as a whole, the same again for the same key.
 */
#include <stdio.h>

#include "cluster.h"

struct wish {
    char guest[40], host[40];
};

static Godwit__V1__Plan *
submit(struct cluster *c, struct wish *wishes, size_t n, char *key, Godwit__V1__MigrationMode mode)
{
    enum { MAX = 4 };
    Godwit__V1__MigrationRequest moves[MAX], *pointers[MAX];
    Godwit__V1__SubmitPlanRequest request = GODWIT__V1__SUBMIT_PLAN_REQUEST__INIT;
    for (size_t i = 0; i < n; i++) {
        godwit__v1__migration_request__init(&moves[i]);
        moves[i].guest = wishes[i].guest;
        moves[i].to_host = wishes[i].host;
        moves[i].mode = mode;
        pointers[i] = &moves[i];
    }
    request.migrations = pointers;
    request.n_migrations = n;
    request.idempotency_key = key;
    return client_submit(c, &request);
}

static void free_plan(Godwit__V1__Plan *plan)
{
    if (plan)
        godwit__v1__plan__free_unpacked(plan, NULL);
}

static void every_reason_of_every_migration_is_told_and_nothing_is_changed(void **state)
{
    struct cluster *c = *state;
    char no_key[] = "";
    cluster_make_guest(c, true);
    struct wish wishes[] = {{"web", "h1"}, {"db", "h9"}, {"web", "h2"}};
    assert_null(submit(c, wishes, 3, no_key, LIVE));
    assert_error(&c->err, GW_FAILED_PRECONDITION, "guest web is on host h1 already");
    assert_string_equal(c->err.reason, "SAME_HOST");
    assert_contains(c->err.message, "no guest is called \"db\"");
    assert_contains(c->err.message, "no host is called \"h9\"");
    assert_trace(c, "");
    assert_guest(c, STATE(RUNNING), "h1", 2);
    assert_int_equal(cluster_move(c, LIVE), 0);
}

static void an_unknown_guest_is_not_found(void **state)
{
    struct cluster *c = *state;
    char no_key[] = "";
    struct wish wishes[] = {{"db", "h2"}};
    assert_null(submit(c, wishes, 1, no_key, LIVE));
    assert_error_code(&c->err, GW_NOT_FOUND);
    assert_string_equal(c->err.reason, "GUEST_NOT_FOUND");
}

static void a_guest_under_way_is_refused_a_second_move(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, LIVE), 0);
    assert_int_equal(cluster_move(c, LIVE), -1);
    assert_string_equal(c->err.reason, "MIGRATION_UNDER_WAY");
    assert_contains(c->err.message, c->migration_id);
}

static void a_guest_twice_in_one_plan_is_refused(void **state)
{
    struct cluster *c = *state;
    char no_key[] = "";
    cluster_make_guest(c, true);
    struct wish wishes[] = {{"web", "h2"}, {"web", "h3"}};
    assert_null(submit(c, wishes, 2, no_key, LIVE));
    assert_string_equal(c->err.reason, "MIGRATION_UNDER_WAY");
    assert_int_equal(cluster_move(c, LIVE), 0);
}

static void the_same_key_gets_the_same_plan_also_after_a_restart(void **state)
{
    struct cluster *c = *state;
    char key[] = "key-1";
    cluster_make_guest(c, true);
    struct wish wishes[] = {{"web", "h2"}};
    Godwit__V1__Plan *first = submit(c, wishes, 1, key, LIVE);
    assert_non_null(first);
    cluster_wait_trace(c, "Begin");
    cluster_restart(c);
    Godwit__V1__Plan *second = submit(c, wishes, 1, key, LIVE);
    assert_non_null(second);
    assert_string_equal(first->id, second->id);
    assert_int_equal(second->n_migrations, 1);
    assert_string_equal(first->migrations[0]->id, second->migrations[0]->id);
    snprintf(wishes[0].host, sizeof wishes[0].host, "h3");
    assert_null(submit(c, wishes, 1, key, LIVE));
    assert_error_code(&c->err, GW_ALREADY_EXISTS);
    assert_string_equal(c->err.reason, "IDEMPOTENCY_KEY_REUSED");
    free_plan(first);
    free_plan(second);
}

static void the_target_is_chosen_when_none_is_named(void **state)
{
    struct cluster *c = *state;
    char no_key[] = "";
    cluster_make_guest(c, true);
    c->hosts[2].memory_free_bytes = UINT64_C(9) << 30;
    fake_beat(&c->hosts[2]);
    struct wish wishes[] = {{"web", ""}};
    Godwit__V1__Plan *plan =
        submit(c, wishes, 1, no_key, GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_UNSPECIFIED);
    assert_non_null(plan);
    assert_string_equal(plan->migrations[0]->to_host, "h3");
    assert_int_equal(plan->migrations[0]->mode, LIVE);
    free_plan(plan);
}

static void an_empty_plan_and_an_unknown_mode_are_refused_with_their_field(void **state)
{
    struct cluster *c = *state;
    char no_key[] = "";
    struct wish wishes[] = {{"web", "h2"}};
    assert_null(submit(c, wishes, 0, no_key, LIVE));
    assert_error_code(&c->err, GW_INVALID_ARGUMENT);
    assert_string_equal(c->err.field, "migrations");
    assert_null(submit(c, wishes, 1, no_key, (Godwit__V1__MigrationMode)7));
    assert_string_equal(c->err.field, "migrations[0].mode");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLUSTER_TEST(every_reason_of_every_migration_is_told_and_nothing_is_changed),
        CLUSTER_TEST(an_unknown_guest_is_not_found),
        CLUSTER_TEST(a_guest_under_way_is_refused_a_second_move),
        CLUSTER_TEST(a_guest_twice_in_one_plan_is_refused),
        CLUSTER_TEST(the_same_key_gets_the_same_plan_also_after_a_restart),
        CLUSTER_TEST(the_target_is_chosen_when_none_is_named),
        CLUSTER_TEST(an_empty_plan_and_an_unknown_mode_are_refused_with_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
