/* What verbs that change something ask of the scheduler. */
#include "cli_case.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "sample.h"

static void expect_asked(struct cli_case *c, const char *method, const char *wanted)
{
    char *asked = fake_scheduler_asked(c->fake, method);
    assert_non_null(asked);
    assert_string_equal(asked, wanted);
    free(asked);
}

static void guest_create_sends_the_spec_file(void **state)
{
    struct cli_case *c = *state;
    struct gw_error err = {0};
    char *path = gw_strf("%s/spec.json", c->folder);
    char *line = gw_strf("guest create -f %s --host h1 --start", path);
    static const char spec[] = "{\"name\":\"g1\",\"memoryBytes\":536879104,\"vcpus\":1}";
    assert_int_equal(gw_file_replace(path, spec, sizeof spec - 1, &err), 0);
    fake_scheduler_reply(c->fake, "CreateGuest", SAMPLE_GUEST);
    assert_int_equal(cli_case_run(c, line), 0);
    assert_contains(c->out, "g1     running  h1");
    expect_asked(c, "CreateGuest",
                 "{\"spec\":{\"name\":\"g1\",\"vcpus\":1,\"memoryBytes\":\"536879104\"},"
                 "\"host\":\"h1\",\"start\":true}");
    free(line);
    free(path);
}

static void a_bad_spec_file_asks_nothing_of_the_scheduler(void **state)
{
    struct cli_case *c = *state;
    struct gw_error err = {0};
    char *path = gw_strf("%s/spec.json", c->folder);
    char *line = gw_strf("guest create --file %s", path);
    static const char spec[] = "{\"name\":\"g1\",\"memry\":1}";
    assert_int_equal(gw_file_replace(path, spec, sizeof spec - 1, &err), 0);
    assert_int_equal(cli_case_run(c, line), 2);
    assert_contains(c->err, path);
    assert_contains(c->err, "memry");
    assert_string_equal(c->out, "");
    assert_int_equal(fake_scheduler_count(c->fake, "CreateGuest"), 0);
    assert_int_equal(cli_case_run(c, "guest create -f /nonexistent/x.json"), 4);
    assert_int_equal(cli_case_run(c, "guest create"), 2);
    assert_contains(c->err, "needs --file FILE");
    free(line);
    free(path);
}

static void start_stop_and_delete_name_the_guest(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "StartGuest", SAMPLE_GUEST);
    fake_scheduler_reply(c->fake, "StopGuest", SAMPLE_GUEST);
    assert_int_equal(cli_case_run(c, "guest start g1"), 0);
    expect_asked(c, "StartGuest", "{\"guest\":\"g1\"}");
    assert_int_equal(cli_case_run(c, "guest stop g1 --force --timeout 90"), 0);
    expect_asked(c, "StopGuest", "{\"guest\":\"g1\",\"force\":true,\"timeoutMs\":90000}");
    assert_int_equal(cli_case_run(c, "guest delete g1"), 0);
    expect_asked(c, "DeleteGuest", "{\"guest\":\"g1\"}");
    assert_string_equal(c->out, "");
    assert_contains(c->err, "guest g1 is deleted");
}

static void migrate_sends_a_plan_of_one(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "SubmitPlan", SAMPLE_PLAN);
    assert_int_equal(cli_case_run(c, "migrate g1 --to h2 --cold --bandwidth 100Mi "
                                     "--max-downtime 200 --shutdown-timeout 30 --force-stop "
                                     "--idempotency-key k1"),
                     0);
    expect_asked(c, "SubmitPlan",
                 "{\"purpose\":\"PLAN_PURPOSE_MOVE\",\"migrations\":[{\"guest\":\"g1\","
                 "\"toHost\":\"h2\",\"mode\":\"MIGRATION_MODE_COLD\",\"shutdownTimeoutMs\":30000,"
                 "\"forceStop\":true,\"bandwidthBps\":\"104857600\",\"maxDowntimeMs\":200}],"
                 "\"idempotencyKey\":\"k1\"}");
    assert_string_equal(c->out, "MIGRATION  GUEST  FROM  TO  MODE  PHASE    DONE  AGE  REASON\n"
                                "m-1        g1     h1    h2  live  planned    0%    -  -\n");
}

