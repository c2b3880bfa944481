/* Disk files: made once, never outside their pool. */
#include "tests/support/test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "host/disk.h"
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

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static void a_file_with_data_is_not_claimed(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    char *path = gw_disk_claim(&f->host, "data", "a.qcow2", FIXTURE_UUID, &err);
    assert_non_null(path);
    assert_true(is_there(path));
    free(gw_disk_claim(&f->host, "data", "a.qcow2", FIXTURE_UUID, &err));
    assert_false(gw_error_is_set(&err));
    assert_int_equal(gw_file_replace(path, "data", 4, &err), 0);
    assert_null(gw_disk_claim(&f->host, "data", "a.qcow2", FIXTURE_UUID, &err));
    assert_error(&err, GW_ALREADY_EXISTS, "a.qcow2");
    assert_string_equal(err.reason, "DISK_EXISTS");
    assert_int_equal(gw_disk_remove(&f->host, "data", "a.qcow2", &err), 0);
    assert_int_equal(gw_disk_remove(&f->host, "data", "a.qcow2", &err), 0);
    assert_false(is_there(path));
    free(path);
}

#define OTHER_UUID "22222222-2222-4333-8444-555555555555"

static void a_name_is_claimed_by_one_guest_alone(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    char *path = gw_disk_claim(&f->host, "data", "a.qcow2", FIXTURE_UUID, &err);
    assert_non_null(path);
    assert_null(gw_disk_claim(&f->host, "data", "a.qcow2", OTHER_UUID, &err));
    assert_string_equal(err.reason, "DISK_EXISTS");
    assert_int_equal(gw_disk_unclaim(&f->host, "data", "a.qcow2", OTHER_UUID, NULL), 0);
    assert_true(is_there(path));
    assert_int_equal(gw_disk_unclaim(&f->host, "data", "a.qcow2", FIXTURE_UUID, NULL), 0);
    assert_false(is_there(path));
    free(path);
}

static void a_file_that_is_no_claim_is_neither_taken_nor_removed(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    char *path = host_fixture_path(f, "pool/a.qcow2");
    assert_int_equal(gw_file_replace(path, "", 0, &err), 0);
    assert_null(gw_disk_claim(&f->host, "data", "a.qcow2", FIXTURE_UUID, &err));
    assert_string_equal(err.reason, "DISK_EXISTS");
    assert_int_equal(gw_disk_unclaim(&f->host, "data", "a.qcow2", FIXTURE_UUID, NULL), 0);
    assert_true(is_there(path));
    free(path);
}

/* A crash right after the link leaves a second name of what became a disk. */
static void a_draft_left_behind_does_no_harm(void **state)
{
    struct host_fixture *f = *state;
    char *path = gw_disk_claim(&f->host, "data", "a.qcow2", FIXTURE_UUID, NULL);
    char *draft = gw_strf("%s/pool/.godwit-claim-" FIXTURE_UUID "-%s", f->root, f->host.id);
    assert_int_equal(link(path, draft), 0);
    free(gw_disk_claim(&f->host, "data", "b.qcow2", FIXTURE_UUID, NULL));
    assert_false(is_there(draft));
    char *text = gw_file_read(path, 200, NULL, NULL);
    assert_contains(text, FIXTURE_UUID);
    free(text);
    free(draft);
    free(path);
}

static void names_that_leave_the_pool_are_refused(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    assert_null(gw_disk_claim(&f->host, "data", "../x", FIXTURE_UUID, &err));
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_null(gw_disk_find(&f->host, "data", "/etc/passwd", &err));
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_null(gw_disk_find(&f->host, "nowhere", "a", &err));
    assert_error_code(&err, GW_NOT_FOUND);
}

static void a_link_out_of_the_pool_is_refused(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    char *link_path = host_fixture_path(f, "pool/evil.qcow2");
    assert_int_equal(symlink("/etc/passwd", link_path), 0);
    assert_null(gw_disk_find(&f->host, "data", "evil.qcow2", &err));
    assert_error_code(&err, GW_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "DISK_OUTSIDE_POOL");
    free(link_path);
}

static void what_is_no_file_is_refused(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    char *path = host_fixture_path(f, "pool/folder");
    assert_int_equal(gw_dir_make(path, NULL), 0);
    assert_null(gw_disk_find(&f->host, "data", "folder", &err));
    assert_string_equal(err.reason, "DISK_NOT_REGULAR");
    assert_null(gw_disk_find(&f->host, "data", "absent", &err));
    assert_string_equal(err.reason, "DISK_NOT_FOUND");
    free(path);
}

/* From here on renameat2() fails as on a file system without its flags. */
static void take_renameat2_away(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        _exit(9);
}

/* 0: the part got its name, and a second one did not take it. */
static int rename_twice(const struct host_fixture *f)
{
    struct gw_error err = {0};
    take_renameat2_away();
    if (gw_disk_rename(&f->host, "data", "one.part", "a.raw", &err) < 0)
        return 1;
    if (gw_disk_rename(&f->host, "data", "two.part", "a.raw", &err) == 0)
        return 2;
    return err.code == GW_ALREADY_EXISTS ? 0 : 3;
}

