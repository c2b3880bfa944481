#include "base/id.h"

#include "support/test.h"

static void count_up(void *arg, void *buf, size_t len)
{
    uint8_t *next = arg;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)buf)[i] = (*next)++;
}

static void a_uuid_is_version_4_of_the_given_bytes(void **state)
{
    (void)state;
    uint8_t next = 0;
    const struct gw_random random = {.fill = count_up, .arg = &next};
    char uuid[GW_UUID_LEN + 1];
    gw_uuid_make(&random, uuid);
    assert_string_equal(uuid, "00010203-0405-4607-8809-0a0b0c0d0e0f");
    assert_true(gw_uuid_is_valid(uuid));
}

static void two_uuids_of_the_system_differ(void **state)
{
    (void)state;
    char one[GW_UUID_LEN + 1];
    char two[GW_UUID_LEN + 1];
    gw_uuid_make(gw_random_system(), one);
    gw_uuid_make(gw_random_system(), two);
    assert_true(gw_uuid_is_valid(one));
    assert_string_not_equal(one, two);
}

static void hex_has_the_asked_length(void **state)
{
    (void)state;
    uint8_t next = 0x0e;
    const struct gw_random random = {.fill = count_up, .arg = &next};
    char hex[8] = "zzzzzzz";
    gw_hex_make(&random, hex, 3);
    assert_string_equal(hex, "ef0");
    gw_hex_make(&random, hex, 0);
    assert_string_equal(hex, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uuid_is_version_4_of_the_given_bytes),
        cmocka_unit_test(two_uuids_of_the_system_differ),
        cmocka_unit_test(hex_has_the_asked_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
