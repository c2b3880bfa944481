#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "daemon_fixture.h"

static void version_is_told(void **state)
{
    struct run run;
    assert_int_equal(run_to_end(&run, *state, (const char *const[]){"--version", NULL}), 0);
    assert_string_equal(run.out, "tiny-daemon " GW_VERSION "\n");
    assert_string_equal(run.err, "");
}

static void help_lists_options_and_settings(void **state)
{
    struct run run;
    assert_int_equal(run_to_end(&run, *state, (const char *const[]){"--help", NULL}), 0);
    assert_contains(run.out, "tiny-daemon: does nothing, and stops\n");
    const char *const words[] = {"--config",       "--check",       "--dump-config", "--version",
                                 "--help",         "data_dir",      "log_level",     "(required)",
                                 "(default info)", "an even number"};
    for (size_t i = 0; i < GW_ARRAY_LEN(words); i++)
        assert_contains(run.out, words[i]);
}

static int check(struct run *run, struct bench *bench)
{
    return run_to_end(run, bench,
                      (const char *const[]){"--config", bench->config_path, "--check", NULL});
}

static void check_accepts_good_settings_and_makes_nothing(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "size = 4\n");
    assert_int_equal(check(&run, bench), 0);
    assert_contains(run.out, "settings are valid");
    assert_string_equal(run.err, "");
    assert_int_equal(access(bench->data_dir, F_OK), -1);
}

static void check_refuses_each_bad_setting_in_one_line(void **state)
{
    struct bench *bench = *state;
    const struct {
        const char *more;
        const char *message;
    } rows[] = {
        {"colour = red\n", "tiny.conf:2: unknown key \"colour\""},
        {"log_level = loud\n", "key log_level must be error, warn, info or debug, not \"loud\""},
        {"size = many\n", "tiny.conf:2: key size must be a whole number"},
        {"size = 3\n", "tiny.conf: key size must be even, not 3"},
        {"data_dir = /x\n", "tiny.conf:2: key data_dir stands twice"},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(rows); i++) {
        struct run run;
        bench_configure(bench, rows[i].more);
        assert_int_equal(check(&run, bench), 2);
        assert_contains(run.err, rows[i].message);
        assert_memory_equal(run.err, "tiny-daemon: ", 13);
        assert_ptr_equal(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
        assert_string_equal(run.out, "");
    }
}

static void a_settings_file_that_is_not_there_is_not_found(void **state)
{
    struct run run;
    assert_int_equal(
        run_to_end(&run, *state, (const char *const[]){"--config", "/nowhere/x.conf", NULL}), 4);
    assert_contains(run.err, "can't open /nowhere/x.conf");
}

static void a_dump_with_settings_can_be_checked_again(void **state)
{
    struct bench *bench = *state;
    struct run run;
    bench_configure(bench, "size = 6\n");
    const char *const dump[] = {"--config", bench->config_path, "--dump-config", NULL};
    assert_int_equal(run_to_end(&run, bench, dump), 0);
    assert_contains(run.out, "size = 6\n");
    assert_contains(run.out, "log_level = info\n");
    struct gw_error err = {0};
    assert_int_equal(gw_file_replace(bench->config_path, run.out, strlen(run.out), &err), 0);
    struct run again;
    assert_int_equal(run_to_end(&again, bench, dump), 0);
    assert_string_equal(again.out, run.out);
}

static void a_dump_without_settings_is_a_template(void **state)
{
    struct run run;
    assert_int_equal(run_to_end(&run, *state, (const char *const[]){"--dump-config", NULL}), 0);
    assert_contains(run.out, "# data_dir =\n");
    assert_contains(run.out, "# an even number\nsize = 8\n");
}

static void wrong_arguments_are_refused(void **state)
{
    struct run run;
    assert_int_equal(run_to_end(&run, *state, (const char *const[]){"--colour", NULL}), 2);
    assert_string_equal(run.err, "tiny-daemon: unknown option \"--colour\"; try --help\n");
    assert_int_equal(run_to_end(&run, *state, (const char *const[]){"start", NULL}), 2);
    assert_string_equal(run.err, "tiny-daemon: unexpected argument \"start\"; try --help\n");
    assert_int_equal(run_to_end(&run, *state, (const char *const[]){"--config", NULL}), 2);
    assert_contains(run.err, "option \"--config\" needs a file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_bench(version_is_told),
        with_bench(help_lists_options_and_settings),
        with_bench(check_accepts_good_settings_and_makes_nothing),
        with_bench(check_refuses_each_bad_setting_in_one_line),
        with_bench(a_settings_file_that_is_not_there_is_not_found),
        with_bench(a_dump_with_settings_can_be_checked_again),
        with_bench(a_dump_without_settings_is_a_template),
        with_bench(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
