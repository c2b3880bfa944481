#include "base/str.h"

#include <stdlib.h>

#include "base/scope.h"
#include "support/test.h"

static void an_empty_string_is_text(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 10);
    assert_string_equal(gw_str_text(&s), "");
    assert_true(gw_str_ok(&s));
    GW_AUTO_FREE char *text = gw_str_take(&s);
    assert_string_equal(text, "");
}

static void appending_joins(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 100);
    gw_str_append(&s, "ab");
    gw_str_append_bytes(&s, "cde", 2);
    gw_str_appendf(&s, "-%d-%s", 7, "x");
    assert_string_equal(gw_str_text(&s), "abcd-7-x");
    assert_int_equal(s.len, 8);
}

static void the_limit_itself_fits_and_one_past_it_fails(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 4);
    gw_str_append(&s, "abcd");
    assert_true(gw_str_ok(&s));
    gw_str_append(&s, "e");
    assert_false(gw_str_ok(&s));
    assert_string_equal(gw_str_text(&s), "abcd");
    assert_null(gw_str_take(&s));
}

static void a_length_near_the_end_of_size_t_fails(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 100);
    gw_str_append(&s, "ab");
    gw_str_append_bytes(&s, "x", SIZE_MAX);
    assert_false(gw_str_ok(&s));
}

static void after_a_failure_nothing_is_appended_until_reset(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 4);
    gw_str_append(&s, "abcde");
    gw_str_append(&s, "a");
    assert_string_equal(gw_str_text(&s), "");
    gw_str_appendf(&s, "%d", 1);
    assert_false(gw_str_ok(&s));
    gw_str_reset(&s);
    gw_str_append(&s, "a");
    assert_true(gw_str_ok(&s));
    assert_string_equal(gw_str_text(&s), "a");
}

static void taking_leaves_it_empty_and_usable(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 10);
    gw_str_append(&s, "one");
    GW_AUTO_FREE char *text = gw_str_take(&s);
    assert_string_equal(text, "one");
    gw_str_append(&s, "two");
    assert_string_equal(gw_str_text(&s), "two");
}

static void bytes_may_hold_nul(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 10);
    gw_str_append_bytes(&s, "a\0b", 3);
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.data, "a\0b", 4);
}

static void consuming_removes_from_the_front(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 10);
    gw_str_consume(&s, 3);
    gw_str_append(&s, "abcdef");
    gw_str_consume(&s, 2);
    assert_string_equal(gw_str_text(&s), "cdef");
    gw_str_consume(&s, 0);
    assert_string_equal(gw_str_text(&s), "cdef");
    gw_str_consume(&s, 99);
    assert_string_equal(gw_str_text(&s), "");
}

static void growing_keeps_the_text(void **state)
{
    (void)state;
    GW_AUTO_STR s;
    gw_str_init(&s, 100000);
    for (int i = 0; i < 10000; i++)
        gw_str_append(&s, "0123456789");
    assert_true(gw_str_ok(&s));
    assert_int_equal(s.len, 100000);
    assert_memory_equal(s.data + 99990, "0123456789", 11);
}

static void copying_fits_or_says_so(void **state)
{
    (void)state;
    char buf[4];
    assert_int_equal(gw_str_copy(buf, sizeof buf, "abc"), 0);
    assert_string_equal(buf, "abc");
    assert_int_equal(gw_str_copy(buf, sizeof buf, "abcd"), -1);
    assert_string_equal(buf, "");
}

static void formatting_makes_a_string(void **state)
{
    (void)state;
    GW_AUTO_FREE char *text = gw_strf("%s/%d", "a", 1);
    assert_string_equal(text, "a/1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_string_is_text),
        cmocka_unit_test(appending_joins),
        cmocka_unit_test(the_limit_itself_fits_and_one_past_it_fails),
        cmocka_unit_test(a_length_near_the_end_of_size_t_fails),
        cmocka_unit_test(after_a_failure_nothing_is_appended_until_reset),
        cmocka_unit_test(taking_leaves_it_empty_and_usable),
        cmocka_unit_test(bytes_may_hold_nul),
        cmocka_unit_test(consuming_removes_from_the_front),
        cmocka_unit_test(growing_keeps_the_text),
        cmocka_unit_test(copying_fits_or_says_so),
        cmocka_unit_test(formatting_makes_a_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
