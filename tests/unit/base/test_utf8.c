#include "base/utf8.h"

#include "support/test.h"

static void assert_cut(const char *text, size_t size, const char *wanted)
{
    char buf[16];
    memset(buf, 'x', sizeof buf);
    gw_utf8_copy_cut(buf, size, text);
    assert_string_equal(buf, wanted);
}

static void what_fits_is_copied_whole(void **state)
{
    (void)state;
    assert_cut("", 1, "");
    assert_cut("abc", 4, "abc");
    assert_cut("a\u00e9\u20ac", 7, "a\u00e9\u20ac");
}

static void a_cut_lies_between_characters(void **state)
{
    (void)state;
    assert_cut("abc", 3, "ab");
    assert_cut("a\u00e9", 3, "a");
    assert_cut("a\u20acb", 4, "a");
    assert_cut("a\u20acb", 5, "a\u20ac");
    assert_cut("\U0001f426", 4, "");
    assert_cut("\u20ac", 1, "");
}

static void bytes_that_are_none_become_question_marks(void **state)
{
    (void)state;
    assert_cut("a\xff\xc3", 8, "a??");
    assert_cut("\xe2\x82", 2, "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_copied_whole),
        cmocka_unit_test(a_cut_lies_between_characters),
        cmocka_unit_test(bytes_that_are_none_become_question_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
