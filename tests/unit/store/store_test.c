/* The scheduler's store: what was applied is there after a reopen, what failed is not. */
#include "store/store.h"

#include "support/test.h"
#include "support/tmp_folder.h"

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "aaaaaaaa-0000-4000-8000-000000000002"
#define HOST_1 "bbbbbbbb-0000-4000-8000-000000000001"
#define HOST_2 "bbbbbbbb-0000-4000-8000-000000000002"
#define MOVE_1 "cccccccc-0000-4000-8000-000000000001"

struct fixture {
    char *folder;
    char *path;
    struct gw_store *store;
    struct gw_batch batch;
};

static struct gw_store *open_at(const char *path, uint64_t max_bytes)
{
    struct gw_store_options options = {.random = gw_random_system(), .max_bytes = max_bytes};
    struct gw_error err = {0};
    struct gw_store *store = gw_store_open(path, &options, &err);
    if (!store)
        fail_msg("%s", err.message);
    return store;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = tmp_folder_make();
    f->path = gw_strf("%s/store.db", f->folder);
    f->store = open_at(f->path, 0);
    gw_batch_init(&f->batch);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    gw_batch_fini(&f->batch);
    gw_store_close(f->store);
    tmp_folder_remove(f->folder);
    free(f->path);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    gw_store_close(f->store);
    f->store = open_at(f->path, 0);
}

/* Apply the batch and empty it. */
static int apply(struct fixture *f, uint64_t *out_cursor, struct gw_error *err)
{
    int result = gw_store_apply(f->store, &f->batch, out_cursor, err);
    gw_batch_fini(&f->batch);
    return result;
}

static void apply_ok(struct fixture *f)
{
    struct gw_error err = {0};
    if (apply(f, NULL, &err))
        fail_msg("%s", err.message);
}

static struct gw_guest_row guest(char *spec)
{
    struct gw_guest_row row = {.uuid = UUID_A,
                               .name = "web",
                               .spec = spec,
                               .state = GW_GUEST_CREATING,
                               .epoch = 3,
                               .holder = HOST_1,
                               .is_start_wanted = true,
                               .message = "why",
                               .created_us = 11,
                               .changed_us = 12};
    return row;
}

static void add_guest(struct fixture *f)
{
    char spec[] = "{\"name\":\"web\"}";
    struct gw_guest_row row = guest(spec);
    gw_batch_guest(&f->batch, GW_CHANGE_GUEST_ADD, &row);
    apply_ok(f);
}

static int take_guest(void *arg, struct gw_guest_row *row, struct gw_error *err)
{
    (void)err;
    struct gw_guest_row *out = arg;
    gw_guest_row_fini(out);
    *out = *row;
    row->spec = NULL;
    return 0;
}

static struct gw_guest_row only_guest(struct fixture *f)
{
    struct gw_guest_row row = {0};
    struct gw_error err = {0};
    assert_int_equal(gw_store_each_guest(f->store, take_guest, &row, &err), 0);
    return row;
}

static void the_clusters_id_is_made_once(void **state)
{
    struct fixture *f = *state;
    char *id = strdup(gw_store_cluster_id(f->store));
    assert_true(gw_uuid_is_valid(id));
    reopen(f);
    assert_string_equal(gw_store_cluster_id(f->store), id);
    free(id);
}

static void a_guest_is_whole_after_a_reopen(void **state)
{
    struct fixture *f = *state;
    add_guest(f);
    reopen(f);
    struct gw_guest_row row = only_guest(f);
    assert_string_equal(row.uuid, UUID_A);
    assert_string_equal(row.name, "web");
    assert_string_equal(row.spec, "{\"name\":\"web\"}");
    assert_int_equal(row.state, GW_GUEST_CREATING);
    assert_int_equal(row.epoch, 3);
    assert_string_equal(row.holder, HOST_1);
    assert_true(row.is_start_wanted);
    assert_string_equal(row.message, "why");
    assert_int_equal(row.created_us, 11);
    gw_guest_row_fini(&row);
}

