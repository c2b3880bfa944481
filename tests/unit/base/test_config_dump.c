#include <stdlib.h>

#include "sample_config.h"
#include "support/test.h"

static char *dump(const struct sample *s)
{
    return gw_config_dump(sample_keys, GW_ARRAY_LEN(sample_keys), s);
}

static void a_dump_parses_back_to_the_same(void **state)
{
    (void)state;
    struct sample first = {0};
    struct sample second = {0};
    struct gw_error err = {0};
    assert_int_equal(sample_parse("folder = /x y\n"
                                  "greeting = # = not a comment\n"
                                  "limit = 7\n"
                                  "is_on = true\n"
                                  "pool = one\n"
                                  "pool = two\n",
                                  &first, &err),
                     0);
    GW_AUTO_FREE char *text = dump(&first);
    assert_non_null(text);
    assert_int_equal(sample_parse(text, &second, &err), 0);
    GW_AUTO_FREE char *again = dump(&second);
    assert_string_equal(text, again);
    assert_string_equal(second.folder, "/x y");
    assert_string_equal(second.greeting, "# = not a comment");
    assert_int_equal(second.limit, 7);
    assert_true(second.is_on);
    assert_int_equal(second.pools.n_items, 2);
    sample_fini(&first);
    sample_fini(&second);
}

static void a_dump_explains_each_key(void **state)
{
    (void)state;
    struct sample s = {0};
    struct gw_error err = {0};
    assert_int_equal(sample_parse("folder = /x\n", &s, &err), 0);
    GW_AUTO_FREE char *text = dump(&s);
    assert_contains(text, "# where things lie\nfolder = /x\n");
    assert_contains(text, "# how many\nlimit = 10\n");
    assert_contains(text, "# whether\nis_on = false\n");
    sample_fini(&s);
}

static void finishing_twice_is_harmless(void **state)
{
    (void)state;
    struct sample s = {0};
    struct gw_error err = {0};
    assert_int_equal(sample_parse("folder = /x\npool = p\n", &s, &err), 0);
    sample_fini(&s);
    sample_fini(&s);
    assert_null(s.folder);
    assert_int_equal(s.pools.n_items, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dump_parses_back_to_the_same),
        cmocka_unit_test(a_dump_explains_each_key),
        cmocka_unit_test(finishing_twice_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
