#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qmp/qmp_priv.h"

static int init_table(void **state)
{
    static struct gw_qmp_table table;
    gw_qmp_table_init(&table);
    table.is_ready = true;
    *state = &table;
    return 0;
}

static int fini_table(void **state)
{
    gw_qmp_table_fini(*state);
    return 0;
}

static struct gw_qmp_command *add(struct gw_qmp_table *table, const char *name)
{
    struct gw_qmp_command *command = gw_qmp_table_add(table, name);
    assert_non_null(command);
    command->text = strdup("12345678");
    command->len = 8;
    return command;
}

static struct gw_qmp_command *add_sent(struct gw_qmp_table *table, const char *name)
{
    struct gw_qmp_command *command = add(table, name);
    command->n_sent = command->len;
    gw_qmp_table_move(table, command, GW_QMP_SENT);
    return command;
}

static void only_the_handshake_is_sent_before_ready(void **state)
{
    struct gw_qmp_table *table = *state;
    table->is_ready = false;
    add(table, "stop");
    assert_null(gw_qmp_table_next_to_send(table));
    struct gw_qmp_command *handshake = add(table, "qmp_capabilities");
    handshake->is_handshake = true;
    assert_ptr_equal(gw_qmp_table_next_to_send(table), handshake);
}

static void commands_go_out_in_order_and_oob_first(void **state)
{
    struct gw_qmp_table *table = *state;
    struct gw_qmp_command *first = add(table, "stop");
    add(table, "cont");
    assert_ptr_equal(gw_qmp_table_next_to_send(table), first);
    struct gw_qmp_command *oob = add(table, "yank");
    oob->is_oob = true;
    assert_ptr_equal(gw_qmp_table_next_to_send(table), oob);
}

static void a_command_sent_in_part_is_completed_before_oob(void **state)
{
    struct gw_qmp_table *table = *state;
    struct gw_qmp_command *half = add(table, "stop");
    half->n_sent = 3;
    add(table, "yank")->is_oob = true;
    assert_ptr_equal(gw_qmp_table_next_to_send(table), half);
    gw_qmp_table_move(table, half, GW_QMP_ABANDONED); /* past its deadline */
    assert_ptr_equal(gw_qmp_table_next_to_send(table), half);
}

static void in_band_commands_wait_at_the_limit_and_oob_does_not(void **state)
{
    struct gw_qmp_table *table = *state;
    for (int i = 0; i < GW_QMP_IN_BAND_MAX - 1; i++)
        add_sent(table, "query-status");
    struct gw_qmp_command *last = add(table, "stop");
    assert_ptr_equal(gw_qmp_table_next_to_send(table), last);
    last->n_sent = last->len;
    gw_qmp_table_move(table, last, GW_QMP_ABANDONED); /* takes its place in QEMU all the same */
    add(table, "cont");
    assert_null(gw_qmp_table_next_to_send(table));
    struct gw_qmp_command *oob = add(table, "yank");
    oob->is_oob = true;
    assert_ptr_equal(gw_qmp_table_next_to_send(table), oob);
}

static void a_second_descriptor_waits_for_the_first_ones_reply(void **state)
{
    struct gw_qmp_table *table = *state;
    struct gw_qmp_command *first = add_sent(table, "getfd");
    first->carries_fd = true;
    struct gw_qmp_command *second = add(table, "getfd");
    second->carries_fd = true;
    add(table, "migrate-incoming");
    assert_null(gw_qmp_table_next_to_send(table));
    gw_qmp_table_remove(table, first);
    assert_ptr_equal(gw_qmp_table_next_to_send(table), second);
}

static void replies_find_only_what_was_sent(void **state)
{
    struct gw_qmp_table *table = *state;
    struct gw_qmp_command *sent = add_sent(table, "stop");
    struct gw_qmp_command *waiting = add(table, "cont");
    assert_ptr_equal(gw_qmp_table_find_sent(table, sent->id), sent);
    assert_null(gw_qmp_table_find_sent(table, waiting->id));
    assert_null(gw_qmp_table_find_sent(table, 99));
    gw_qmp_table_move(table, sent, GW_QMP_ABANDONED);
    assert_ptr_equal(gw_qmp_table_find_sent(table, sent->id), sent);
}

static void due_is_the_earliest_deadline(void **state)
{
    struct gw_qmp_table *table = *state;
    assert_int_equal(gw_qmp_table_due_us(table), 0);
    add(table, "stop");
    assert_int_equal(gw_qmp_table_due_us(table), 0);
    add(table, "cont")->deadline_us = 900;
    struct gw_qmp_command *early = add_sent(table, "query-status");
    early->deadline_us = 500;
    assert_int_equal(gw_qmp_table_due_us(table), 500);
    assert_null(gw_qmp_table_next_due(table, 499));
    assert_ptr_equal(gw_qmp_table_next_due(table, 500), early);
    gw_qmp_table_move(table, early, GW_QMP_ABANDONED);
    assert_int_equal(gw_qmp_table_due_us(table), 900);
}

static void a_refused_command_is_due_at_once_and_not_counted(void **state)
{
    struct gw_qmp_table *table = *state;
    struct gw_qmp_command *command = add(table, "stop");
    assert_int_equal(table->n_open, 1);
    gw_qmp_table_move(table, command, GW_QMP_REFUSED);
    assert_int_equal(table->n_open, 0);
    assert_ptr_equal(gw_qmp_table_next_due(table, 1), command);
    assert_null(gw_qmp_table_next_to_send(table));
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, init_table, fini_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TABLE_TEST(only_the_handshake_is_sent_before_ready),
        TABLE_TEST(commands_go_out_in_order_and_oob_first),
        TABLE_TEST(a_command_sent_in_part_is_completed_before_oob),
        TABLE_TEST(in_band_commands_wait_at_the_limit_and_oob_does_not),
        TABLE_TEST(a_second_descriptor_waits_for_the_first_ones_reply),
        TABLE_TEST(replies_find_only_what_was_sent),
        TABLE_TEST(due_is_the_earliest_deadline),
        TABLE_TEST(a_refused_command_is_due_at_once_and_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