static void setting_a_guest_touches_neither_epoch_nor_holder_nor_spec(void **state)
{
    struct fixture *f = *state;
    add_guest(f);
    struct gw_guest_row row = guest(NULL);
    row.state = GW_GUEST_RUNNING;
    row.epoch = 99;
    snprintf(row.holder, sizeof row.holder, "%s", HOST_2);
    gw_batch_guest(&f->batch, GW_CHANGE_GUEST_SET, &row);
    apply_ok(f);
    row = only_guest(f);
    assert_int_equal(row.state, GW_GUEST_RUNNING);
    assert_int_equal(row.epoch, 3);
    assert_string_equal(row.holder, HOST_1);
    assert_string_equal(row.spec, "{\"name\":\"web\"}");
    gw_guest_row_fini(&row);
}

static void a_grant_on_the_known_epoch_changes_epoch_and_holder(void **state)
{
    struct fixture *f = *state;
    add_guest(f);
    struct gw_grant grant = {
        .guest_uuid = UUID_A, .from_epoch = 3, .to_epoch = 4, .holder = HOST_2};
    gw_batch_grant(&f->batch, &grant);
    apply_ok(f);
    reopen(f);
    struct gw_guest_row row = only_guest(f);
    assert_int_equal(row.epoch, 4);
    assert_string_equal(row.holder, HOST_2);
    gw_guest_row_fini(&row);
}

static void a_grant_on_another_epoch_is_stale_and_undoes_the_whole_batch(void **state)
{
    struct fixture *f = *state;
    add_guest(f);
    struct gw_guest_row row = guest(NULL);
    row.state = GW_GUEST_RUNNING;
    gw_batch_guest(&f->batch, GW_CHANGE_GUEST_SET, &row);
    struct gw_grant grant = {
        .guest_uuid = UUID_A, .from_epoch = 2, .to_epoch = 4, .holder = HOST_2};
    gw_batch_grant(&f->batch, &grant);
    struct gw_error err = {0};
    assert_int_equal(apply(f, NULL, &err), -1);
    assert_error(&err, GW_ABORTED, UUID_A);
    assert_string_equal(err.reason, "STALE");
    row = only_guest(f);
    assert_int_equal(row.state, GW_GUEST_CREATING);
    assert_int_equal(row.epoch, 3);
    gw_guest_row_fini(&row);
}

static void a_second_guest_of_the_same_name_is_refused(void **state)
{
    struct fixture *f = *state;
    add_guest(f);
    char spec[] = "{}";
    struct gw_guest_row row = guest(spec);
    snprintf(row.uuid, sizeof row.uuid, "%s", UUID_B);
    gw_batch_guest(&f->batch, GW_CHANGE_GUEST_ADD, &row);
    struct gw_error err = {0};
    assert_int_equal(apply(f, NULL, &err), -1);
    assert_error_code(&err, GW_ALREADY_EXISTS);
}

static void a_removed_guest_is_gone_and_cannot_be_removed_twice(void **state)
{
    struct fixture *f = *state;
    add_guest(f);
    struct gw_guest_row row = guest(NULL);
    gw_batch_guest(&f->batch, GW_CHANGE_GUEST_REMOVE, &row);
    apply_ok(f);
    assert_string_equal(only_guest(f).uuid, "");
    gw_batch_guest(&f->batch, GW_CHANGE_GUEST_REMOVE, &row);
    struct gw_error err = {0};
    assert_int_equal(apply(f, NULL, &err), -1);
    assert_error(&err, GW_NOT_FOUND, UUID_A);
}

static int take_host(void *arg, struct gw_host_row *row, struct gw_error *err)
{
    (void)err;
    struct gw_host_row *out = arg;
    gw_host_row_fini(out);
    *out = *row;
    row->facts = (struct gw_blob){0};
    return 0;
}

static void a_host_put_again_replaces_what_was_known(void **state)
{
    struct fixture *f = *state;
    uint8_t facts[] = {1, 0, 2};
    struct gw_host_row row = {.id = HOST_1, .name = "h1", .source_url = "ipc:///a"};
    gw_batch_host_put(&f->batch, &row);
    row.facts = (struct gw_blob){.data = facts, .len = sizeof facts};
    snprintf(row.target_url, sizeof row.target_url, "ipc:///b");
    gw_batch_host_put(&f->batch, &row);
    apply_ok(f);
    reopen(f);
    struct gw_host_row got = {0};
    assert_int_equal(gw_store_each_host(f->store, take_host, &got, NULL), 0);
    assert_string_equal(got.source_url, "ipc:///a");
    assert_string_equal(got.target_url, "ipc:///b");
    assert_int_equal(got.facts.len, sizeof facts);
    assert_memory_equal(got.facts.data, facts, sizeof facts);
    gw_host_row_fini(&got);
}