static void a_part_is_put_in_place_on_nfs_too(void **state)
{
    struct host_fixture *f = *state;
    char *one = gw_disk_claim(&f->host, "data", "one.part", FIXTURE_UUID, NULL);
    char *two = gw_disk_claim(&f->host, "data", "two.part", FIXTURE_UUID, NULL);
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(rename_twice(f));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_false(is_there(one));
    assert_true(is_there(two));
    free(one);
    free(two);
}

static void the_name_of_a_part_fits_at_all_limits(void **state)
{
    struct host_fixture *f = *state;
    char file[GW_FILE_NAME_MAX + 1] = {0};
    char migration[GW_NAME_MAX + 1] = {0};
    char part[GW_DISK_FILE_MAX + 1];
    memset(file, 'f', GW_FILE_NAME_MAX);
    memset(migration, 'm', GW_NAME_MAX);
    gw_disk_part_name(part, file, migration, UINT32_MAX);
    assert_contains(part, ".4294967295.part");
    char *path = gw_disk_claim(&f->host, "data", part, FIXTURE_UUID, NULL);
    assert_non_null(path);
    assert_true(is_there(path));
    free(path);
}

static void a_part_is_put_in_place(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    free(gw_disk_claim(&f->host, "data", "a.raw.m.1.part", FIXTURE_UUID, &err));
    assert_int_equal(gw_disk_rename(&f->host, "data", "a.raw.m.1.part", "a.raw", &err), 0);
    char *path = gw_disk_find(&f->host, "data", "a.raw", &err);
    assert_non_null(path);
    free(path);
    assert_int_equal(gw_disk_rename(&f->host, "data", "a.raw.m.1.part", "a.raw", &err), -1);
    assert_error_code(&err, GW_NOT_FOUND);
}

static void probe_tokens_have_one_form(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    const char *token = "0123456789abcdef0123456789abcdef";
    char *path = gw_probe_path(&f->host, "common", token, &err);
    assert_contains(path, "/shared/.godwit-probe-0123456789abcdef0123456789abcdef");
    free(path);
    assert_null(gw_probe_path(&f->host, "common", "../../etc/passwd", &err));
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_null(gw_probe_path(&f->host, "data", token, &err));
    assert_string_equal(err.reason, "POOL_NOT_SHARED");
}

struct made {
    struct gw_loop *loop;
    bool is_done;
    struct gw_error err;
};

static void on_made(void *arg, const struct gw_error *err)
{
    struct made *made = arg;
    made->is_done = true;
    if (err)
        made->err = *err;
    gw_loop_stop(made->loop);
}

static struct gw_error make_image(struct host_fixture *f, const char *path, uint64_t size)
{
    struct made made = {.loop = gw_loop_new(NULL)};
    struct gw_disk_maker *maker = gw_disk_make(made.loop, &f->host, path, GW_DISK_FORMAT_QCOW2,
                                               size, on_made, &made, &made.err);
    assert_non_null(maker);
    assert_int_equal(gw_loop_run(made.loop, NULL), 0);
    assert_true(made.is_done);
    gw_disk_maker_free(maker);
    gw_loop_free(made.loop);
    return made.err;
}

static void qemu_img_makes_the_image(void **state)
{
    struct host_fixture *f = *state;
    char *path = gw_disk_claim(&f->host, "data", "a.qcow2", FIXTURE_UUID, NULL);
    struct gw_error err = make_image(f, path, 8 << 20);
    assert_false(gw_error_is_set(&err));
    size_t len = 0;
    char *text = gw_file_read(path, 1 << 20, &len, NULL);
    assert_memory_equal(text, "QFI\xfb", 4);
    free(text);
    free(path);
}

static void what_qemu_img_says_is_quoted(void **state)
{
    struct host_fixture *f = *state;
    char *path = host_fixture_path(f, "absent/a.qcow2");
    struct gw_error err = make_image(f, path, 8 << 20);
    assert_error(&err, GW_FAILED_PRECONDITION, "No such file");
    assert_string_equal(err.reason, "DISK_CREATE_FAILED");
    free(path);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_file_with_data_is_not_claimed),
        CASE(a_name_is_claimed_by_one_guest_alone),
        CASE(a_file_that_is_no_claim_is_neither_taken_nor_removed),
        CASE(a_draft_left_behind_does_no_harm),
        CASE(names_that_leave_the_pool_are_refused),
        CASE(a_link_out_of_the_pool_is_refused),
        CASE(what_is_no_file_is_refused),
        CASE(the_name_of_a_part_fits_at_all_limits),
        CASE(a_part_is_put_in_place),
        CASE(a_part_is_put_in_place),
        CASE(a_part_is_put_in_place),
        CASE(a_part_is_put_in_place_on_nfs_too),
        CASE(a_part_is_put_in_place),
        CASE(probe_tokens_have_one_form),
        CASE(qemu_img_makes_the_image),
        CASE(what_qemu_img_says_is_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
