#include "support/test.h"

#include <godwit/v1/guest.pb-c.h>

#include "cli/human.h"

static char buf[CLI_HUMAN_MAX];

static void sizes_keep_three_figures(void **state)
{
    (void)state;
    assert_string_equal(cli_human_bytes(buf, 0), "0 B");
    assert_string_equal(cli_human_bytes(buf, 1023), "1023 B");
    assert_string_equal(cli_human_bytes(buf, 1024), "1.0 KiB");
    assert_string_equal(cli_human_bytes(buf, 1536), "1.5 KiB");
    assert_string_equal(cli_human_bytes(buf, 512ULL << 20), "512 MiB");
    assert_string_equal(cli_human_bytes(buf, (1ULL << 20) - 1), "1.0 MiB");
    assert_string_equal(cli_human_bytes(buf, 64ULL << 40), "64.0 TiB");
    assert_string_equal(cli_human_bytes(buf, UINT64_MAX), "16.0 EiB");
    assert_string_equal(cli_human_rate(buf, 118ULL << 20), "118 MiB/s");
}

static void durations_go_from_microseconds_to_hours(void **state)
{
    (void)state;
    assert_string_equal(cli_human_us(buf, 0), "0.0 ms");
    assert_string_equal(cli_human_us(buf, 400), "0.4 ms");
    assert_string_equal(cli_human_us(buf, 142000), "142 ms");
    assert_string_equal(cli_human_us(buf, 1820000), "1.82 s");
    assert_string_equal(cli_human_us(buf, 192ULL * 1000000), "3m12s");
    assert_string_equal(cli_human_us(buf, 7500ULL * 1000000), "2h05m");
    assert_true(strlen(cli_human_us(buf, UINT64_MAX)) < CLI_HUMAN_MAX);
}

static void ages_are_never_negative(void **state)
{
    (void)state;
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    at.seconds = 1000;
    assert_string_equal(cli_human_age(buf, NULL, 1000), "-");
    assert_string_equal(cli_human_age(buf, &at, 900), "0s");
    assert_string_equal(cli_human_age(buf, &at, 1012), "12s");
    assert_string_equal(cli_human_age(buf, &at, 1000 + 180), "3m");
    assert_string_equal(cli_human_age(buf, &at, 1000 + 7200), "2h");
    assert_string_equal(cli_human_age(buf, &at, 1000 + 5 * 86400), "5d");
}

static void enums_are_words_without_their_prefix(void **state)
{
    (void)state;
    const ProtobufCEnumDescriptor *type = &godwit__v1__guest_state__descriptor;
    assert_string_equal(cli_human_enum(buf, type, 4), "running");
    assert_string_equal(cli_human_enum(buf, type, 0), "-");
    assert_string_equal(cli_human_enum(buf, type, 77), "value 77");
    assert_string_equal(cli_human_enum(buf, &godwit__v1__disk_format__descriptor, 2), "qcow2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_keep_three_figures),
        cmocka_unit_test(durations_go_from_microseconds_to_hours),
        cmocka_unit_test(ages_are_never_negative),
        cmocka_unit_test(enums_are_words_without_their_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
