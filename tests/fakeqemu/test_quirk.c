#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/test.h"

#include "quirk.h"

static struct fq_quirks quirks_of(const char *text, const char *role)
{
    struct fq_quirks quirks;
    (void)setenv("GW_FAKE_QEMU", text, 1);
    (void)setenv("GW_FAKE_QEMU_HOST", "h1", 1);
    (void)unsetenv("GW_FAKE_QEMU_CONTROL");
    fq_quirks_init(&quirks, role);
    return quirks;
}

static void a_quirk_is_on_by_its_name_alone(void **state)
{
    (void)state;
    struct fq_quirks quirks = quirks_of("lost-ack, nospace\tautostart", "source");
    assert_true(fq_quirk(&quirks, "lost-ack", NULL, NULL));
    assert_true(fq_quirk(&quirks, "nospace", NULL, NULL));
    assert_true(fq_quirk(&quirks, "autostart", NULL, NULL));
    assert_false(fq_quirk(&quirks, "auto", NULL, NULL));
    assert_false(fq_quirk(&quirks, "stuck-mirror", NULL, NULL));
}

static void a_point_has_to_match(void **state)
{
    (void)state;
    struct fq_quirks quirks = quirks_of("die:before-cont,hang:device", "source");
    assert_true(fq_quirk(&quirks, "die", "before-cont", NULL));
    assert_false(fq_quirk(&quirks, "die", "after-cont", NULL));
    assert_false(fq_quirk(&quirks, "die", NULL, NULL));
    assert_false(fq_quirk(&quirks, "hang", "before-cont", NULL));
}

static void its_number_is_told(void **state)
{
    (void)state;
    uint64_t ms = 7;
    struct fq_quirks quirks = quirks_of("hang:device=250@source hang:active", "source");
    assert_true(fq_quirk(&quirks, "hang", "device", &ms));
    assert_int_equal(ms, 250);
    assert_true(fq_quirk(&quirks, "hang", "active", &ms));
    assert_int_equal(ms, 0);
}

static void who_is_a_role_or_a_host(void **state)
{
    (void)state;
    const char *text = "lost-ack@target nospace@h1 autostart@h2 load-fails@source";
    struct fq_quirks quirks = quirks_of(text, "target");
    assert_true(fq_quirk(&quirks, "lost-ack", NULL, NULL));
    assert_true(fq_quirk(&quirks, "nospace", NULL, NULL));
    assert_false(fq_quirk(&quirks, "autostart", NULL, NULL));
    assert_false(fq_quirk(&quirks, "load-fails", NULL, NULL));
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void a_file_is_read_each_time(void **state)
{
    (void)state;
    char path[] = "/tmp/gw-quirk-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct fq_quirks quirks = quirks_of("", "source");
    quirks.path = path;
    assert_false(fq_quirk(&quirks, "lost-ack", NULL, NULL));
    write_file(path, "# nospace is for later\nlost-ack\n");
    assert_true(fq_quirk(&quirks, "lost-ack", NULL, NULL));
    assert_false(fq_quirk(&quirks, "nospace", NULL, NULL));
    write_file(path, "nospace");
    assert_false(fq_quirk(&quirks, "lost-ack", NULL, NULL));
    assert_true(fq_quirk(&quirks, "nospace", NULL, NULL));
    close(fd);
    (void)unlink(path);
    assert_false(fq_quirk(&quirks, "nospace", NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quirk_is_on_by_its_name_alone),
        cmocka_unit_test(a_point_has_to_match),
        cmocka_unit_test(its_number_is_told),
        cmocka_unit_test(who_is_a_role_or_a_host),
        cmocka_unit_test(a_file_is_read_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
