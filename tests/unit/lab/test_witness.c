/* The witness's settings and patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "witness/witness.h"

static void settings_come_from_the_kernel_command_line(void **state)
{
    struct wit_settings settings;

    (void)state;
    assert_int_equal(wit_settings_parse("console=ttyS0 witness.memory=3M witness.rate=2K "
                                        "witness.still=0 witness.disk=/dev/vdb witness.tcp=99 "
                                        "witness.peer=192.0.2.7:1234 witness.disk_rate=5 quiet\n",
                                        &settings),
                     0);
    assert_int_equal(settings.memory_bytes, 3 << 20);
    assert_int_equal(settings.memory_rate, 2048);
    assert_int_equal(settings.still_bytes, 0);
    assert_int_equal(settings.disk_rate, 5);
    assert_int_equal(settings.tcp_port, 99);
    assert_string_equal(settings.disk, "/dev/vdb");
    assert_int_equal(settings.peer.sin_port, htons(1234));
    assert_int_equal(settings.peer.sin_addr.s_addr, inet_addr("192.0.2.7"));
}

static void without_words_the_defaults_hold(void **state)
{
    struct wit_settings settings;

    (void)state;
    assert_int_equal(wit_settings_parse("quiet", &settings), 0);
    assert_string_equal(settings.disk, "/dev/vda");
    assert_int_not_equal(settings.memory_bytes, 0);
}

static void words_that_make_no_sense_are_refused(void **state)
{
    static const char *const words[] = {
        "witness.memory=",       "witness.memory=1X",     "witness.memory",
        "witness.colour=red",    "witness.tcp=65536",     "witness.disk_rate=0",
        "witness.stripes=0",     "witness.stripes=1025",  "witness.peer=1.2.3.4",
        "witness.peer=1.2.3:80", "witness.peer=1.2.3.4:0"};
    struct wit_settings settings;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_int_equal(wit_settings_parse(words[i], &settings), -1);
}

static void pattern_is_recognised_and_no_other(void **state)
{
    uint64_t words[64];

    (void)state;
    wit_pattern_fill(words, 64, 7);
    assert_true(wit_pattern_is(words, 64, 7));
    assert_false(wit_pattern_is(words, 64, 8));
    words[63] ^= 1u << 20;
    assert_false(wit_pattern_is(words, 64, 7));
}

static void patterns_of_neighbours_share_no_word(void **state)
{
    uint64_t here[512], there[512];

    (void)state;
    wit_pattern_fill(here, 512, 1000);
    wit_pattern_fill(there, 512, 1001);
    for (int i = 0; i < 512; i++)
        assert_int_not_equal(here[i], there[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_come_from_the_kernel_command_line),
        cmocka_unit_test(without_words_the_defaults_hold),
        cmocka_unit_test(words_that_make_no_sense_are_refused),
        cmocka_unit_test(pattern_is_recognised_and_no_other),
        cmocka_unit_test(patterns_of_neighbours_share_no_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
