/* A stopped guest's disk arrives through an NBD export, and the guest is booted or kept stopped. */
#include "tests/support/test.h"

#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/file.h"
#include "guest.h"
#include "host/process.h"
#include "tests/component/target/mover.h"

struct fixture {
    struct bench *bench;
    struct agent *agent;
    struct gw_guest_spec *spec;
    struct endpoints endpoints;
};

#define DISK "pool/" BENCH_UUID "-root.qcow2"
#define PART DISK ".m-1.1.part"

static const struct attempt first = {"m-1", 1, 3};
static const struct prepare_options cold = {.is_cold = true};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.bench = bench_new()};
    f.agent = bench_add_agent(f.bench);
    f.spec = host_fixture_spec();
    f.spec->memory_bytes += 8192;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    bench_free(f->bench);
    free(f->spec);
    return 0;
}

static void prepare(struct fixture *f)
{
    if (!call_prepare(f->agent, f->spec, &first, &cold, &f->endpoints))
        fail_msg("%s", f->bench->err.message);
    assert_int_equal(f->endpoints.memory_port, 0);
    assert_true(f->endpoints.disk_port > 0);
}

/* What the source does: write the disk through the export, flushed. */
static void write_disk(const struct fixture *f)
{
    char uri[64];
    (void)snprintf(uri, sizeof uri, "nbd://127.0.0.1:%u/root", f->endpoints.disk_port);
    const char *const argv[] = {"qemu-io", "-f",    "raw", "-c", "write -P 0x5a 0 1M",
                                "-c",      "flush", uri,   NULL};
    const struct gw_process_plan plan = {.argv = argv, .deadline_ms = 30000, .max_bytes = 4096};
    int status = -1;
    struct gw_error err = {0};
    if (gw_process_run(&plan, NULL, &status, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(status, 0);
}

/* qemu-io's `read -P` fails where the pattern is not. */
static void check_disk(const struct fixture *f)
{
    char *path = host_fixture_path(f->agent->host, DISK);
    const char *const argv[] = {"qemu-io",           "-U", "-f", "qcow2", "-r", "-c",
                                "read -P 0x5a 0 1M", path, NULL};
    const struct gw_process_plan plan = {.argv = argv, .deadline_ms = 30000, .max_bytes = 4096};
    int status = -1;
    char *text = NULL;
    struct gw_error err = {0};
    if (gw_process_run(&plan, &text, &status, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(status, 0);
    assert_null(strstr(text, "failed"));
    free(text);
    free(path);
}

static void a_stopped_guest_arrives_and_stays_stopped(void **state)
{
    struct fixture *f = *state;
    prepare(f);
    assert_true(has_file(f->agent, PART));
    assert_false(has_file(f->agent, DISK));
    write_disk(f);
    if (!call_activate(f->agent, &first, false))
        fail_msg("%s", f->bench->err.message);
    assert_false(has_file(f->agent, PART));
    check_disk(f);
    assert_false(qemu_lives(f->agent));
    assert_int_equal(record_of(f->agent).state, GW_RECORD_ACTIVE);
    bench_wait_count(f->bench, &f->agent->n_adopted, 1);
    assert_int_equal(f->agent->adopted_epoch, 3);
    assert_true(call_activate(f->agent, &first, false));
    assert_true(call_start(f->agent, f->spec, 4) > 0);
}

static void a_running_guest_is_booted_where_it_arrives(void **state)
{
    struct fixture *f = *state;
    char status[32];
    prepare(f);
    write_disk(f);
    if (!call_activate(f->agent, &first, true))
        fail_msg("%s", f->bench->err.message);
    assert_true(qemu_lives(f->agent));
    mover_status(f->agent, status);
    assert_string_equal(status, "running");
    check_disk(f);
}

/* A pool whose threads all hang, as on storage that is slow to sync. */
struct slow_pool {
    struct fixture *f;
    struct gw_timer *timer;
    sem_t gate;
    bool is_late; /* the deadline of Activate has passed */
};

static void hang(void *arg)
{
    struct slow_pool *slow = arg;
    while (sem_wait(&slow->gate) < 0)
        ;
}

static void ignore(void *arg)
{
    (void)arg;
}

static void open_gate(struct slow_pool *slow)
{
    for (int i = 0; i < TGT_POOL_THREADS; i++)
        (void)sem_post(&slow->gate);
}

static void on_tick(void *arg)
{
    struct slow_pool *slow = arg;
    struct tgt_guest *guest = slow->f->agent->daemon->guests;
    if (slow->is_late) {
        open_gate(slow);
        return;
    }
    if (guest && guest->record.now.disks_placed) {
        tgt_op_on_deadline(guest);
        slow->is_late = true;
    }
    gw_timer_start(slow->timer, 20);
}

static void a_guest_stays_busy_while_its_disks_are_synced(void **state)
{
    struct fixture *f = *state;
    struct slow_pool slow = {.f = f};
    assert_int_equal(sem_init(&slow.gate, 0, 0), 0);
    slow.timer = gw_timer_new(f->bench->loop, on_tick, &slow);
    prepare(f);
    write_disk(f);
    for (int i = 0; i < TGT_POOL_THREADS; i++)
        assert_int_equal(gw_pool_submit(f->agent->daemon->pool, hang, ignore, &slow, NULL), 0);
    gw_timer_start(slow.timer, 1);
    bool is_active = call_activate(f->agent, &first, false);
    open_gate(&slow);
    if (!is_active)
        fail_msg("%s", f->bench->err.message);
    assert_true(slow.is_late);
    check_disk(f);
    gw_timer_free(slow.timer);
    (void)sem_destroy(&slow.gate);
}

static void a_shared_disk_needs_no_export(void **state)
{
    struct fixture *f = *state;
    const struct prepare_options shared = {.is_cold = true, .is_shared = true};
    char *path = host_fixture_path(f->agent->host, DISK);
    const char *const argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", path, "8M", NULL};
    const struct gw_process_plan plan = {.argv = argv, .deadline_ms = 30000, .max_bytes = 4096};
    int status = -1;
    assert_int_equal(gw_process_run(&plan, NULL, &status, NULL), 0);
    assert_true(call_prepare(f->agent, f->spec, &first, &shared, &f->endpoints));
    assert_int_equal(f->endpoints.disk_port, 0);
    assert_true(call_prepare(f->agent, f->spec, &first, &shared, &f->endpoints));
    if (!call_activate(f->agent, &first, true))
        fail_msg("%s", f->bench->err.message);
    assert_true(qemu_lives(f->agent));
    free(path);
}

static void refuse_removes_the_part_alone(void **state)
{
    struct fixture *f = *state;
    char *path = host_fixture_path(f->agent->host, "pool/other.qcow2");
    assert_int_equal(gw_file_replace(path, "data", 4, NULL), 0);
    prepare(f);
    write_disk(f);
    assert_true(call_refuse(f->agent, &first));
    assert_int_equal(count_pool_files(f->agent), 1);
    assert_false(qemu_lives(f->agent));
    free(path);
}

static void a_file_under_the_disks_name_is_never_replaced(void **state)
{
    struct fixture *f = *state;
    char *path = host_fixture_path(f->agent->host, DISK);
    prepare(f);
    assert_int_equal(gw_file_replace(path, "data", 4, NULL), 0);
    assert_false(call_activate(f->agent, &first, false));
    assert_error_code(&f->bench->err, GW_ALREADY_EXISTS);
    assert_int_equal(record_of(f->agent).state, GW_RECORD_INCOMING);
    assert_true(call_refuse(f->agent, &first));
    assert_false(has_file(f->agent, PART));
    char *text = gw_file_read(path, 100, NULL, NULL);
    assert_string_equal(text, "data");
    free(text);
    free(path);
}

static void a_boot_that_fails_can_still_be_refused(void **state)
{
    struct fixture *f = *state;
    strcpy(f->spec->cpu_model, "nosuchcpu");
    prepare(f);
    write_disk(f);
    assert_false(call_activate(f->agent, &first, true));
    assert_error(&f->bench->err, GW_FAILED_PRECONDITION, "nosuchcpu");
    assert_int_equal(record_of(f->agent).state, GW_RECORD_INCOMING);
    assert_true(call_refuse(f->agent, &first));
    assert_int_equal(count_pool_files(f->agent), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_stopped_guest_arrives_and_stays_stopped),
        CASE(a_running_guest_is_booted_where_it_arrives),
        CASE(a_guest_stays_busy_while_its_disks_are_synced),
        CASE(a_shared_disk_needs_no_export),
        CASE(refuse_removes_the_part_alone),
        CASE(a_file_under_the_disks_name_is_never_replaced),
        CASE(a_boot_that_fails_can_still_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
