/* The arguments of QEMU commands, as JSON. */
#include <json-c/json.h>
#include <stdlib.h>

#include "services/source/commands.h"
#include "support/test.h"

static const struct src_attempt sample = {.guest_uuid = "11111111-2222-4333-8444-555555555555",
                                          .migration_id = "7f3a9c51-0000-4000-8000-000000000001",
                                          .attempt = 4294967295U,
                                          .epoch = 1};

static void expect(json_object *got, const char *wanted)
{
    json_object *parsed = json_tokener_parse(wanted);

    assert_non_null(parsed);
    if (!json_object_equal(got, parsed))
        fail_msg("%s is not %s", json_object_to_json_string(got), wanted);
    json_object_put(parsed);
    json_object_put(got);
}

static void names_fit_qemus_limits_at_their_longest(void **state)
{
    char job[SRC_JOB_ID_MAX + 1];
    char node[SRC_NODE_NAME_MAX + 1];
    struct src_attempt longest = sample;

    (void)state;
    memset(longest.migration_id, 'm', GW_NAME_MAX);
    src_job_id(job, &longest, "abcdefghijklmnopqrstuvwxyz");
    assert_int_equal(strlen(job), SRC_JOB_ID_MAX);
    src_nbd_node_name(node, &longest, 31);
    assert_string_equal(node, "gwn-mmmmmmmm-4294967295-31");
    assert_true(strlen(node) <= SRC_NODE_NAME_MAX);
}

static void attempts_get_nodes_of_their_own(void **state)
{
    char one[SRC_NODE_NAME_MAX + 1];
    char other[SRC_NODE_NAME_MAX + 1];
    struct src_attempt next = sample;

    (void)state;
    next.attempt--;
    src_nbd_node_name(one, &sample, 0);
    src_nbd_node_name(other, &next, 0);
    assert_string_not_equal(one, other);
}

static void an_nbd_node_gives_up_connecting(void **state)
{
    (void)state;
    expect(src_args_nbd_node("n", "10.90.2.12", 7001, "d0"),
           "{\"driver\":\"nbd\",\"node-name\":\"n\",\"server\":{\"type\":\"inet\",\"host\":"
           "\"10.90.2.12\",\"port\":\"7001\"},\"export\":\"d0\",\"open-timeout\":5,"
           "\"discard\":\"unmap\"}");
}

static void a_mirror_stays_to_be_asked_how_it_ended(void **state)
{
    const struct src_mirror mirror = {
        .job_id = "j", .node = "disk-d0", .target = "n", .speed_bps = 1000};

    (void)state;
    expect(src_args_mirror(&mirror),
           "{\"job-id\":\"j\",\"device\":\"disk-d0\",\"target\":\"n\",\"sync\":\"full\","
           "\"copy-mode\":\"background\",\"on-source-error\":\"report\","
           "\"on-target-error\":\"report\",\"speed\":1000,\"auto-dismiss\":false}");
}

static void only_offered_capabilities_are_set(void **state)
{
    const char *missing = "?";
    json_object *offered = json_tokener_parse("[{\"capability\":\"return-path\"},"
                                              "{\"capability\":\"events\"},"
                                              "{\"capability\":\"late-block-activate\"},"
                                              "{\"capability\":\"pause-before-switchover\"},"
                                              "{\"capability\":\"xbzrle\"}]");

    (void)state;
    expect(src_args_capabilities(offered, &missing),
           "{\"capabilities\":[{\"capability\":\"return-path\",\"state\":true},"
           "{\"capability\":\"pause-before-switchover\",\"state\":true},"
           "{\"capability\":\"events\",\"state\":true},"
           "{\"capability\":\"late-block-activate\",\"state\":true}]}");
    assert_null(missing);
    json_object_put(offered);
}

static void a_needed_capability_that_is_missing_is_named(void **state)
{
    const char *missing = NULL;
    json_object *offered = json_tokener_parse("[{\"capability\":\"return-path\"}]");

    (void)state;
    json_object_put(src_args_capabilities(offered, &missing));
    assert_string_equal(missing, "pause-before-switchover");
    json_object_put(src_args_capabilities(NULL, &missing));
    assert_string_equal(missing, "return-path");
    json_object_put(offered);
}

static void both_limits_are_always_set(void **state)
{
    (void)state;
    expect(src_args_parameters(0, 0),
           "{\"max-bandwidth\":1125899906842624,\"downtime-limit\":300}");
    expect(src_args_parameters(5000, 40), "{\"max-bandwidth\":5000,\"downtime-limit\":40}");
}

static void each_connection_is_yanked_by_itself(void **state)
{
    (void)state;
    expect(src_args_yank_migration(), "{\"instances\":[{\"type\":\"migration\"}]}");
    expect(src_args_yank_node("n"),
           "{\"instances\":[{\"type\":\"block-node\",\"node-name\":\"n\"}]}");
}

static void rubbish_reads_as_nothing(void **state)
{
    json_object *rubbish = json_tokener_parse("[1]");
    json_object *number = json_tokener_parse("{\"a\":1,\"b\":\"x\"}");

    (void)state;
    assert_null(src_json_text(NULL, "a"));
    assert_null(src_json_text(rubbish, "a"));
    assert_null(src_json_text(number, "a"));
    assert_int_equal(src_json_u64(NULL, "a"), 0);
    assert_int_equal(src_json_u64(rubbish, "a"), 0);
    assert_int_equal(src_json_u64(number, "b"), 0);
    assert_int_equal(src_json_u64(number, "a"), 1);
    json_object_put(rubbish);
    json_object_put(number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_fit_qemus_limits_at_their_longest),
        cmocka_unit_test(attempts_get_nodes_of_their_own),
        cmocka_unit_test(an_nbd_node_gives_up_connecting),
        cmocka_unit_test(a_mirror_stays_to_be_asked_how_it_ended),
        cmocka_unit_test(only_offered_capabilities_are_set),
        cmocka_unit_test(a_needed_capability_that_is_missing_is_named),
        cmocka_unit_test(both_limits_are_always_set),
        cmocka_unit_test(each_connection_is_yanked_by_itself),
        cmocka_unit_test(rubbish_reads_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