static void each_migrate_has_a_key_of_its_own(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "SubmitPlan", SAMPLE_PLAN);
    assert_int_equal(cli_case_run(c, "migrate g1"), 0);
    char *first = fake_scheduler_asked(c->fake, "SubmitPlan");
    assert_int_equal(cli_case_run(c, "migrate g1"), 0);
    char *second = fake_scheduler_asked(c->fake, "SubmitPlan");
    assert_contains(first, "\"idempotencyKey\":\"");
    assert_string_not_equal(first, second);
    free(first);
    free(second);
}

static void contradictions_are_wrong_usage(void **state)
{
    struct cli_case *c = *state;
    static const char *const lines[] = {
        "migrate g1 --live --cold",
        "migrate g1 --live --force-stop",
        "migrate g1 --bandwidth fast",
        "migrate g1 --max-downtime 0",
        "migrate",
        "migration list --limit 1001",
        "guest stop g1 --timeout 0",
        "host list -o yaml",
        "host list --timeout never",
        "host list --scheduler",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(cli_case_run(c, lines[i]), 2);
        assert_contains(c->err, "godwit: see godwit help");
        assert_string_equal(c->out, "");
    }
    assert_int_equal(fake_scheduler_count(c->fake, "SubmitPlan"), 0);
}

static void migration_cancel_shows_the_migration(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "CancelMigration",
                         SAMPLE_MIGRATION("ABORTING", "MEMORY", "1048576", ""));
    assert_int_equal(cli_case_run(c, "migration cancel m-1"), 0);
    expect_asked(c, "CancelMigration", "{\"id\":\"m-1\"}");
    assert_contains(c->out, "aborting");
}

static const char several[] = "{\"migrations\":[{\"id\":\"6f1b2c1e-0000-4000-8000-000000000001\"},"
                              "{\"id\":\"6f1b2c1e-0000-4000-8000-000000000002\"},"
                              "{\"id\":\"d05e2b90-0000-4000-8000-000000000003\"}]}";

static void the_first_digits_of_an_id_single_a_migration_out(void **state)
{
    struct cli_case *c = *state;
    static const char wanted[] = "{\"id\":\"d05e2b90-0000-4000-8000-000000000003\"}";
    fake_scheduler_reply(c->fake, "ListMigrations", several);
    fake_scheduler_reply(c->fake, "CancelMigration", SAMPLE_PLANNED);
    fake_scheduler_reply(c->fake, "GetMigration", SAMPLE_SUCCEEDED);
    assert_int_equal(cli_case_run(c, "migration cancel d05"), 0);
    expect_asked(c, "CancelMigration", wanted);
    assert_int_equal(cli_case_run(c, "migration show d05e2b90-0~"), 0); /* as a table cuts it */
    expect_asked(c, "GetMigration", wanted);
    assert_int_equal(cli_case_run(c, "migration watch d"), 0);
    expect_asked(c, "GetMigration", wanted);
}

static void digits_that_begin_several_ids_are_refused(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "ListMigrations", several);
    assert_int_equal(cli_case_run(c, "migration cancel 6f1b"), 2);
    assert_contains(c->err, "the ids of 2 migrations begin with 6f1b: give more of it");
    assert_int_equal(fake_scheduler_count(c->fake, "CancelMigration"), 0);
}

static void a_whole_id_is_not_looked_up(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "CancelMigration", SAMPLE_PLANNED);
    assert_int_equal(cli_case_run(c, "migration cancel d05e2b90-0000-4000-8000-000000000003"), 0);
    assert_int_equal(fake_scheduler_count(c->fake, "ListMigrations"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_case_setup, cli_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(guest_create_sends_the_spec_file),
        TEST(a_bad_spec_file_asks_nothing_of_the_scheduler),
        TEST(start_stop_and_delete_name_the_guest),
        TEST(migrate_sends_a_plan_of_one),
        TEST(each_migrate_has_a_key_of_its_own),
        TEST(contradictions_are_wrong_usage),
        TEST(migration_cancel_shows_the_migration),
        TEST(the_first_digits_of_an_id_single_a_migration_out),
        TEST(digits_that_begin_several_ids_are_refused),
        TEST(a_whole_id_is_not_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
