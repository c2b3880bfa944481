#include "support/test.h"

#include "base/scope.h"
#include "cli/table.h"
#include "memory_file.h"

static const struct cli_column columns[] = {
    {"NAME", false, true}, {"SIZE", true, false}, {"MESSAGE", false, true}};

static struct cli_table *two_rows(void)
{
    struct cli_table *table = cli_table_new(columns, GW_ARRAY_LEN(columns));
    assert_non_null(table);
    cli_table_add(table, "g1");
    cli_table_add(table, "512 MiB");
    cli_table_add(table, "%s", "");
    cli_table_add(table, "a-longer-name");
    cli_table_add(table, "1 GiB");
    cli_table_add(table, "the host does not answer");
    return table;
}

static void expect(const struct cli_table *table, unsigned width, const char *wanted)
{
    struct memory_file out;
    struct gw_error err = {0};
    memory_file_open(&out);
    assert_int_equal(cli_table_print(table, out.file, width, &err), 0);
    assert_string_equal(memory_file_text(&out), wanted);
    memory_file_close(&out);
}

static void columns_align_and_numbers_stand_right(void **state)
{
    (void)state;
    GW_AUTO(cli_table) struct cli_table *table = two_rows();
    expect(table, 0,
           "NAME              SIZE  MESSAGE\n"
           "g1             512 MiB  -\n"
           "a-longer-name    1 GiB  the host does not answer\n");
}

static void a_narrow_terminal_cuts_the_widest_column_first(void **state)
{
    (void)state;
    GW_AUTO(cli_table) struct cli_table *table = two_rows();
    expect(table, 36,
           "NAME              SIZE  MESSAGE\n"
           "g1             512 MiB  -\n"
           "a-longer-name    1 GiB  the host do~\n");
}

static void columns_are_not_cut_to_nothing(void **state)
{
    (void)state;
    GW_AUTO(cli_table) struct cli_table *table = two_rows();
    expect(table, 5,
           "NAME       SIZE  MESSA~\n"
           "g1      512 MiB  -\n"
           "a-lon~    1 GiB  the h~\n");
}

static void a_table_without_rows_is_its_head(void **state)
{
    (void)state;
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(columns, GW_ARRAY_LEN(columns));
    expect(table, 0, "NAME  SIZE  MESSAGE\n");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    static const struct cli_column pair[] = {{NULL, false, false}, {NULL, false, true}};
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(pair, GW_ARRAY_LEN(pair));
    cli_table_add(table, "message");
    cli_table_add(table, "a\033[2Jb\nc\x7f");
    expect(table, 0, "message  a?[2Jb?c?\n");
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    static const struct cli_column pair[] = {{"A", false, true}, {"B", false, false}};
    GW_AUTO(cli_table) struct cli_table *table = cli_table_new(pair, GW_ARRAY_LEN(pair));
    cli_table_add(table, "\xc3\xa9\xc3\xa9");
    cli_table_add(table, "x");
    expect(table, 0, "A   B\n\xc3\xa9\xc3\xa9  x\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_align_and_numbers_stand_right),
        cmocka_unit_test(a_narrow_terminal_cuts_the_widest_column_first),
        cmocka_unit_test(columns_are_not_cut_to_nothing),
        cmocka_unit_test(a_table_without_rows_is_its_head),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(characters_are_counted_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