static struct gw_migration_row migration(void)
{
    struct gw_migration_row row = {.id = MOVE_1,
                                   .plan_id = UUID_B,
                                   .position = 5,
                                   .guest_uuid = UUID_A,
                                   .guest_name = "web",
                                   .from_id = HOST_1,
                                   .to_id = HOST_2,
                                   .core = gw_migration_planned(3, 1, true, true),
                                   .created_us = 21};
    row.options = (struct gw_migration_options){
        .shutdown_timeout_ms = 1, .max_downtime_ms = 2, .bandwidth_bps = 3, .force_stop = true};
    return row;
}

static int take_migration(void *arg, struct gw_migration_row *row, struct gw_error *err)
{
    (void)err;
    struct gw_migration_row *out = arg;
    gw_migration_row_fini(out);
    *out = *row;
    row->endpoints = row->progress = (struct gw_blob){0};
    return 0;
}

static void a_migration_in_each_state_comes_back_as_it_was(void **state)
{
    struct fixture *f = *state;
    uint8_t endpoints[] = {9, 8};
    struct gw_migration_row row = migration();
    gw_batch_migration(&f->batch, GW_CHANGE_MIGRATION_ADD, &row);
    apply_ok(f);
    row.endpoints = (struct gw_blob){.data = endpoints, .len = sizeof endpoints};
    row.copied_disks = UINT32_MAX;
    row.cancel_requested = row.core.is_cancelled = row.core.target_refused = true;
    row.times = (struct gw_migration_times){1, 2, 3, 4, UINT64_MAX};
    row.failure = (struct gw_reason){.code = "WHY", .message = "because"};
    for (unsigned s = 0; s < GW_MIGRATION_STATE_COUNT; s++) {
        row.core.state = s;
        row.core.guest_epoch = s + 10;
        gw_batch_migration(&f->batch, GW_CHANGE_MIGRATION_SET, &row);
        apply_ok(f);
        struct gw_migration_row got = {0};
        assert_int_equal(gw_store_each_migration(f->store, take_migration, &got, NULL), 0);
        assert_int_equal(got.core.state, s);
        assert_int_equal(got.core.guest_epoch, s + 10);
        assert_true(got.core.is_live && got.core.guest_ran && got.core.target_refused);
        assert_true(got.core.is_cancelled && got.cancel_requested && !got.core.target_active);
        assert_int_equal(got.core.epoch, 3);
        assert_int_equal(got.core.attempt, 1);
        assert_int_equal(got.position, 5);
        assert_int_equal(got.copied_disks, UINT32_MAX);
        assert_memory_equal(&got.times, &row.times, sizeof got.times);
        assert_memory_equal(got.endpoints.data, endpoints, sizeof endpoints);
        assert_true(got.options.force_stop && got.options.bandwidth_bps == 3);
        assert_string_equal(got.failure.message, "because");
        gw_migration_row_fini(&got);
    }
}

static void an_idempotency_key_is_taken_once_and_none_any_number_of_times(void **state)
{
    struct fixture *f = *state;
    struct gw_plan_row row = {.id = UUID_A, .fingerprint = UINT64_MAX};
    gw_batch_plan_add(&f->batch, &row);
    snprintf(row.id, sizeof row.id, "%s", UUID_B);
    gw_batch_plan_add(&f->batch, &row);
    snprintf(row.id, sizeof row.id, "%s", HOST_1);
    snprintf(row.idempotency_key, sizeof row.idempotency_key, "k");
    gw_batch_plan_add(&f->batch, &row);
    apply_ok(f);
    snprintf(row.id, sizeof row.id, "%s", HOST_2);
    gw_batch_plan_add(&f->batch, &row);
    struct gw_error err = {0};
    assert_int_equal(apply(f, NULL, &err), -1);
    assert_error_code(&err, GW_ALREADY_EXISTS);
}

static void add_event(struct fixture *f, const char *migration_id)
{
    uint8_t payload[] = {7};
    struct gw_event_row row = {.at_us = 1, .kind = "test.event"};
    row.payload = (struct gw_blob){.data = payload, .len = 1};
    snprintf(row.migration_id, sizeof row.migration_id, "%s", migration_id);
    gw_batch_event_add(&f->batch, &row);
}

