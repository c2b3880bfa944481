#include "support/test.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/spec_file.h"
#include "support/tmp_folder.h"
#include "wire/json.h"

static Godwit__V1__GuestSpec *
read_text(const char *text, size_t len, char **out_path, struct gw_error *err)
{
    char *folder = tmp_folder_make();
    char *path = gw_strf("%s/spec.json", folder);
    struct gw_error write_err = {0};
    gw_error_clear(err);
    assert_int_equal(gw_file_replace(path, text, len, &write_err), 0);
    Godwit__V1__GuestSpec *spec = cli_spec_file_read(path, err);
    tmp_folder_remove(folder);
    if (out_path)
        *out_path = path;
    else
        free(path);
    return spec;
}

static void sizes_may_be_numbers_or_strings(void **state)
{
    (void)state;
    static const char text[] =
        "{\"name\": \"g1\", \"memoryBytes\": 536879104,"
        " \"disks\": [{\"name\": \"root\", \"pool\": \"data\", \"sizeBytes\": \"1073741824\"}]}";
    struct gw_error err;
    Godwit__V1__GuestSpec *spec = read_text(text, sizeof text - 1, NULL, &err);
    assert_non_null(spec);
    assert_true(spec->memory_bytes == 536879104);
    assert_true(spec->disks[0]->size_bytes == 1073741824);
    godwit__v1__guest_spec__free_unpacked(spec, NULL);
}

static void an_error_names_file_and_field(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        {"{\"name\": \"g1\", \"memry\": 1}", "memry"},
        {"{\"name\": \"g1\", \"name\": \"g2\"}", "name"},
        {"{\"disks\": [{}, {\"sizeBytes\": -1}]}", "disks[1].sizeBytes"},
        {"{\"vcpus\": \"many\"}", "vcpus"},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(rows); i++) {
        struct gw_error err;
        char *path = NULL;
        assert_null(read_text(rows[i].text, strlen(rows[i].text), &path, &err));
        assert_error(&err, GW_INVALID_ARGUMENT, rows[i].said);
        assert_contains(err.message, path);
        free(path);
    }
}

static void text_that_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "[]", "{", "{} {}", "null", "name: g1"};
    for (size_t i = 0; i < GW_ARRAY_LEN(rows); i++) {
        struct gw_error err;
        assert_null(read_text(rows[i], strlen(rows[i]), NULL, &err));
        assert_error(&err, GW_INVALID_ARGUMENT, "spec.json: ");
    }
}

static void a_file_at_the_limit_is_read_and_one_past_it_is_not(void **state)
{
    (void)state;
    struct gw_error err;
    char *text = malloc(GW_JSON_TEXT_MAX_BYTES + 1);
    assert_non_null(text);
    memset(text, ' ', GW_JSON_TEXT_MAX_BYTES + 1);
    memcpy(text, "{}", 2);
    Godwit__V1__GuestSpec *spec = read_text(text, GW_JSON_TEXT_MAX_BYTES, NULL, &err);
    assert_non_null(spec);
    godwit__v1__guest_spec__free_unpacked(spec, NULL);
    assert_null(read_text(text, GW_JSON_TEXT_MAX_BYTES + 1, NULL, &err));
    assert_error(&err, GW_INVALID_ARGUMENT, "larger than the limit of 1048576 bytes");
    free(text);
}

static void a_missing_file_is_not_found(void **state)
{
    (void)state;
    struct gw_error err = {0};
    assert_null(cli_spec_file_read("/nonexistent/spec.json", &err));
    assert_error(&err, GW_NOT_FOUND, "/nonexistent/spec.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_may_be_numbers_or_strings),
        cmocka_unit_test(an_error_names_file_and_field),
        cmocka_unit_test(text_that_is_no_json_is_refused),
        cmocka_unit_test(a_file_at_the_limit_is_read_and_one_past_it_is_not),
        cmocka_unit_test(a_missing_file_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
