/* The life of guests outside migrations. */
#include "cluster.h"

static void free_guest(Godwit__V1__Guest *guest)
{
    if (guest)
        godwit__v1__guest__free_unpacked(guest, NULL);
}

static void a_guest_is_created_stopped_with_what_the_target_filled_in(void **state)
{
    struct cluster *c = *state;
    Godwit__V1__Guest *guest = client_create(c, "web", "h1", false);
    assert_non_null(guest);
    assert_true(gw_uuid_is_valid(guest->spec->uuid));
    assert_string_equal(guest->spec->disks[0]->file, "root.qcow2");
    assert_string_equal(guest->spec->machine_type, "pc-q35-7.2");
    free_guest(guest);
    assert_trace(c, "h1.Create:1");
    assert_guest(c, STATE(STOPPED), "h1", 1);
    cluster_restart(c);
    guest = client_guest(c, "web");
    assert_string_equal(guest->spec->machine_type, "pc-q35-7.2");
    free_guest(guest);
}

static void a_guest_without_a_host_goes_where_most_memory_is_free(void **state)
{
    struct cluster *c = *state;
    c->hosts[2].memory_free_bytes = UINT64_C(9) << 30;
    fake_beat(&c->hosts[2]);
    free_guest(client_create(c, "web", "", true));
    assert_trace(c, "h3.Create:1 h3.Start:2");
    assert_guest(c, STATE(RUNNING), "h3", 2);
}

static void a_second_guest_of_the_name_is_refused(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, false);
    assert_null(client_create(c, "web", "h2", false));
    assert_error(&c->err, GW_ALREADY_EXISTS, "web");
    assert_string_equal(c->err.field, "spec.name");
    assert_trace(c, "");
}

static void another_guests_disk_file_is_refused(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, false);
    c->disk_file = "root.qcow2";
    assert_null(client_create(c, "db", "h2", false));
    assert_error(&c->err, GW_ALREADY_EXISTS, "is guest web's: give the disk another file name");
    assert_string_equal(c->err.field, "spec.disks[0].file");
    assert_string_equal(c->err.reason, "DISK_TAKEN");
    assert_trace(c, "");
    c->disk_file = "db.qcow2";
    free_guest(client_create(c, "db", "h2", false));
}

static void a_spec_that_is_not_valid_is_refused_with_its_field(void **state)
{
    struct cluster *c = *state;
    assert_null(client_create(c, "../web", "h1", false));
    assert_error_code(&c->err, GW_INVALID_ARGUMENT);
    assert_string_equal(c->err.field, "spec.name");
    assert_trace(c, "");
}

static void an_unknown_or_unfit_host_is_refused_with_every_reason(void **state)
{
    struct cluster *c = *state;
    assert_null(client_create(c, "web", "h9", false));
    assert_error(&c->err, GW_NOT_FOUND, "h9");
    assert_string_equal(c->err.reason, "HOST_NOT_FOUND");
    c->hosts[0].memory_free_bytes = 1;
    fake_beat(&c->hosts[0]);
    assert_null(client_create(c, "web", "h1", false));
    assert_error_code(&c->err, GW_FAILED_PRECONDITION);
    assert_string_equal(c->err.reason, "INSUFFICIENT_MEMORY");
}

static void a_guest_that_cannot_be_made_leaves_nothing_behind(void **state)
{
    struct cluster *c = *state;
    c->hosts[0].rules[CREATE] = (struct rule){.code = GW_RESOURCE_EXHAUSTED};
    assert_null(client_create(c, "web", "h1", true));
    assert_error(&c->err, GW_RESOURCE_EXHAUSTED, "guest web was not created");
    assert_null(client_guest(c, "web"));
    assert_error_code(&c->err, GW_NOT_FOUND);
    c->hosts[0].rules[CREATE].code = GW_OK;
    free_guest(client_create(c, "web", "h1", false));
    assert_guest(c, STATE(STOPPED), "h1", 1);
}

static void a_guest_that_does_not_start_stays_stopped_and_says_why(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, false);
    c->hosts[0].rules[START] = (struct rule){.code = GW_INTERNAL};
    assert_null(client_start(c, "web"));
    assert_error(&c->err, GW_INTERNAL, "guest web did not start");
    Godwit__V1__Guest *guest = client_guest(c, "web");
    assert_int_equal(guest->state, STATE(STOPPED));
    assert_contains(guest->message, "h1 says no");
    free_guest(guest);
}