static void events_have_cursors_without_gaps_and_can_be_read_from_any(void **state)
{
    struct fixture *f = *state;
    add_event(f, "");
    add_event(f, MOVE_1);
    apply_ok(f);
    reopen(f);
    add_event(f, "");
    uint64_t newest = 0, oldest = 0;
    assert_int_equal(apply(f, &newest, NULL), 0);
    assert_int_equal(newest, 3);
    assert_int_equal(gw_store_event_bounds(f->store, &oldest, &newest, NULL), 0);
    assert_int_equal(oldest, 1);
    assert_int_equal(newest, 3);

    struct gw_event_row events[2] = {0};
    size_t n = 0;
    assert_int_equal(gw_store_events_read(f->store, 1, "", events, 2, &n, NULL), 0);
    assert_int_equal(n, 2);
    assert_int_equal(events[0].cursor, 2);
    assert_int_equal(events[1].cursor, 3);
    assert_int_equal(events[0].payload.data[0], 7);
    gw_event_row_fini(&events[0]);
    gw_event_row_fini(&events[1]);
    assert_int_equal(gw_store_events_read(f->store, 0, MOVE_1, events, 2, &n, NULL), 0);
    assert_int_equal(n, 1);
    assert_string_equal(events[0].kind, "test.event");
    gw_event_row_fini(&events[0]);
}

static void a_batch_at_its_limit_is_applied_and_one_more_is_refused(void **state)
{
    struct fixture *f = *state;
    uint64_t newest = 0;
    struct gw_error err = {0};
    for (int i = 0; i < GW_BATCH_MAX; i++)
        add_event(f, "");
    assert_true(gw_batch_ok(&f->batch));
    assert_int_equal(apply(f, &newest, NULL), 0);
    assert_int_equal(newest, GW_BATCH_MAX);
    for (int i = 0; i < GW_BATCH_MAX + 1; i++)
        add_event(f, "");
    assert_false(gw_batch_ok(&f->batch));
    assert_int_equal(apply(f, &newest, &err), -1);
    assert_error_code(&err, GW_RESOURCE_EXHAUSTED);
    assert_int_equal(newest, GW_BATCH_MAX);
}

/* Add events until there are @n; their number after tidying. */
static uint64_t events_of(struct fixture *f, uint64_t n)
{
    uint64_t newest = 0, oldest = 0;
    assert_int_equal(gw_store_event_bounds(f->store, &oldest, &newest, NULL), 0);
    while (newest < n) {
        for (uint64_t i = newest; i < n && i < newest + GW_BATCH_MAX; i++)
            add_event(f, "");
        assert_int_equal(apply(f, &newest, NULL), 0);
    }
    assert_int_equal(gw_store_tidy(f->store, NULL), 0);
    assert_int_equal(gw_store_event_bounds(f->store, &oldest, &newest, NULL), 0);
    return newest - oldest + 1;
}

static void the_oldest_events_go_when_more_than_are_kept_have_come(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(events_of(f, GW_STORE_EVENTS_KEPT), GW_STORE_EVENTS_KEPT);
    assert_int_equal(events_of(f, GW_STORE_EVENTS_KEPT + 1025), GW_STORE_EVENTS_KEPT);
}

