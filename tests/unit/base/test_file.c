#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "support/test.h"
#include "support/tmp_folder.h"

static int make_folder(void **state)
{
    *state = tmp_folder_make();
    return 0;
}

static int remove_folder(void **state)
{
    tmp_folder_remove(*state);
    return 0;
}

static char *in(void **state, const char *name)
{
    return gw_strf("%s/%s", (const char *)*state, name);
}

static void replacing_makes_and_then_changes_a_file(void **state)
{
    GW_AUTO_FREE char *path = in(state, "f");
    struct gw_error err = {0};
    const char *const texts[] = {"a longer first text", "short"};
    for (size_t i = 0; i < GW_ARRAY_LEN(texts); i++) {
        assert_int_equal(gw_file_replace(path, texts[i], strlen(texts[i]), &err), 0);
        size_t len = 0;
        GW_AUTO_FREE char *text = gw_file_read(path, 100, &len, &err);
        assert_string_equal(text, texts[i]);
        assert_int_equal(len, strlen(texts[i]));
    }
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void replacing_leaves_nothing_beside_the_file(void **state)
{
    GW_AUTO_FREE char *path = in(state, "f");
    GW_AUTO_FREE char *beside = in(state, "f.new");
    assert_int_equal(gw_file_replace(path, "x", 1, NULL), 0);
    assert_int_equal(access(beside, F_OK), -1);
}

static void a_failed_replace_keeps_the_old_and_leaves_nothing(void **state)
{
    GW_AUTO_FREE char *path = in(state, "d");
    GW_AUTO_FREE char *inside = in(state, "d/kept");
    GW_AUTO_FREE char *beside = in(state, "d.new");
    struct gw_error err = {0};
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(gw_file_replace(inside, "x", 1, &err), 0);
    assert_int_equal(gw_file_replace(path, "y", 1, &err), -1);
    assert_error(&err, GW_FAILED_PRECONDITION, path);
    assert_int_equal(access(inside, F_OK), 0);
    assert_int_equal(access(beside, F_OK), -1);
}

static void a_file_of_the_limit_is_read_and_one_byte_more_is_not(void **state)
{
    GW_AUTO_FREE char *path = in(state, "f");
    struct gw_error err = {0};
    assert_int_equal(gw_file_replace(path, "12345", 5, &err), 0);
    GW_AUTO_FREE char *fits = gw_file_read(path, 5, NULL, &err);
    assert_string_equal(fits, "12345");
    assert_null(gw_file_read(path, 4, NULL, &err));
    assert_error(&err, GW_RESOURCE_EXHAUSTED, "larger than the limit of 4 bytes");
}

static void reading_what_is_not_there_says_so(void **state)
{
    GW_AUTO_FREE char *path = in(state, "none");
    struct gw_error err = {0};
    assert_null(gw_file_read(path, 10, NULL, &err));
    assert_error(&err, GW_NOT_FOUND, path);
    assert_int_equal(err.sys_errno, ENOENT);
    assert_null(gw_file_read(*state, 10, NULL, &err));
    assert_error_code(&err, GW_FAILED_PRECONDITION);
}

static void folders_are_made_with_their_parents(void **state)
{
    GW_AUTO_FREE char *path = in(state, "a/b/c");
    struct gw_error err = {0};
    assert_int_equal(gw_dir_make(path, &err), 0);
    assert_int_equal(gw_dir_make(path, &err), 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_file_in_the_way_of_a_folder_is_an_error(void **state)
{
    GW_AUTO_FREE char *file = in(state, "f");
    GW_AUTO_FREE char *below = in(state, "f/x");
    struct gw_error err = {0};
    assert_int_equal(gw_file_replace(file, "", 0, &err), 0);
    assert_int_equal(gw_dir_make(file, &err), -1);
    assert_error(&err, GW_FAILED_PRECONDITION, "is not a folder");
    assert_int_equal(gw_dir_make(below, &err), -1);
    assert_error(&err, GW_FAILED_PRECONDITION, below);
}

static void a_folder_without_a_name_is_refused(void **state)
{
    (void)state;
    struct gw_error err = {0};
    assert_int_equal(gw_dir_make("", &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, "path is empty");
}

static void a_second_holder_of_a_lock_is_refused_with_the_first_ones_pid(void **state)
{
    GW_AUTO_FREE char *path = in(state, "x.lock");
    GW_AUTO_FREE char *pid = gw_strf("(pid %d)", (int)getpid());
    struct gw_error err = {0};
    GW_AUTO_FD int fd = -1;
    assert_int_equal(gw_file_lock(path, &fd, &err), 0);
    int second = -1;
    assert_int_equal(gw_file_lock(path, &second, &err), -1);
    assert_error(&err, GW_ALREADY_EXISTS, path);
    assert_contains(err.message, pid);
    assert_int_equal(second, -1);
}

static void a_lock_ends_with_its_descriptor(void **state)
{
    GW_AUTO_FREE char *path = in(state, "x.lock");
    int fd = -1;
    assert_int_equal(gw_file_lock(path, &fd, NULL), 0);
    close(fd);
    GW_AUTO_FD int second = -1;
    assert_int_equal(gw_file_lock(path, &second, NULL), 0);
    assert_true(fcntl(second, F_GETFD) & FD_CLOEXEC);
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(replacing_makes_and_then_changes_a_file),
        with_folder(replacing_leaves_nothing_beside_the_file),
        with_folder(a_failed_replace_keeps_the_old_and_leaves_nothing),
        with_folder(a_file_of_the_limit_is_read_and_one_byte_more_is_not),
        with_folder(reading_what_is_not_there_says_so),
        with_folder(folders_are_made_with_their_parents),
        with_folder(a_file_in_the_way_of_a_folder_is_an_error),
        cmocka_unit_test(a_folder_without_a_name_is_refused),
        with_folder(a_second_holder_of_a_lock_is_refused_with_the_first_ones_pid),
        with_folder(a_lock_ends_with_its_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
