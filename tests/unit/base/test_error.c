#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "support/test.h"

static void setting_fills_every_field_and_returns_minus_one(void **state)
{
    (void)state;
    struct gw_error err;
    memset(&err, 'x', sizeof err);
    assert_int_equal(gw_error_set(&err, GW_NOT_FOUND, "no guest %s", "g1"), -1);
    assert_error_code(&err, GW_NOT_FOUND);
    assert_int_equal(err.sys_errno, 0);
    assert_string_equal(err.message, "no guest g1");
    assert_string_equal(err.reason, "");
    assert_string_equal(err.field, "");
    assert_contains(err.where, "test_error.c:");
}

static void an_errno_gives_code_and_text(void **state)
{
    (void)state;
    struct gw_error err = {0};
    assert_int_equal(gw_error_set_errno(&err, ENOENT, "can't open %s", "/x"), -1);
    assert_error(&err, GW_NOT_FOUND, "can't open /x: No such file or directory");
    assert_int_equal(err.sys_errno, ENOENT);
}

static void errnos_map_to_codes(void **state)
{
    (void)state;
    const struct {
        int sys_errno;
        enum gw_code code;
    } rows[] = {
        {EEXIST, GW_ALREADY_EXISTS},       {EADDRINUSE, GW_ALREADY_EXISTS},
        {EACCES, GW_PERMISSION_DENIED},    {EROFS, GW_PERMISSION_DENIED},
        {ENOSPC, GW_RESOURCE_EXHAUSTED},   {EMFILE, GW_RESOURCE_EXHAUSTED},
        {EINVAL, GW_INVALID_ARGUMENT},     {ETIMEDOUT, GW_DEADLINE_EXCEEDED},
        {ECONNREFUSED, GW_UNAVAILABLE},    {EPIPE, GW_UNAVAILABLE},
        {ECANCELED, GW_CANCELLED},         {EBUSY, GW_FAILED_PRECONDITION},
        {ENOTDIR, GW_FAILED_PRECONDITION}, {EIO, GW_INTERNAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(gw_code_from_errno(rows[i].sys_errno), rows[i].code);
}

static void wrapping_puts_the_doing_in_front_and_keeps_the_rest(void **state)
{
    (void)state;
    struct gw_error err = {0};
    gw_error_set_errno(&err, EBUSY, "can't lock %s", "f");
    gw_error_reason(&err, "GUEST_BUSY");
    gw_error_field(&err, "disks[%d].pool", 3);
    const char *where = err.where;
    assert_int_equal(gw_error_wrap(&err, "starting guest %s", "g1"), -1);
    assert_error(&err, GW_FAILED_PRECONDITION, "starting guest g1: can't lock f: ");
    assert_int_equal(err.sys_errno, EBUSY);
    assert_ptr_equal(err.where, where);
    assert_string_equal(err.reason, "GUEST_BUSY");
    assert_string_equal(err.field, "disks[3].pool");
}

static void a_message_past_the_limit_is_cut(void **state)
{
    (void)state;
    char big[2 * GW_ERROR_MESSAGE_MAX];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    struct gw_error err = {0};
    gw_error_set(&err, GW_INTERNAL, "%s", big);
    assert_int_equal(strlen(err.message), GW_ERROR_MESSAGE_MAX - 1);
    gw_error_wrap(&err, "%s", big);
    assert_int_equal(strlen(err.message), GW_ERROR_MESSAGE_MAX - 1);
    gw_error_set_errno(&err, EIO, "%s", big);
    assert_int_equal(strlen(err.message), GW_ERROR_MESSAGE_MAX - 1);
    gw_error_reason(&err, big);
    assert_int_equal(strlen(err.reason), GW_ERROR_REASON_MAX - 1);
    gw_error_field(&err, "%s", big);
    assert_int_equal(strlen(err.field), GW_ERROR_FIELD_MAX - 1);
}

/* A text of two-byte characters that starts at @first, longer than any limit. */
static void fill_umlauts(char *text, size_t size, const char *first)
{
    size_t n = (size_t)snprintf(text, size, "%s", first);
    for (; n + 2 < size; n += 2)
        memcpy(text + n, "\xc3\xa4", 3);
}

static void assert_utf8(const char *text)
{
    if (!gw_utf8_is_valid(text, strlen(text)))
        fail_msg("not UTF-8: \"%s\"", text);
}

static void a_text_cut_inside_a_character_is_utf8_still(void **state)
{
    (void)state;
    static const char *const firsts[] = {"", "a"};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        char big[2 * GW_ERROR_MESSAGE_MAX];
        char buf[GW_QUOTED_MAX];
        struct gw_error err = {0};
        fill_umlauts(big, sizeof big, firsts[i]);
        assert_utf8(gw_error_quote(buf, big));
        gw_error_set(&err, GW_INTERNAL, "%s", big);
        assert_utf8(err.message);
        gw_error_wrap(&err, "x%s", big);
        assert_utf8(err.message);
        gw_error_set(&err, GW_INTERNAL, "%.300s", big);
        gw_error_wrap(&err, "%.300s", big);
        assert_utf8(err.message);
        gw_error_set_errno(&err, EIO, "%s", big);
        assert_utf8(err.message);
        gw_error_field(&err, "%s", big);
        assert_utf8(err.field);
    }
}

static void bytes_that_are_not_utf8_are_hidden(void **state)
{
    (void)state;
    char buf[GW_QUOTED_MAX];
    struct gw_error err = {0};
    assert_string_equal(gw_error_quote(buf, "\xff\xc3\xa4\x80"), "\"?\xc3\xa4?\"");
    gw_error_set(&err, GW_INTERNAL, "QEMU says %s", "\xe9t\xe9");
    assert_string_equal(err.message, "QEMU says ?t?");
}

static void nobody_has_to_want_the_error(void **state)
{
    (void)state;
    assert_int_equal(gw_error_set(NULL, GW_INTERNAL, "x"), -1);
    assert_int_equal(gw_error_set_errno(NULL, EIO, "x"), -1);
    assert_int_equal(gw_error_wrap(NULL, "x"), -1);
    assert_int_equal(gw_error_reason(NULL, "X"), -1);
    assert_int_equal(gw_error_field(NULL, "x"), -1);
    gw_error_clear(NULL);
    assert_false(gw_error_is_set(NULL));
}

static void clearing_forgets(void **state)
{
    (void)state;
    struct gw_error err = {0};
    assert_false(gw_error_is_set(&err));
    gw_error_set(&err, GW_ABORTED, "x");
    assert_true(gw_error_is_set(&err));
    gw_error_clear(&err);
    assert_false(gw_error_is_set(&err));
    assert_string_equal(err.message, "");
}

static void quoting_hides_control_characters_and_quotes(void **state)
{
    (void)state;
    char buf[GW_QUOTED_MAX];
    assert_string_equal(gw_error_quote(buf, "a\nb\"c\x7f\x1b"), "\"a?b?c??\"");
    assert_string_equal(gw_error_quote(buf, ""), "\"\"");
    assert_string_equal(gw_error_quote(buf, NULL), "\"\"");
}

static void quoting_cuts_past_63_bytes(void **state)
{
    (void)state;
    char buf[GW_QUOTED_MAX];
    char text[66];
    memset(text, 'a', sizeof text);
    text[63] = '\0';
    assert_int_equal(strlen(gw_error_quote(buf, text)), 63 + 2);
    assert_null(strstr(buf, "..."));
    text[63] = 'a';
    text[64] = '\0';
    assert_int_equal(strlen(gw_error_quote(buf, text)), 63 + 2 + 3);
    assert_contains(buf, "a...\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_fills_every_field_and_returns_minus_one),
        cmocka_unit_test(an_errno_gives_code_and_text),
        cmocka_unit_test(errnos_map_to_codes),
        cmocka_unit_test(wrapping_puts_the_doing_in_front_and_keeps_the_rest),
        cmocka_unit_test(a_message_past_the_limit_is_cut),
        cmocka_unit_test(a_text_cut_inside_a_character_is_utf8_still),
        cmocka_unit_test(bytes_that_are_not_utf8_are_hidden),
        cmocka_unit_test(nobody_has_to_want_the_error),
        cmocka_unit_test(clearing_forgets),
        cmocka_unit_test(quoting_hides_control_characters_and_quotes),
        cmocka_unit_test(quoting_cuts_past_63_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
