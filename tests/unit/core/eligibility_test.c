/* Each reason for which a guest is kept off a host, and the choice among hosts. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "core/eligibility.h"

static const char *const machines[] = {"pc-q35-7.2"};
static const char *const bridges[] = {"br0"};
static const struct gw_pool_view local_pools[] = {{"data", false, UINT64_C(1) << 30},
                                                  {"nfs", true, UINT64_C(1) << 30}};

static struct gw_host_view host_named(const char *name, const char *id)
{
    return (struct gw_host_view){.name = name,
                                 .id = id,
                                 .health = GW_HOST_UP,
                                 .accelerator = 1,
                                 .accelerator_name = "tcg",
                                 .memory_free_bytes = UINT64_C(4) << 30,
                                 .pools = local_pools,
                                 .n_pools = GW_ARRAY_LEN(local_pools),
                                 .machine_types = machines,
                                 .n_machine_types = GW_ARRAY_LEN(machines),
                                 .bridges = bridges,
                                 .n_bridges = GW_ARRAY_LEN(bridges)};
}

static void add_disk(struct gw_guest_spec *spec, const char *name, const char *pool)
{
    struct gw_guest_disk *disk = &spec->disks[spec->n_disks++];
    (void)snprintf(disk->name, sizeof disk->name, "%s", name);
    (void)snprintf(disk->pool, sizeof disk->pool, "%s", pool);
    disk->size_bytes = UINT64_C(512) << 20;
}

static int make_spec(void **state)
{
    struct gw_guest_spec *spec = calloc(1, sizeof *spec);
    if (!spec)
        return -1;
    (void)snprintf(spec->name, sizeof spec->name, "web");
    (void)snprintf(spec->machine_type, sizeof spec->machine_type, "pc-q35-7.2");
    spec->memory_bytes = UINT64_C(1) << 30;
    spec->is_migration_stateful = true;
    add_disk(spec, "root", "data");
    add_disk(spec, "home", "nfs");
    (void)snprintf(spec->nics[0].bridge, sizeof spec->nics[0].bridge, "br0");
    spec->n_nics = 1;
    *state = spec;
    return 0;
}

static int free_spec(void **state)
{
    free(*state);
    return 0;
}

static struct gw_move live_move(const struct gw_guest_spec *spec, const struct gw_host_view *from)
{
    return (struct gw_move){
        .spec = spec, .is_running = true, .is_live = true, .from = from, .busy_with = ""};
}

static void assert_codes(const struct gw_reasons *reasons, const char *want)
{
    char got[512] = "";
    for (size_t i = 0; i < reasons->n_items; i++) {
        strcat(got, i ? " " : "");
        strcat(got, reasons->items[i].code);
    }
    assert_string_equal(got, want);
}

static void a_host_that_has_everything_has_nothing_against_it(void **state)
{
    struct gw_host_view a = host_named("h1", "id1");
    struct gw_host_view b = host_named("h2", "id2");
    struct gw_move move = live_move(*state, &a);
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_move_source(&move, &reasons);
    gw_check_move_target(&move, &b, &reasons);
    gw_check_create(*state, &b, &reasons);
    assert_codes(&reasons, "");
    assert_int_equal(gw_reasons_to_error(&reasons, NULL), 0);
}

static void every_lack_of_the_target_is_named_at_once(void **state)
{
    struct gw_host_view a = host_named("h1", "id1");
    struct gw_host_view b = {.name = "h2",
                             .id = "id2",
                             .health = GW_HOST_SILENT,
                             .accelerator = 2,
                             .accelerator_name = "kvm"};
    struct gw_move move = live_move(*state, &a);
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_move_target(&move, &b, &reasons);
    assert_codes(&reasons,
                 "HOST_SILENT INSUFFICIENT_MEMORY POOL_MISSING POOL_MISSING MACHINE_TYPE_UNKNOWN "
                 "BRIDGE_MISSING ACCELERATOR_DIFFERS");
    struct gw_error err = {0};
    assert_int_equal(gw_reasons_to_error(&reasons, &err), -1);
    assert_int_equal(err.code, GW_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "HOST_SILENT");
    assert_non_null(strstr(err.message, "host h2 does not answer"));
    assert_non_null(strstr(err.message, "; host h2 has 0 MiB of memory free"));
}

static void the_same_host_is_the_one_thing_said_of_it(void **state)
{
    struct gw_host_view a = host_named("h1", "id1");
    struct gw_move move = live_move(*state, &a);
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_move_target(&move, &a, &reasons);
    assert_codes(&reasons, "SAME_HOST");
}

static void a_degraded_host_and_a_full_pool_are_refused(void **state)
{
    struct gw_host_view a = host_named("h1", "id1");
    struct gw_host_view b = host_named("h2", "id2");
    const struct gw_pool_view full[] = {{"data", false, 1}, {"nfs", true, 0}};
    b.pools = full;
    b.health = GW_HOST_DEGRADED;
    struct gw_move move = live_move(*state, &a);
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_move_target(&move, &b, &reasons);
    /* the shared disk is not copied, so the full shared pool does not matter */
    assert_codes(&reasons, "HOST_DEGRADED INSUFFICIENT_SPACE");
}

