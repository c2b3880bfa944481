/* The beat's bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "beat/beat.h"

static struct lab_beat sample(void)
{
    return (struct lab_beat){.boot_id = {1, 2, 3, [15] = 16},
                             .sequence = 0x0102030405060708,
                             .guest_ns = 2,
                             .memory_passes = 3,
                             .memory_checks = 4,
                             .memory_errors = 5,
                             .disk_writes = 6,
                             .disk_checks = 7,
                             .disk_errors = 8,
                             .disk_sequence = 9,
                             .disk_found = LAB_DISK_NOT_SCANNED};
}

static void beat_survives_the_wire(void **state)
{
    struct lab_beat sent = sample(), got = {0};
    uint8_t bytes[LAB_BEAT_BYTES];

    (void)state;
    lab_beat_encode(&sent, bytes);
    assert_int_equal(lab_beat_decode(bytes, sizeof bytes, &got), 0);
    assert_memory_equal(&sent, &got, sizeof sent);
}

static void numbers_are_little_endian(void **state)
{
    struct lab_beat sent = sample();
    uint8_t bytes[LAB_BEAT_BYTES];

    (void)state;
    lab_beat_encode(&sent, bytes);
    assert_int_equal(bytes[8 + LAB_BOOT_ID_BYTES], 0x08);
}

static void other_packets_are_refused(void **state)
{
    struct lab_beat sent = sample(), got = {0};
    uint8_t bytes[LAB_BEAT_BYTES + 1] = {0};

    (void)state;
    lab_beat_encode(&sent, bytes);
    assert_int_equal(lab_beat_decode(bytes, LAB_BEAT_BYTES - 1, &got), -1);
    assert_int_equal(lab_beat_decode(bytes, LAB_BEAT_BYTES + 1, &got), -1);
    bytes[0] ^= 1;
    assert_int_equal(lab_beat_decode(bytes, LAB_BEAT_BYTES, &got), -1);
    assert_int_equal(got.sequence, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beat_survives_the_wire),
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(other_packets_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
