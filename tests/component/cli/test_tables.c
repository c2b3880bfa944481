/* What reading verbs print. */
#include "cli_case.h"

#include <stdlib.h>
#include <string.h>

#include "sample.h"

static void host_list_is_a_table(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "ListHosts", SAMPLE_HOSTS);
    assert_int_equal(cli_case_run(c, "host list"), 0);
    assert_string_equal(
        c->out,
        "HOST            STATE   GUESTS  CPUS   MEMORY     FREE  ACCEL  QEMU    ADDRESS\n"
        "h1              up           2     2  8.0 GiB  4.0 GiB  tcg    7.2.22  10.90.1.11\n"
        "long-host-name  silent       0     0      0 B      0 B  -      -       -\n");
    assert_string_equal(c->err, "");
}

static void host_show_is_a_list_of_facts(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(
        c->fake, "GetHost",
        "{\"name\":\"h1\",\"state\":\"HOST_STATE_UP\",\"facts\":{\"cpus\":2,\"cpuModel\":\"EPYC\","
        "\"pools\":[{\"id\":\"data\",\"kind\":\"POOL_KIND_LOCAL\",\"path\":\"/srv/data\","
        "\"totalBytes\":\"2147483648\",\"freeBytes\":\"1073741824\"}],\"bridges\":[\"br0\"]}}");
    assert_int_equal(cli_case_run(c, "host show h1"), 0);
    assert_contains(c->out, "host         h1\n");
    assert_contains(c->out, "pool         data, local, 1.0 GiB free of 2.0 GiB, /srv/data\n");
    assert_contains(c->out, "bridge       br0\n");
    assert_contains(c->out, "source       never seen\n");
    char *asked = fake_scheduler_asked(c->fake, "GetHost");
    assert_string_equal(asked, "{\"host\":\"h1\"}");
    free(asked);
}

static void guest_list_is_a_table(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "ListGuests", "{\"guests\":[" SAMPLE_GUEST "]}");
    assert_int_equal(cli_case_run(c, "guest list --host h1"), 0);
    assert_string_equal(c->out, "GUEST  STATE    HOST  CPUS   MEMORY  DISKS  AGE  MESSAGE\n"
                                "g1     running  h1       1  512 MiB      1    -  -\n");
    char *asked = fake_scheduler_asked(c->fake, "ListGuests");
    assert_string_equal(asked, "{\"host\":\"h1\"}");
    free(asked);
}

static void guest_show_is_a_list_of_facts(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "GetGuest", SAMPLE_GUEST);
    assert_int_equal(cli_case_run(c, "guest show g1"), 0);
    assert_string_equal(c->out, "guest       g1\n"
                                "uuid        6f1b2c1e-0000-4000-8000-000000000001\n"
                                "cpus        1, qemu64\n"
                                "memory      512 MiB\n"
                                "machine     pc-q35-7.2\n"
                                "moves live  yes\n"
                                "state       running\n"
                                "host        h1\n"
                                "epoch       3\n"
                                "migration   -\n"
                                "disk        root, 512 MiB, qcow2, pool data\n"
                                "nic         52:54:00:00:00:01, bridge br0\n"
                                "age         -\n"
                                "message     -\n");
}

static void migration_list_passes_its_filters_on(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "ListMigrations", "{\"migrations\":[" SAMPLE_FAILED "]}");
    assert_int_equal(cli_case_run(c, "migration list --guest g1 --active --limit 7"), 0);
    assert_string_equal(c->out,
                        "MIGRATION  GUEST  FROM  TO  MODE  PHASE   DONE  AGE  REASON\n"
                        "m-1        g1     h1    h2  live  failed    0%    -  host h2 is gone\n");
    char *asked = fake_scheduler_asked(c->fake, "ListMigrations");
    assert_string_equal(asked, "{\"guest\":\"g1\",\"activeOnly\":true,\"limit\":7}");
    free(asked);
}

static void migration_show_tells_times_and_reason(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "GetMigration", SAMPLE_SUCCEEDED);
    assert_int_equal(cli_case_run(c, "migration show m-1"), 0);
    assert_contains(c->out, "total      1.82 s\n");
    assert_contains(c->out, "blackout   142 ms\n");
    fake_scheduler_reply(c->fake, "GetMigration", SAMPLE_FAILED);
    assert_int_equal(cli_case_run(c, "migration show m-1"), 0);
    assert_contains(c->out, "reason     host h2 is gone [TARGET_LOST]\n");
}

static void version_tells_both(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_reply(c->fake, "GetVersion", "{\"version\":\"9.9\",\"clusterId\":\"abc\"}");
    assert_int_equal(cli_case_run(c, "version"), 0);
    assert_string_equal(c->out, "command    " GW_VERSION "\nscheduler  9.9\ncluster    abc\n");
}

static void json_is_the_reply_with_its_defaults(void **state)
{
    struct cli_case *c = *state;
    assert_int_equal(cli_case_run(c, "guest list -o json"), 0);
    assert_string_equal(c->out, "{\n  \"guests\": [\n  ]\n}\n");
    fake_scheduler_reply(c->fake, "GetGuest", SAMPLE_GUEST);
    assert_int_equal(cli_case_run(c, "-o json guest show g1"), 0);
    assert_contains(c->out, "\"memoryBytes\": \"536879104\"");
    assert_contains(c->out, "\"state\": \"GUEST_STATE_RUNNING\"");
    assert_contains(c->out, "\"message\": \"\"");
}

static void help_lists_every_verb(void **state)
{
    struct cli_case *c = *state;
    static const char *const verbs[] = {"host list",         "host show HOST", "guest create",
                                        "guest start GUEST", "guest stop",     "guest list",
                                        "guest show",        "guest delete",   "migrate GUEST",
                                        "migration list",    "migration show", "migration cancel",
                                        "migration watch",   "trash list",     "trash restore ID",
                                        "trash purge [ID]",  "version",        "help"};
    assert_int_equal(cli_case_run(c, "help"), 0);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        assert_contains(c->out, verbs[i]);
    assert_int_equal(cli_case_run(c, "help migrate"), 0);
    assert_contains(c->out, "--max-downtime MS");
    assert_int_equal(cli_case_run(c, "guest stop --help"), 0);
    assert_contains(c->out, "--force");
    assert_int_equal(cli_case_run(c, "help nothing"), 2);
}

static void help_fits_80_columns(void **state)
{
    struct cli_case *c = *state;
    static const char *const lines[] = {"help", "help migrate", "help guest create",
                                        "help migration watch", "help trash purge"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(cli_case_run(c, lines[i]), 0);
        for (const char *line = c->out; *line; line += strcspn(line, "\n") + 1)
            assert_in_range(strcspn(line, "\n"), 0, 79);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_case_setup, cli_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(host_list_is_a_table),
        TEST(host_show_is_a_list_of_facts),
        TEST(guest_list_is_a_table),
        TEST(guest_show_is_a_list_of_facts),
        TEST(migration_list_passes_its_filters_on),
        TEST(migration_show_tells_times_and_reason),
        TEST(version_tells_both),
        TEST(json_is_the_reply_with_its_defaults),
        TEST(help_lists_every_verb),
        TEST(help_fits_80_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