static void disks_of_one_pool_are_counted_together(void **state)
{
    struct gw_guest_spec *spec = *state;
    add_disk(spec, "more", "data");
    add_disk(spec, "most", "data");
    struct gw_host_view b = host_named("h2", "id2");
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_create(spec, &b, &reasons);
    assert_codes(&reasons, "INSUFFICIENT_SPACE");
    assert_non_null(strstr(reasons.items[0].message, "need 1536 MiB"));
}

static void a_live_move_needs_a_running_stateful_idle_guest(void **state)
{
    struct gw_guest_spec *spec = *state;
    spec->is_migration_stateful = false;
    struct gw_host_view a = host_named("h1", "id1");
    a.health = GW_HOST_SILENT;
    struct gw_move move = live_move(spec, &a);
    move.is_running = false;
    move.is_busy = true;
    move.busy_with = "migration m1";
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_move_source(&move, &reasons);
    assert_codes(&reasons, "MIGRATION_UNDER_WAY GUEST_STOPPED NOT_STATEFUL HOST_SILENT");
}

static void memory_that_an_old_emulating_qemu_would_lose_does_not_move_live(void **state)
{
    struct gw_guest_spec *spec = *state;
    struct gw_host_view a = host_named("h1", "id1");
    a.is_emulated = true;
    a.qemu_version = "7.2.22";
    struct gw_move move = live_move(spec, &a);
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_move_source(&move, &reasons);
    assert_codes(&reasons, "TCG_MEMORY_SIZE");
    assert_contains(reasons.items[0].message, "1073741824 bytes of memory");

    reasons.n_items = 0;
    move.is_live = false;
    gw_check_move_source(&move, &reasons);
    move.is_live = true;
    a.qemu_version = "10.0.2";
    gw_check_move_source(&move, &reasons);
    a.qemu_version = "7.2.22";
    a.is_emulated = false;
    gw_check_move_source(&move, &reasons);
    a.is_emulated = true;
    spec->memory_bytes += 8192;
    gw_check_move_source(&move, &reasons);
    assert_codes(&reasons, "");
}

static void a_cold_move_of_a_stopped_guest_needs_neither_memory_nor_accelerator(void **state)
{
    struct gw_host_view a = host_named("h1", "id1");
    struct gw_host_view b = host_named("h2", "id2");
    b.accelerator = 2;
    b.memory_free_bytes = 0;
    struct gw_move move = live_move(*state, &a);
    move.is_live = move.is_running = false;
    struct gw_reasons reasons = {.n_items = 0};
    gw_check_move_source(&move, &reasons);
    gw_check_move_target(&move, &b, &reasons);
    assert_codes(&reasons, "");
}

static void a_disk_stays_only_where_both_hosts_share_its_pool(void **state)
{
    struct gw_host_view a = host_named("h1", "id1");
    struct gw_host_view b = host_named("h2", "id2");
    assert_int_equal(gw_disks_to_copy(*state, &a, &b), 1);
    const struct gw_pool_view shared[] = {{"data", true, 0}, {"nfs", false, 0}};
    b.pools = shared;
    assert_int_equal(gw_disks_to_copy(*state, &a, &b), 3);
    a.pools = shared;
    assert_int_equal(gw_disks_to_copy(*state, &a, &b), 2);
}

