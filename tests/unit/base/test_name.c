#include "base/name.h"

#include "base/scope.h"
#include "support/test.h"

static void fill(char *buf, size_t n)
{
    memset(buf, 'a', n);
    buf[n] = '\0';
}

static void names_that_are_fine(void **state)
{
    (void)state;
    const char *const names[] = {"a", "Web-1", "db_2", "h1", "x--__9"};
    for (size_t i = 0; i < GW_ARRAY_LEN(names); i++)
        assert_true(gw_name_is_valid(names[i], GW_NAME_MAX));
}

static void names_that_could_leave_a_folder_or_a_line_are_refused(void **state)
{
    (void)state;
    const char *const names[] = {"",    ".",    "..",          "a/b",   "/a",  "../a", "a.b",
                                 "a b", "a\nb", "a\x01",       "a\x7f", "1a",  "-a",   "_a",
                                 "a,b", "a=b",  "caf\xc3\xa9", "a\\b",  "a%s", "a;b",  "a\"b"};
    for (size_t i = 0; i < GW_ARRAY_LEN(names); i++)
        assert_false(gw_name_is_valid(names[i], GW_NAME_MAX));
    assert_false(gw_name_is_valid(NULL, GW_NAME_MAX));
}

static void a_name_of_the_limit_fits_and_one_longer_does_not(void **state)
{
    (void)state;
    char name[GW_NAME_MAX + 2];
    fill(name, GW_NAME_MAX);
    assert_true(gw_name_is_valid(name, GW_NAME_MAX));
    fill(name, GW_NAME_MAX + 1);
    assert_false(gw_name_is_valid(name, GW_NAME_MAX));
}

static void file_names_that_are_fine(void **state)
{
    (void)state;
    const char *const names[] = {"vmlinuz-6.1.0", "initrd.img", "_x", "1.qcow2", "a.b.c"};
    for (size_t i = 0; i < GW_ARRAY_LEN(names); i++)
        assert_true(gw_file_name_is_valid(names[i]));
}

static void file_names_that_could_leave_a_folder_are_refused(void **state)
{
    (void)state;
    const char *const names[] = {"",      ".",      "..",   ".hidden", "-rf", "a/b",
                                 "/abs",  "a/../b", "a..b", "a\nb",    "a b", "a,b",
                                 "a\x7f", "a:b",    "a\\b", "a%b",     "a*"};
    for (size_t i = 0; i < GW_ARRAY_LEN(names); i++)
        assert_false(gw_file_name_is_valid(names[i]));
    assert_false(gw_file_name_is_valid(NULL));
    char name[GW_FILE_NAME_MAX + 2];
    fill(name, GW_FILE_NAME_MAX);
    assert_true(gw_file_name_is_valid(name));
    fill(name, GW_FILE_NAME_MAX + 1);
    assert_false(gw_file_name_is_valid(name));
}

static void uuids_have_one_form(void **state)
{
    (void)state;
    assert_true(gw_uuid_is_valid("123e4567-e89b-42d3-a456-426614174000"));
    const char *const bad[] = {
        "",
        "123e4567-e89b-42d3-a456-42661417400",
        "123e4567-e89b-42d3-a456-4266141740000",
        "123E4567-e89b-42d3-a456-426614174000",
        "123e4567e-89b-42d3-a456-426614174000",
        "123e4567-e89b-42d3-a456-42661417400g",
        "123e4567-e89b-42d3-a456-42661417400/",
        "{23e4567-e89b-42d3-a456-426614174000",
        "123e456742e89b-42d3-a456-426614174000",
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++)
        assert_false(gw_uuid_is_valid(bad[i]));
    assert_false(gw_uuid_is_valid(NULL));
}

static void macs_are_unicast_and_complete(void **state)
{
    (void)state;
    assert_true(gw_mac_is_valid("52:54:00:12:34:56"));
    assert_true(gw_mac_is_valid("5E:54:00:AB:CD:EF"));
    const char *const bad[] = {
        "",
        "52:54:00:12:34",
        "52:54:00:12:34:5",
        "52:54:00:12:34:567",
        "52-54-00-12-34-56",
        "53:54:00:12:34:56",
        "ff:ff:ff:ff:ff:ff",
        "52:54:00:12:34:5g",
        "52:54:00:12:34,56",
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++)
        assert_false(gw_mac_is_valid(bad[i]));
    assert_false(gw_mac_is_valid(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_fine),
        cmocka_unit_test(names_that_could_leave_a_folder_or_a_line_are_refused),
        cmocka_unit_test(a_name_of_the_limit_fits_and_one_longer_does_not),
        cmocka_unit_test(file_names_that_are_fine),
        cmocka_unit_test(file_names_that_could_leave_a_folder_are_refused),
        cmocka_unit_test(uuids_have_one_form),
        cmocka_unit_test(macs_are_unicast_and_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
