/* Fault points do what the environment says, where it says, and are counted. */
#include "support/test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/scope.h"
#include "support/tmp_folder.h"

/* Each case runs in a child of its own, for the counts and for the kill. Gives the wait status. */
static int in_child(const char *rules, int (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)setenv("GODWIT_FAILPOINT", rules, 1);
        _exit(body());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int pass_three_times(void)
{
    int failures = 0;
    for (int i = 0; i < 3; i++)
        failures = failures * 10 + (GW_FAILPOINT(NULL, "test.%s.before", "write") < 0);
    return failures;
}

static int errno_of_one(void)
{
    struct gw_error err = {0};
    return GW_FAILPOINT(&err, "test.write.before") < 0 ? err.sys_errno : 0;
}

static int exit_of(int status)
{
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void nothing_happens_where_nothing_is_said(void **state)
{
    (void)state;
    assert_int_equal(exit_of(in_child("", pass_three_times)), 0);
    assert_int_equal(exit_of(in_child("test.write.after=error", pass_three_times)), 0);
    assert_int_equal(exit_of(in_child("test.write.before", pass_three_times)), 0);
}

static void the_nth_passing_fails_and_no_other(void **state)
{
    (void)state;
    assert_int_equal(exit_of(in_child("test.write.before=error", pass_three_times)), 100);
    assert_int_equal(exit_of(in_child("test.write.before:2=error", pass_three_times)), 10);
    assert_int_equal(exit_of(in_child("test.write.before:*=error", pass_three_times)), 111);
    assert_int_equal(exit_of(in_child("other=kill,test.write.before:3=error", pass_three_times)),
                     1);
}

static void errors_are_those_of_a_disk(void **state)
{
    (void)state;
    assert_int_equal(exit_of(in_child("test.write.before=error", errno_of_one)), EIO);
    assert_int_equal(exit_of(in_child("test.write.before=nospace", errno_of_one)), ENOSPC);
    assert_int_equal(exit_of(in_child("test.write.before=sleep:1", errno_of_one)), 0);
}

static void kill_is_sudden(void **state)
{
    (void)state;
    int status = in_child("test.write.before:2=kill", pass_three_times);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void passings_are_logged_by_name(void **state)
{
    char *folder = tmp_folder_make();
    GW_AUTO_FREE char *path = gw_strf("%s/log", folder);
    (void)state;
    (void)setenv("GODWIT_FAILPOINT_LOG", path, 1);
    (void)in_child("", errno_of_one);
    (void)unsetenv("GODWIT_FAILPOINT_LOG");
    GW_AUTO_FREE char *text = gw_file_read(path, 1024, NULL, NULL);
    assert_string_equal(text, "test.write.before\n");
    tmp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happens_where_nothing_is_said),
        cmocka_unit_test(the_nth_passing_fails_and_no_other),
        cmocka_unit_test(errors_are_those_of_a_disk),
        cmocka_unit_test(kill_is_sudden),
        cmocka_unit_test(passings_are_logged_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