static void the_eligible_host_with_most_free_memory_is_chosen_and_ties_go_by_name(void **state)
{
    struct gw_host_view hosts[] = {host_named("h3", "id3"), host_named("h1", "id1"),
                                   host_named("h2", "id2")};
    struct gw_reasons reasons = {.n_items = 0};
    assert_int_equal(gw_place_create(*state, hosts, 3, &reasons), 1);
    hosts[0].memory_free_bytes++;
    assert_int_equal(gw_place_create(*state, hosts, 3, &reasons), 0);
    hosts[0].health = GW_HOST_SILENT;
    struct gw_move move = live_move(*state, &hosts[1]);
    assert_int_equal(gw_place_move(&move, hosts, 3, &reasons), 2);
    assert_codes(&reasons, "");
}

static void no_host_at_all_names_what_each_lacks(void **state)
{
    struct gw_host_view hosts[] = {host_named("h1", "id1"), host_named("h2", "id2")};
    hosts[1].memory_free_bytes = 0;
    struct gw_move move = live_move(*state, &hosts[0]);
    struct gw_reasons reasons = {.n_items = 0};
    assert_int_equal(gw_place_move(&move, hosts, 2, &reasons), -1);
    assert_codes(&reasons, "NO_ELIGIBLE_HOST SAME_HOST INSUFFICIENT_MEMORY");
}

static void a_lack_of_one_byte_shows_in_the_numbers(void **state)
{
    struct gw_guest_spec *spec = *state;
    struct gw_host_view b = host_named("h2", "id2");
    struct gw_reasons reasons = {.n_items = 0};
    b.memory_free_bytes = spec->memory_bytes = UINT64_C(1) << 30;
    spec->disks[0].size_bytes = UINT64_C(1) << 30;
    gw_check_create(spec, &b, &reasons);
    assert_codes(&reasons, "");
    spec->memory_bytes += 4096;
    spec->disks[0].size_bytes += 512;
    gw_check_create(spec, &b, &reasons);
    assert_codes(&reasons, "INSUFFICIENT_MEMORY INSUFFICIENT_SPACE");
    assert_non_null(strstr(reasons.items[0].message, "1024 MiB of memory free"));
    assert_non_null(strstr(reasons.items[0].message, "needs 1025 MiB"));
    assert_non_null(strstr(reasons.items[1].message, "1024 MiB free"));
    assert_non_null(strstr(reasons.items[1].message, "need 1025 MiB"));
}

static void more_reasons_than_fit_are_dropped(void **state)
{
    (void)state;
    struct gw_reasons reasons = {.n_items = 0};
    for (int i = 0; i <= GW_REASONS_MAX; i++)
        gw_reasons_add(&reasons, "FULL", "reason %d", i);
    assert_int_equal(reasons.n_items, GW_REASONS_MAX);
    struct gw_error err = {0};
    assert_int_equal(gw_reasons_to_error(&reasons, &err), -1);
    assert_true(strlen(err.message) < GW_ERROR_MESSAGE_MAX);
}

#define SPEC_TEST(name) cmocka_unit_test_setup_teardown(name, make_spec, free_spec)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPEC_TEST(a_host_that_has_everything_has_nothing_against_it),
        SPEC_TEST(every_lack_of_the_target_is_named_at_once),
        SPEC_TEST(the_same_host_is_the_one_thing_said_of_it),
        SPEC_TEST(a_degraded_host_and_a_full_pool_are_refused),
        SPEC_TEST(disks_of_one_pool_are_counted_together),
        SPEC_TEST(a_lack_of_one_byte_shows_in_the_numbers),
        SPEC_TEST(a_live_move_needs_a_running_stateful_idle_guest),
        SPEC_TEST(memory_that_an_old_emulating_qemu_would_lose_does_not_move_live),
        SPEC_TEST(a_cold_move_of_a_stopped_guest_needs_neither_memory_nor_accelerator),
        SPEC_TEST(a_disk_stays_only_where_both_hosts_share_its_pool),
        SPEC_TEST(the_eligible_host_with_most_free_memory_is_chosen_and_ties_go_by_name),
        SPEC_TEST(no_host_at_all_names_what_each_lacks),
        cmocka_unit_test(more_reasons_than_fit_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
