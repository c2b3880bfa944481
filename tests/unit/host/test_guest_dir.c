/* A guest's folder: made, listed, kept and removed; and the host's identity beside it. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "host/guest_dir.h"
#include "tests/unit/host/host_fixture.h"

static int setup(void **state)
{
    *state = host_fixture_new();
    return 0;
}

static int teardown(void **state)
{
    host_fixture_free(*state);
    return 0;
}

static void the_host_id_is_made_once(void **state)
{
    struct host_fixture *f = *state;
    struct gw_host again;
    struct gw_error err = {0};
    assert_true(gw_uuid_is_valid(f->host.id));
    assert_int_equal(gw_host_init(&again, &f->settings, &err), 0);
    assert_string_equal(again.id, f->host.id);
    assert_string_equal(again.boot_id, f->host.boot_id);
}

static void a_spoilt_host_id_is_refused(void **state)
{
    struct host_fixture *f = *state;
    struct gw_host again;
    struct gw_error err = {0};
    char *path = host_fixture_path(f, "host/host-id");
    assert_int_equal(gw_file_replace(path, "h1\n", 3, &err), 0);
    assert_int_equal(gw_host_init(&again, &f->settings, &err), -1);
    assert_error(&err, GW_DATA_LOSS, path);
    free(path);
}

static void guests_are_listed_in_order(void **state)
{
    struct host_fixture *f = *state;
    struct gw_uuid_list list;
    char *rubbish = host_fixture_path(f, "host/guests/lost+found");
    assert_int_equal(gw_dir_make(rubbish, NULL), 0);
    free(rubbish);
    assert_int_equal(gw_guest_dir_make(&f->host, "22222222-2222-4333-8444-555555555555", NULL), 0);
    assert_int_equal(gw_guest_dir_make(&f->host, FIXTURE_UUID, NULL), 0);
    assert_int_equal(gw_guest_dir_make(&f->host, FIXTURE_UUID, NULL), 0);
    assert_int_equal(gw_guest_dir_list(&f->host, &list, NULL), 0);
    assert_int_equal(list.n_items, 2);
    assert_string_equal(list.items[0], FIXTURE_UUID);
    gw_uuid_list_fini(&list);
}

static void a_spec_is_kept_and_found_again(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_guest_spec *spec = host_fixture_spec();
    assert_int_equal(gw_guest_dir_make(&f->host, spec->uuid, &err), 0);
    assert_int_equal(gw_guest_dir_save_spec(&f->host, spec, &err), 0);
    struct gw_guest_spec *again = gw_guest_dir_load_spec(&f->host, spec->uuid, &err);
    assert_non_null(again);
    assert_memory_equal(spec, again, sizeof *spec);
    free(again);
    free(spec);
}

static void an_unknown_guest_is_not_found(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    assert_null(gw_guest_dir_load_spec(&f->host, FIXTURE_UUID, &err));
    assert_error(&err, GW_NOT_FOUND, FIXTURE_UUID);
    assert_string_equal(err.reason, "GUEST_NOT_FOUND");
}

static void a_name_that_is_no_uuid_makes_no_path(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    assert_null(gw_guest_dir_path(&f->host, "../../etc", NULL));
    assert_int_equal(gw_guest_dir_make(&f->host, "../../etc", &err), -1);
    assert_error_code(&err, GW_INVALID_ARGUMENT);
}

static void removing_takes_the_folder_and_can_be_repeated(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct stat st;
    struct gw_guest_spec *spec = host_fixture_spec();
    assert_int_equal(gw_guest_dir_make(&f->host, spec->uuid, &err), 0);
    assert_int_equal(gw_guest_dir_save_spec(&f->host, spec, &err), 0);
    assert_int_equal(gw_guest_dir_remove(&f->host, spec->uuid, &err), 0);
    assert_int_equal(gw_guest_dir_remove(&f->host, spec->uuid, &err), 0);
    char *path = gw_guest_dir_path(&f->host, spec->uuid, NULL);
    assert_int_equal(stat(path, &st), -1);
    free(path);
    free(spec);
}

static void the_end_of_qemus_log_is_quoted(void **state)
{
    struct host_fixture *f = *state;
    char words[32];
    assert_int_equal(gw_guest_dir_make(&f->host, FIXTURE_UUID, NULL), 0);
    gw_guest_dir_qemu_words(&f->host, FIXTURE_UUID, words, sizeof words);
    assert_string_equal(words, "");
    char *path = gw_guest_dir_path(&f->host, FIXTURE_UUID, GW_GUEST_QEMU_LOG);
    const char text[] = "much was said before this\nfirst line\nlast\x1bline\n";
    assert_int_equal(gw_file_replace(path, text, sizeof text - 1, NULL), 0);
    free(path);
    gw_guest_dir_qemu_words(&f->host, FIXTURE_UUID, words, sizeof words);
    assert_contains(words, "first line last line");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_host_id_is_made_once),
        CASE(a_spoilt_host_id_is_refused),
        CASE(guests_are_listed_in_order),
        CASE(a_spec_is_kept_and_found_again),
        CASE(an_unknown_guest_is_not_found),
        CASE(a_name_that_is_no_uuid_makes_no_path),
        CASE(removing_takes_the_folder_and_can_be_repeated),
        CASE(the_end_of_qemus_log_is_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
