/* The verbs about the trash. */
#include "cli_case.h"

#include <stdlib.h>
#include <string.h>

#define ID "0123456789abcdef"
#define KNOWN                                                                                      \
    "{\"id\":\"" ID "\",\"host\":\"h1\",\"pool\":\"data\",\"guestUuid\":"                          \
    "\"6f1b2c1e-0000-4000-8000-000000000001\",\"guestName\":\"web1\",\"disk\":\"root\","           \
    "\"file\":\"web1-root.qcow2\",\"migrationId\":\"m-1\",\"epoch\":\"3\","                        \
    "\"sizeBytes\":\"1073741824\"}"
#define UNKNOWN                                                                                    \
    "{\"id\":\"fedcba9876543210\",\"host\":\"h2\",\"pool\":\"data\",\"unknown\":true,"             \
    "\"sizeBytes\":\"512\",\"name\":\"left.raw\"}"
#define OLD                                                                                        \
    "{\"id\":\"" ID "\",\"host\":\"h1\",\"trashedAt\":\"2001-02-03T04:05:06Z\","                   \
    "\"file\":\"old.raw\"}"
#define AWAY "\"absent\":[{\"host\":\"h3\",\"reason\":{\"message\":\"nothing is heard of it\"}}]"

static void expect_asked(struct cli_case *c, const char *method, const char *wanted)
{
    char *asked = fake_scheduler_asked(c->fake, method);
    assert_string_equal(asked, wanted);
    free(asked);
}

static void trash_list_is_a_table(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "ListTrash", "{\"entries\":[" KNOWN "," UNKNOWN "]}");
    assert_int_equal(cli_case_run(c, "trash list --host h1"), 0);
    assert_string_equal(
        c->out, "ID                HOST  POOL  GUEST    DISK     SIZE  AGE  LEFT  FILE\n"
                "0123456789abcdef  h1    data  web1     root  1.0 GiB    -     -  web1-root.qcow2\n"
                "fedcba9876543210  h2    data  unknown  -       512 B    -     -  left.raw\n");
    assert_string_equal(c->err, "");
    expect_asked(c, "ListTrash", "{\"host\":\"h1\"}");
}

static void age_and_time_left_are_told(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "ListTrash",
                         "{\"entries\":[{\"trashedAt\":\"2999-01-01T00:00:00Z\",\"expiresAt\":"
                         "\"2001-01-01T00:00:00Z\",\"guestUuid\":\"u-1\"}]}");
    assert_int_equal(cli_case_run(c, "trash list"), 0);
    assert_contains(c->out, "u-1    -      0 B   0s    0s  -\n");
}

static void a_host_that_is_away_is_told_and_fails_the_verb(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "ListTrash",
                         "{\"entries\":[" KNOWN "],\"leftOut\":\"7\"," AWAY "}");
    assert_int_equal(cli_case_run(c, "trash list"), 9);
    assert_contains(c->out, "web1-root.qcow2");
    assert_string_equal(c->err,
                        "godwit: 7 more are not shown; name a host, or purge some\n"
                        "godwit: host h3 is not told of, or not wholly: nothing is heard of it\n");
    assert_int_equal(cli_case_run(c, "trash list -o json"), 9);
    assert_contains(c->out, "\"leftOut\": \"7\"");
}

static void restore_says_where_the_disk_is(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "RestoreTrash",
                         "{\"entry\":" KNOWN ",\"file\":\"web1-root.qcow2.restored\"}");
    assert_int_equal(cli_case_run(c, "trash restore " ID " --host h1"), 0);
    assert_string_equal(c->out, "data/web1-root.qcow2.restored\n");
    assert_string_equal(c->err,
                        "godwit: it is file web1-root.qcow2.restored in pool data of host h1\n");
    expect_asked(c, "RestoreTrash", "{\"host\":\"h1\",\"id\":\"" ID "\"}");
    fake_scheduler_fail(c->fake, "RestoreTrash", GW_FAILED_PRECONDITION, "GUEST_HOLDS_DISK", "",
                        "guest x has its disk here");
    assert_int_equal(cli_case_run(c, "trash restore " ID), 6);
    assert_contains(c->err, "[GUEST_HOLDS_DISK]");
    assert_int_equal(cli_case_run(c, "trash restore"), 2);
}

static void purge_without_yes_only_shows(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "ListTrash", "{\"entries\":[" KNOWN "]}");
    assert_int_equal(cli_case_run(c, "trash purge " ID), 0);
    assert_contains(c->out, "web1-root.qcow2");
    assert_string_equal(
        c->err, "godwit: nothing was purged: with --yes 1 file would go for good, as shown\n");
    expect_asked(c, "ListTrash", "{\"id\":\"" ID "\"}");
    fake_scheduler_reply(c->fake, "ListTrash", "{\"entries\":[" KNOWN "," OLD "," UNKNOWN "]}");
    assert_int_equal(cli_case_run(c, "trash purge --older-than 24"), 0);
    assert_contains(c->out, "old.raw");
    assert_null(strstr(c->out, "web1-root"));
    assert_null(strstr(c->out, "left.raw"));
    assert_contains(c->err, "with --yes 1 file would go");
    assert_int_equal(fake_scheduler_count(c->fake, "PurgeTrash"), 0);
}

static void purge_with_yes_purges(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "PurgeTrash", "{\"entries\":[" KNOWN "]}");
    assert_int_equal(cli_case_run(c, "trash purge " ID " --yes"), 0);
    assert_contains(c->out, "web1-root.qcow2");
    expect_asked(c, "PurgeTrash", "{\"id\":\"" ID "\"}");
    assert_int_equal(cli_case_run(c, "trash purge --older-than 24 --host h1 --yes"), 0);
    expect_asked(c, "PurgeTrash", "{\"host\":\"h1\",\"olderThanHours\":24}");
    fake_scheduler_reply(c->fake, "PurgeTrash", "{" AWAY "}");
    assert_int_equal(cli_case_run(c, "trash purge --older-than 24 --yes"), 9);
}

static void a_purge_of_nothing_named_is_wrong_usage(void **state)
{
    struct cli_case *c = *state;
    static const char *const lines[] = {"trash purge --yes",
                                        "trash purge " ID " --older-than 1 --yes",
                                        "trash purge --older-than 0 --yes",
                                        "trash purge --older-than 876001 --yes",
                                        "trash purge --older-than -1 --yes",
                                        "trash"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(cli_case_run(c, lines[i]), 2);
    assert_int_equal(fake_scheduler_count(c->fake, "PurgeTrash"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_case_setup, cli_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trash_list_is_a_table),
        TEST(age_and_time_left_are_told),
        TEST(a_host_that_is_away_is_told_and_fails_the_verb),
        TEST(restore_says_where_the_disk_is),
        TEST(purge_without_yes_only_shows),
        TEST(purge_with_yes_purges),
        TEST(a_purge_of_nothing_named_is_wrong_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