static void each_start_has_a_new_epoch(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    assert_null(client_start(c, "web"));
    assert_string_equal(c->err.reason, "GUEST_NOT_STOPPED");
    free_guest(client_stop(c, "web"));
    assert_guest(c, STATE(STOPPED), "h1", 2);
    free_guest(client_start(c, c->guest_uuid));
    assert_trace(c, "h1.Stop:2 h1.Start:3");
    assert_guest(c, STATE(RUNNING), "h1", 3);
}

static void a_running_guest_cannot_be_deleted_and_a_stopped_one_loses_its_disks(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    assert_int_equal(client_delete(c, "web"), -1);
    assert_error(&c->err, GW_FAILED_PRECONDITION, "stop it before deleting it");
    free_guest(client_stop(c, "web"));
    assert_int_equal(client_delete(c, "web"), 0);
    assert_trace(c, "h1.Stop:2 h1.Retire:2");
    assert_string_equal(c->hosts[0].last_retired, "data/root.qcow2");
    assert_null(client_guest(c, "web"));
    cluster_restart(c);
    assert_null(client_guest(c, "web"));
}

static void a_guest_that_does_not_stop_is_running_still(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    c->hosts[0].rules[STOP] = (struct rule){.code = GW_DEADLINE_EXCEEDED};
    assert_null(client_stop(c, "web"));
    assert_error_code(&c->err, GW_DEADLINE_EXCEEDED);
    assert_guest(c, STATE(RUNNING), "h1", 2);
}

static void a_migrating_guest_is_left_alone(void **state)
{
    struct cluster *c = *state;
    cluster_make_guest(c, true);
    assert_int_equal(cluster_move(c, LIVE), 0);
    assert_null(client_stop(c, "web"));
    assert_string_equal(c->err.reason, "MIGRATION_UNDER_WAY");
}

static bool h1_is_asked_twice(struct cluster *c)
{
    return strcmp(c->trace, "h1.Create:1 h1.Create:1") == 0;
}

static bool guest_is_stopped(struct cluster *c)
{
    const struct sch_guest *guest = sch_guest_find(c->scheduler, "web");
    return guest && guest->row.state == GW_GUEST_STOPPED && !guest->is_busy;
}

static void restart_while_creating_creates_again(void **state)
{
    struct cluster *c = *state;
    c->hosts[0].rules[CREATE].is_held = true;
    /* The caller goes away with the scheduler; only the trace tells. */
    Godwit__V1__DiskSpec disk = GODWIT__V1__DISK_SPEC__INIT;
    Godwit__V1__DiskSpec *disks[] = {&disk};
    Godwit__V1__GuestSpec spec = GODWIT__V1__GUEST_SPEC__INIT;
    Godwit__V1__CreateGuestRequest request = GODWIT__V1__CREATE_GUEST_REQUEST__INIT;
    char root[] = "root", data[] = "data", web[] = "web", h1[] = "h1";
    disk.name = root;
    disk.pool = data;
    disk.size_bytes = 1 << 20;
    spec.name = web;
    spec.memory_bytes = 64 << 20;
    spec.disks = disks;
    spec.n_disks = 1;
    request.spec = &spec;
    request.host = h1;
    client_send(c, "CreateGuest", &request.base);
    cluster_wait_trace(c, "h1.Create:1");
    cluster_restart(c);
    c->hosts[0].rules[CREATE].is_held = false;
    cluster_wait(c, h1_is_asked_twice, "a second Create");
    cluster_wait(c, guest_is_stopped, "the guest to be there");
    assert_guest(c, STATE(STOPPED), "h1", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLUSTER_TEST(a_guest_is_created_stopped_with_what_the_target_filled_in),
        CLUSTER_TEST(a_guest_without_a_host_goes_where_most_memory_is_free),
        CLUSTER_TEST(a_second_guest_of_the_name_is_refused),
        CLUSTER_TEST(another_guests_disk_file_is_refused),
        CLUSTER_TEST(a_spec_that_is_not_valid_is_refused_with_its_field),
        CLUSTER_TEST(an_unknown_or_unfit_host_is_refused_with_every_reason),
        CLUSTER_TEST(a_guest_that_cannot_be_made_leaves_nothing_behind),
        CLUSTER_TEST(a_guest_that_does_not_start_stays_stopped_and_says_why),
        CLUSTER_TEST(each_start_has_a_new_epoch),
        CLUSTER_TEST(a_running_guest_cannot_be_deleted_and_a_stopped_one_loses_its_disks),
        CLUSTER_TEST(a_guest_that_does_not_stop_is_running_still),
        CLUSTER_TEST(a_migrating_guest_is_left_alone),
        CLUSTER_TEST(restart_while_creating_creates_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
