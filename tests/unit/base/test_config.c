#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "sample_config.h"
#include "support/test.h"
#include "support/tmp_folder.h"

static void every_type_is_read(void **state)
{
    (void)state;
    struct sample s = {0};
    struct gw_error err = {0};
    assert_int_equal(sample_parse("# a comment = nothing\n"
                                  "\n"
                                  "folder=/var/lib/x\n"
                                  "  greeting =  good = day  \r\n"
                                  "host\t=\tweb-1\n"
                                  "limit = 100\n"
                                  "is_on = true\n"
                                  "pool = a:local:/a\n"
                                  "pool = b:shared:/b",
                                  &s, &err),
                     0);
    assert_string_equal(s.folder, "/var/lib/x");
    assert_string_equal(s.greeting, "good = day");
    assert_string_equal(s.host, "web-1");
    assert_int_equal(s.limit, 100);
    assert_true(s.is_on);
    assert_int_equal(s.pools.n_items, 2);
    assert_string_equal(s.pools.items[0], "a:local:/a");
    assert_string_equal(s.pools.items[1], "b:shared:/b");
    sample_fini(&s);
}

static void keys_left_out_have_their_defaults(void **state)
{
    (void)state;
    struct sample s = {0};
    struct gw_error err = {0};
    assert_int_equal(sample_parse("folder = /x\n", &s, &err), 0);
    assert_string_equal(s.greeting, "hello there");
    assert_string_equal(s.host, "h1");
    assert_int_equal(s.limit, 10);
    assert_false(s.is_on);
    assert_int_equal(s.pools.n_items, 0);
    sample_fini(&s);
}

static void each_bad_line_is_refused_with_its_number_and_key(void **state)
{
    (void)state;
    const struct {
        const char *line;
        const char *message;
    } rows[] = {
        {"nonsense", "sample.conf:2: expected 'key = value', not \"nonsense\""},
        {"= 5", "sample.conf:2: unknown key \"\""},
        {"colour = red", "sample.conf:2: unknown key \"colour\"; --dump-config"},
        {"Folder = /x", "sample.conf:2: unknown key \"Folder\""},
        {"folder = /y", "sample.conf:2: key folder stands twice"},
        {"limit = 0", "key limit must be a whole number from 1 to 100, not \"0\""},
        {"limit = 101", "key limit must be a whole number from 1 to 100, not \"101\""},
        {"limit = -1", "key limit must be"},
        {"limit = +5", "key limit must be"},
        {"limit = 5x", "key limit must be"},
        {"limit = 0x5", "key limit must be"},
        {"limit =", "key limit must be a whole number from 1 to 100, not \"\""},
        {"limit = 99999999999999999999999", "key limit must be"},
        {"is_on = yes", "key is_on must be true or false, not \"yes\""},
        {"is_on = TRUE", "key is_on must be"},
        {"host = a/b", "key host must be a letter, then letters"},
        {"host = ..", "key host must be"},
        {"host =", "key host must be"},
        {"greeting = a\x01z", "key greeting must be UTF-8 text without control characters"},
        {"pool = a\x7f", "key pool must be UTF-8 text without control characters, not \"a?\""},
        {"greeting = caf\xe9", "key greeting must be UTF-8 text"},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(rows); i++) {
        struct sample s = {0};
        struct gw_error err = {0};
        GW_AUTO_FREE char *text = gw_strf("folder = /x\n%s\n", rows[i].line);
        assert_int_equal(sample_parse(text, &s, &err), -1);
        assert_error(&err, GW_INVALID_ARGUMENT, rows[i].message);
        assert_contains(err.message, "sample.conf:2: ");
        sample_fini(&s);
    }
}

static void a_relative_path_is_refused(void **state)
{
    (void)state;
    struct sample s = {0};
    struct gw_error err = {0};
    assert_int_equal(sample_parse("folder = var/x\n", &s, &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT,
                 "sample.conf:1: key folder must be an absolute path in UTF-8, not \"var/x\"");
    sample_fini(&s);
}

static void a_missing_required_key_is_named(void **state)
{
    (void)state;
    struct sample s = {0};
    struct gw_error err = {0};
    assert_int_equal(sample_parse("limit = 5\n", &s, &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, "sample.conf: key folder is missing");
    sample_fini(&s);
}

static int parse_with_pools(int n_pools, struct sample *s, struct gw_error *err)
{
    GW_AUTO_STR text;
    gw_str_init(&text, GW_CONFIG_FILE_MAX);
    gw_str_append(&text, "folder = /x\n");
    for (int i = 0; i < n_pools; i++)
        gw_str_appendf(&text, "pool = p%d\n", i);
    return sample_parse(gw_str_text(&text), s, err);
}

static void a_list_of_the_limit_fits_and_one_more_does_not(void **state)
{
    (void)state;
    struct sample s = {0};
    struct gw_error err = {0};
    assert_int_equal(parse_with_pools(GW_CONFIG_LIST_MAX, &s, &err), 0);
    assert_int_equal(s.pools.n_items, GW_CONFIG_LIST_MAX);
    sample_fini(&s);
    assert_int_equal(parse_with_pools(GW_CONFIG_LIST_MAX + 1, &s, &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, "key pool stands on more than 64 lines");
    sample_fini(&s);
}

static int load(const char *folder, const void *data, size_t len, struct gw_error *err)
{
    GW_AUTO_FREE char *path = gw_strf("%s/sample.conf", folder);
    assert_int_equal(gw_file_replace(path, data, len, err), 0);
    struct sample s = {0};
    int result = gw_config_load(sample_keys, GW_ARRAY_LEN(sample_keys), path, &s, err);
    sample_fini(&s);
    return result;
}

static void a_file_is_read_up_to_its_limit(void **state)
{
    (void)state;
    char *folder = tmp_folder_make();
    GW_AUTO_FREE char *text = malloc(GW_CONFIG_FILE_MAX + 1);
    assert_non_null(text);
    memset(text, '\n', GW_CONFIG_FILE_MAX + 1);
    memcpy(text, "folder = /x\n", 12);
    struct gw_error err = {0};
    assert_int_equal(load(folder, text, GW_CONFIG_FILE_MAX, &err), 0);
    assert_int_equal(load(folder, text, GW_CONFIG_FILE_MAX + 1, &err), -1);
    assert_error(&err, GW_RESOURCE_EXHAUSTED, "larger than the limit of 65536 bytes");
    tmp_folder_remove(folder);
}

static void a_file_with_a_nul_byte_is_refused(void **state)
{
    (void)state;
    char *folder = tmp_folder_make();
    struct gw_error err = {0};
    assert_int_equal(load(folder, "folder = /x\n\0limit = 5\n", 23, &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, "holds a NUL byte");
    tmp_folder_remove(folder);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct sample s = {0};
    struct gw_error err = {0};
    assert_int_equal(
        gw_config_load(sample_keys, GW_ARRAY_LEN(sample_keys), "/nowhere/x.conf", &s, &err), -1);
    assert_error(&err, GW_NOT_FOUND, "/nowhere/x.conf");
    sample_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(keys_left_out_have_their_defaults),
        cmocka_unit_test(each_bad_line_is_refused_with_its_number_and_key),
        cmocka_unit_test(a_relative_path_is_refused),
        cmocka_unit_test(a_missing_required_key_is_named),
        cmocka_unit_test(a_list_of_the_limit_fits_and_one_more_does_not),
        cmocka_unit_test(a_file_is_read_up_to_its_limit),
        cmocka_unit_test(a_file_with_a_nul_byte_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
