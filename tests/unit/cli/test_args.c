#include "support/test.h"

#include "base/scope.h"
#include "cli/args.h"

enum { WORDS_MAX = 40 };

/* Split @line at blanks, in place, and parse it. */
static int parse(char *line, struct cli_args *args, struct gw_error *err)
{
    static char *argv[WORDS_MAX];
    int argc = 0;
    gw_error_clear(err);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return cli_args_parse(argc, argv, args, err);
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    struct cli_args args;
    struct gw_error err;
    char line[] = "godwit -ojson migrate --wait g1 --to=h2 --scheduler tcp://127.0.0.1:1";
    assert_int_equal(parse(line, &args, &err), 0);
    assert_string_equal(args.verb->words, "migrate");
    assert_string_equal(args.operands[0], "g1");
    assert_true(cli_args_has(&args, "wait"));
    assert_false(cli_args_has(&args, "live"));
    assert_string_equal(cli_args_text(&args, "to"), "h2");
    assert_string_equal(cli_args_global_text(&args, "output"), "json");
    assert_string_equal(cli_args_global_text(&args, "scheduler"), "tcp://127.0.0.1:1");
}

static void a_verbs_own_option_comes_before_the_global_one(void **state)
{
    (void)state;
    struct cli_args args;
    struct gw_error err;
    char line[] = "godwit --timeout 7 guest stop g1 --timeout 90";
    assert_int_equal(parse(line, &args, &err), 0);
    assert_string_equal(cli_args_global_text(&args, "timeout"), "7");
    assert_string_equal(cli_args_text(&args, "timeout"), "90");
}

static void after_two_dashes_all_are_operands(void **state)
{
    (void)state;
    struct cli_args args;
    struct gw_error err;
    char line[] = "godwit guest show -- --odd";
    assert_int_equal(parse(line, &args, &err), 0);
    assert_string_equal(args.operands[0], "--odd");
}

static void wrong_usage_says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *said;
    } rows[] = {
        {"godwit", "no verb is given"},
        {"godwit gest list", "unknown verb \"gest\""},
        {"godwit guest", "godwit guest needs a verb"},
        {"godwit guest lst", "godwit guest has no verb \"lst\""},
        {"godwit guest show", "godwit guest show needs GUEST"},
        {"godwit guest show a b", "takes no further operand: \"b\""},
        {"godwit migrate g1 --fast", "unknown option \"--fast\""},
        {"godwit migrate g1 -x", "unknown option \"-x\""},
        {"godwit migrate g1 --to", "--to needs a value: HOST"},
        {"godwit migrate g1 --wait=yes", "--wait takes no value"},
        {"godwit migrate g1 --to h1 --to h2", "--to is given twice"},
        {"godwit host list --to h1", "unknown option \"--to\""},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(rows); i++) {
        struct cli_args args;
        struct gw_error err;
        char line[128];
        (void)snprintf(line, sizeof line, "%s", rows[i].line);
        assert_int_equal(parse(line, &args, &err), -1);
        assert_error(&err, GW_INVALID_ARGUMENT, rows[i].said);
        assert_string_equal(err.reason, "USAGE");
    }
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    struct cli_args args;
    struct gw_error err;
    char with_verb[] = "godwit migrate --help";
    char alone[] = "godwit -h";
    assert_int_equal(parse(with_verb, &args, &err), 0);
    assert_string_equal(args.verb->words, "migrate");
    assert_int_equal(parse(alone, &args, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(a_verbs_own_option_comes_before_the_global_one),
        cmocka_unit_test(after_two_dashes_all_are_operands),
        cmocka_unit_test(wrong_usage_says_what_is_wrong),
        cmocka_unit_test(help_needs_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