static void tidying_empties_the_log_and_keeps_everything(void **state)
{
    struct fixture *f = *state;
    enum { BIG = 5 * 1024 * 1024 };
    struct gw_event_row row = {.kind = "test.big"};
    row.payload = (struct gw_blob){.data = calloc(1, BIG), .len = BIG};
    gw_batch_event_add(&f->batch, &row);
    gw_event_row_fini(&row);
    apply_ok(f);
    struct gw_error err = {0};
    if (gw_store_tidy(f->store, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(gw_store_tidy(f->store, NULL), 0);
    add_guest(f);
    reopen(f);
    uint64_t oldest = 0, newest = 0;
    assert_int_equal(gw_store_event_bounds(f->store, &oldest, &newest, NULL), 0);
    assert_int_equal(newest, 1);
    struct gw_guest_row guest_row = only_guest(f);
    assert_string_equal(guest_row.uuid, UUID_A);
    gw_guest_row_fini(&guest_row);
}

static void a_failed_batch_leaves_no_event_and_no_gap(void **state)
{
    struct fixture *f = *state;
    struct gw_guest_row missing = guest(NULL);
    add_event(f, "");
    gw_batch_guest(&f->batch, GW_CHANGE_GUEST_SET, &missing);
    assert_int_equal(apply(f, NULL, NULL), -1);
    add_event(f, "");
    uint64_t cursor = 0;
    assert_int_equal(apply(f, &cursor, NULL), 0);
    assert_int_equal(cursor, 1);
}

static void a_full_disk_fails_the_write_and_the_next_small_one_works(void **state)
{
    struct fixture *f = *state;
    enum { PAGES = 40, BIG = 512 * 1024 };
    gw_store_close(f->store);
    f->store = open_at(f->path, PAGES * 4096);
    struct gw_event_row row = {.kind = "test.big"};
    row.payload = (struct gw_blob){.data = calloc(1, BIG), .len = BIG};
    gw_batch_event_add(&f->batch, &row);
    struct gw_error err = {0};
    assert_int_equal(apply(f, NULL, &err), -1);
    assert_error(&err, GW_RESOURCE_EXHAUSTED, "free space");
    gw_event_row_fini(&row);
    add_guest(f);
    struct gw_guest_row got = only_guest(f);
    assert_string_equal(got.uuid, UUID_A);
    gw_guest_row_fini(&got);
}

static void a_second_opener_is_refused(void **state)
{
    struct fixture *f = *state;
    struct gw_store_options options = {.random = gw_random_system()};
    struct gw_error err = {0};
    assert_null(gw_store_open(f->path, &options, &err));
    assert_error(&err, GW_ALREADY_EXISTS, "another process uses this store");
}

static void a_file_that_is_no_store_is_refused_unharmed(void **state)
{
    struct fixture *f = *state;
    char *path = gw_strf("%s/other.db", f->folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("not a database\n", file);
    fclose(file);
    struct gw_store_options options = {.random = gw_random_system()};
    struct gw_error err = {0};
    assert_null(gw_store_open(path, &options, &err));
    assert_error(&err, GW_DATA_LOSS, "other.db");
    free(path);
}

static void a_store_of_a_newer_program_is_refused(void **state)
{
    struct fixture *f = *state;
    gw_store_close(f->store);
    f->store = NULL;
    FILE *file = fopen(f->path, "r+");
    /* user_version: four bytes, big endian, at offset 60 of the file's header */
    fseek(file, 63, SEEK_SET);
    fputc(99, file);
    fclose(file);
    struct gw_store_options options = {.random = gw_random_system()};
    struct gw_error err = {0};
    assert_null(gw_store_open(f->path, &options, &err));
    assert_error(&err, GW_FAILED_PRECONDITION, "schema 99");
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_clusters_id_is_made_once),
        STORE_TEST(a_guest_is_whole_after_a_reopen),
        STORE_TEST(setting_a_guest_touches_neither_epoch_nor_holder_nor_spec),
        STORE_TEST(a_grant_on_the_known_epoch_changes_epoch_and_holder),
        STORE_TEST(a_grant_on_another_epoch_is_stale_and_undoes_the_whole_batch),
        STORE_TEST(a_second_guest_of_the_same_name_is_refused),
        STORE_TEST(a_removed_guest_is_gone_and_cannot_be_removed_twice),
        STORE_TEST(a_host_put_again_replaces_what_was_known),
        STORE_TEST(a_migration_in_each_state_comes_back_as_it_was),
        STORE_TEST(an_idempotency_key_is_taken_once_and_none_any_number_of_times),
        STORE_TEST(events_have_cursors_without_gaps_and_can_be_read_from_any),
        STORE_TEST(a_batch_at_its_limit_is_applied_and_one_more_is_refused),
        STORE_TEST(the_oldest_events_go_when_more_than_are_kept_have_come),
        STORE_TEST(tidying_empties_the_log_and_keeps_everything),
        STORE_TEST(a_failed_batch_leaves_no_event_and_no_gap),
        STORE_TEST(a_full_disk_fails_the_write_and_the_next_small_one_works),
        STORE_TEST(a_second_opener_is_refused),
        STORE_TEST(a_file_that_is_no_store_is_refused_unharmed),
        STORE_TEST(a_store_of_a_newer_program_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
