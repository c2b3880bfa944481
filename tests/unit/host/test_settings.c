/* The agents' settings beyond what the table checks. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/str.h"
#include "host/host.h"
#include "tests/unit/host/host_fixture.h"

static int setup(void **state)
{
    *state = host_fixture_new();
    return 0;
}

static int teardown(void **state)
{
    host_fixture_free(*state);
    return 0;
}

static void refuses(struct gw_host_settings *s, char **slot, const char *text, const char *part)
{
    struct gw_error err = {0};
    char *was = *slot;
    *slot = strdup(text);
    assert_int_equal(gw_host_settings_check(s, &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, part);
    free(*slot);
    *slot = was;
}

static void bad_values_are_refused(void **state)
{
    struct gw_host_settings *s = &((struct host_fixture *)*state)->settings;
    refuses(s, &s->migration_address, "h1", "not an IP address");
    refuses(s, &s->management_address, "", "not an IP address");
    refuses(s, &s->accelerator, "xen", "auto, tcg or kvm");
    refuses(s, &s->host_dir, "/0123456789012345678901234567890123456789012345678901xx",
            "more than");
    refuses(s, &s->pools.items[0], "data:/srv", "id:kind:path");
    refuses(s, &s->pools.items[0], "data:nfs:/srv", "local or shared");
    refuses(s, &s->pools.items[0], "data:local:srv", "absolute");
    refuses(s, &s->pools.items[0], "d/a:local:/srv", "no valid id");
    refuses(s, &s->pools.items[0], "common:local:/srv", "twice");
    refuses(s, &s->bridges.items[0], "br/0", "interface");
}

static void a_host_dir_at_its_limit_passes_and_one_past_does_not(void **state)
{
    struct gw_host_settings *s = &((struct host_fixture *)*state)->settings;
    struct gw_error err = {0};
    char path[GW_HOST_DIR_MAX + 2] = {0};
    char *was = s->host_dir;
    memset(path, '/', GW_HOST_DIR_MAX);
    s->host_dir = path;
    assert_int_equal(gw_host_settings_check(s, &err), 0);
    path[GW_HOST_DIR_MAX] = '/';
    assert_int_equal(gw_host_settings_check(s, &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, "host_dir has 53 bytes, more than 52");
    s->host_dir = was;
}

static void pools_and_bridges_are_found_by_name(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    const struct gw_host_pool *pool = gw_host_find_pool(&f->host, "common", &err);
    assert_non_null(pool);
    assert_int_equal(pool->kind, GW_HOST_POOL_SHARED);
    assert_null(gw_host_find_pool(&f->host, "other", &err));
    assert_error(&err, GW_NOT_FOUND, "other");
    assert_string_equal(err.reason, "POOL_NOT_FOUND");
    assert_int_equal(gw_host_check_bridge(&f->host, "br0", &err), 0);
    assert_int_equal(gw_host_check_bridge(&f->host, "br1", &err), -1);
    assert_string_equal(err.reason, "BRIDGE_NOT_FOUND");
}

static void boot_files_stay_in_the_boot_folder(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    assert_null(gw_host_boot_file(&f->host, "../host/host-id", &err));
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_null(gw_host_boot_file(&f->host, "vmlinuz", &err));
    assert_string_equal(err.reason, "BOOT_FILE_NOT_FOUND");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(bad_values_are_refused),
        CASE(a_host_dir_at_its_limit_passes_and_one_past_does_not),
        CASE(pools_and_bridges_are_found_by_name),
        CASE(boot_files_stay_in_the_boot_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
