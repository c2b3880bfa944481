#include "daemon/daemon_priv.h"

#include "base/scope.h"
#include "support/test.h"

enum { ARGS_MAX = 6 };

static int parse(const char *const *args, struct gw_daemon_command *command, struct gw_error *err)
{
    static char name[] = "x";
    static char copies[ARGS_MAX][64];
    char *argv[ARGS_MAX + 2] = {name};
    int argc = 1;
    for (; args[argc - 1] && argc <= ARGS_MAX; argc++) {
        char *copy = copies[argc - 1];
        (void)strncpy(copy, args[argc - 1], sizeof copies[0] - 1);
        argv[argc] = copy;
    }
    return gw_daemon_parse_command(argc, argv, command, err);
}

static void each_option_has_its_mode(void **state)
{
    (void)state;
    const struct {
        const char *option;
        enum gw_daemon_mode mode;
    } rows[] = {
        {"--check", GW_DAEMON_CHECK},     {"--dump-config", GW_DAEMON_DUMP_CONFIG},
        {"--version", GW_DAEMON_VERSION}, {"-V", GW_DAEMON_VERSION},
        {"--help", GW_DAEMON_HELP},       {"-h", GW_DAEMON_HELP},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(rows); i++) {
        struct gw_daemon_command command;
        struct gw_error err = {0};
        assert_int_equal(parse((const char *const[]){rows[i].option, NULL}, &command, &err), 0);
        assert_int_equal(command.mode, rows[i].mode);
        assert_null(command.config_path);
    }
}

static void the_settings_file_has_two_spellings(void **state)
{
    (void)state;
    const char *const spellings[][3] = {
        {"--config", "/f", NULL}, {"--config=/f", NULL}, {"-c", "/f", NULL}, {"-c/f", NULL}};
    for (size_t i = 0; i < GW_ARRAY_LEN(spellings); i++) {
        struct gw_daemon_command command;
        struct gw_error err = {0};
        assert_int_equal(parse(spellings[i], &command, &err), 0);
        assert_int_equal(command.mode, GW_DAEMON_RUN);
        assert_string_equal(command.config_path, "/f");
    }
}

static void parsing_starts_anew_each_time(void **state)
{
    (void)state;
    struct gw_daemon_command command;
    struct gw_error err = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(parse((const char *const[]){"--bad", NULL}, &command, &err), -1);
        assert_error(&err, GW_INVALID_ARGUMENT, "unknown option \"--bad\"");
        assert_int_equal(parse((const char *const[]){"--check", NULL}, &command, &err), 0);
    }
}

static void a_value_where_none_belongs_is_refused(void **state)
{
    (void)state;
    struct gw_daemon_command command;
    struct gw_error err = {0};
    assert_int_equal(parse((const char *const[]){"--check=yes", NULL}, &command, &err), -1);
    assert_error_code(&err, GW_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_has_its_mode),
        cmocka_unit_test(the_settings_file_has_two_spellings),
        cmocka_unit_test(parsing_starts_anew_each_time),
        cmocka_unit_test(a_value_where_none_belongs_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
