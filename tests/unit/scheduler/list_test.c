/* Items by key and by order. */
#include "list.h"

#include <stdio.h>

#include "support/test.h"

enum { MANY = 2000, KEY_MAX = 16 };

static void an_empty_list_has_nothing(void **state)
{
    (void)state;
    struct sch_list list = {0};
    assert_null(sch_list_find(&list, "a"));
    sch_list_remove(&list, "a");
    sch_list_fini(&list);
}

static void every_item_is_found_while_others_come_and_go(void **state)
{
    (void)state;
    static char keys[MANY][KEY_MAX];
    struct sch_list list = {0};
    for (int i = 0; i < MANY; i++) {
        snprintf(keys[i], KEY_MAX, "key-%d", i);
        assert_int_equal(sch_list_add(&list, keys[i], keys[i]), 0);
    }
    for (int i = 0; i < MANY; i += 3)
        sch_list_remove(&list, keys[i]);
    for (int i = 0; i < MANY; i++) {
        char key[KEY_MAX];
        snprintf(key, sizeof key, "key-%d", i);
        assert_ptr_equal(sch_list_find(&list, key), i % 3 == 0 ? NULL : keys[i]);
    }
    sch_list_fini(&list);
}

static void the_order_is_that_of_adding(void **state)
{
    (void)state;
    char a[] = "a", b[] = "b", c[] = "c";
    struct sch_list list = {0};
    assert_int_equal(sch_list_add(&list, a, a), 0);
    assert_int_equal(sch_list_add(&list, b, b), 0);
    assert_int_equal(sch_list_add(&list, c, c), 0);
    sch_list_remove(&list, "b");
    assert_int_equal(list.n_items, 2);
    assert_ptr_equal(list.items[0], a);
    assert_ptr_equal(list.items[1], c);
    sch_list_fini(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_has_nothing),
        cmocka_unit_test(every_item_is_found_while_others_come_and_go),
        cmocka_unit_test(the_order_is_that_of_adding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
