/* Creating and starting guests on a real agent with a real QEMU. */
#include "tests/support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "host/guest_dir.h"
#include "tests/component/target/bench.h"

struct fixture {
    struct bench *bench;
    struct agent *agent;
    struct gw_guest_spec *spec;
};

static int setup(void **state)
{
    static struct fixture f;
    f.bench = bench_new();
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

#define DISK "pool/" BENCH_UUID "-root.qcow2"

static void create_makes_the_disk_and_says_the_same_again(void **state)
{
    struct fixture *f = *state;
    assert_true(call_create(f->agent, f->spec, 1));
    assert_true(has_file(f->agent, DISK));
    assert_int_equal(record_of(f->agent).state, GW_RECORD_CREATED);
    assert_true(call_create(f->agent, f->spec, 1));
    assert_int_equal(count_pool_files(f->agent), 1);
}

static void create_refuses_a_disk_file_that_is_taken(void **state)
{
    struct fixture *f = *state;
    char *path = host_fixture_path(f->agent->host, DISK);
    assert_int_equal(gw_file_replace(path, "data", 4, NULL), 0);
    assert_false(call_create(f->agent, f->spec, 1));
    assert_error(&f->bench->err, GW_ALREADY_EXISTS, "root.qcow2");
    assert_string_equal(f->bench->err.reason, "DISK_EXISTS");
    assert_true(has_file(f->agent, DISK));
    assert_false(has_file(f->agent, "host/guests/" BENCH_UUID));
    free(path);
}

static void create_undoes_all_disks_when_one_fails(void **state)
{
    struct fixture *f = *state;
    f->spec->n_disks = 2;
    f->spec->disks[1] = f->spec->disks[0];
    strcpy(f->spec->disks[1].name, "log");
    strcpy(f->spec->disks[1].file, "log.qcow2");
    char *path = host_fixture_path(f->agent->host, "pool/log.qcow2");
    assert_int_equal(gw_file_replace(path, "data", 4, NULL), 0);
    assert_false(call_create(f->agent, f->spec, 1));
    assert_int_equal(count_pool_files(f->agent), 1);
    assert_false(has_file(f->agent, DISK));
    assert_int_equal(unlink(path), 0);
    assert_true(call_create(f->agent, f->spec, 1));
    assert_int_equal(count_pool_files(f->agent), 2);
    free(path);
}

static void bad_specs_change_nothing(void **state)
{
    struct fixture *f = *state;
    strcpy(f->spec->disks[0].pool, "absent");
    assert_false(call_create(f->agent, f->spec, 1));
    assert_string_equal(f->bench->err.reason, "POOL_NOT_FOUND");
    strcpy(f->spec->disks[0].pool, "../data");
    assert_false(call_create(f->agent, f->spec, 1));
    assert_error_code(&f->bench->err, GW_INVALID_ARGUMENT);
    assert_string_equal(f->bench->err.field, "spec.disks[0].pool");
    strcpy(f->spec->disks[0].pool, "data");
    strcpy(f->spec->kernel, "vmlinuz");
    assert_false(call_create(f->agent, f->spec, 1));
    assert_string_equal(f->bench->err.reason, "BOOT_FILE_NOT_FOUND");
    f->spec->kernel[0] = '\0';
    assert_false(call_create(f->agent, f->spec, 0));
    assert_string_equal(f->bench->err.field, "epoch");
    assert_false(has_file(f->agent, "host/guests/" BENCH_UUID));
    assert_int_equal(count_pool_files(f->agent), 0);
}

static void start_runs_it_and_hands_it_to_the_source(void **state)
{
    struct fixture *f = *state;
    assert_true(call_create(f->agent, f->spec, 1));
    uint64_t pid = call_start(f->agent, f->spec, 2);
    assert_true(pid > 0);
    assert_true(qemu_lives(f->agent));
    bench_wait_count(f->bench, &f->agent->n_adopted, 1);
    assert_int_equal(f->agent->adopted_epoch, 2);
    assert_int_equal(call_start(f->agent, f->spec, 2), pid);
    assert_int_equal(record_of(f->agent).state, GW_RECORD_ACTIVE);
    assert_int_equal(record_of(f->agent).epoch, 2);
    assert_int_equal(call_start(f->agent, f->spec, 1), 0);
    assert_error_code(&f->bench->err, GW_ABORTED);
    assert_string_equal(f->bench->err.reason, "STALE");
    assert_int_equal(call_start(f->agent, f->spec, 3), 0);
    assert_string_equal(f->bench->err.reason, "ALREADY_RUNNING");
}

static void the_source_is_told_until_it_answers(void **state)
{
    struct fixture *f = *state;
    f->agent->is_source_deaf = true;
    assert_true(call_create(f->agent, f->spec, 1));
    assert_true(call_start(f->agent, f->spec, 2) > 0);
    f->agent->is_source_deaf = false;
    bench_wait_count(f->bench, &f->agent->n_adopted, 1);
    assert_true(qemu_lives(f->agent));
}

static void an_unknown_guest_is_not_started(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(call_start(f->agent, f->spec, 1), 0);
    assert_error_code(&f->bench->err, GW_NOT_FOUND);
    assert_string_equal(f->bench->err.reason, "GUEST_NOT_FOUND");
}

static void what_qemu_says_against_a_start_is_quoted(void **state)
{
    struct fixture *f = *state;
    strcpy(f->spec->cpu_model, "nosuchcpu");
    assert_true(call_create(f->agent, f->spec, 1));
    assert_int_equal(call_start(f->agent, f->spec, 2), 0);
    assert_error(&f->bench->err, GW_FAILED_PRECONDITION, "nosuchcpu");
    assert_string_equal(f->bench->err.reason, "QEMU_ENDED");
    assert_false(qemu_lives(f->agent));
    strcpy(f->spec->cpu_model, "qemu64");
    assert_true(call_start(f->agent, f->spec, 3) > 0);
}

static void too_little_memory_is_told(void **state)
{
    struct fixture *f = *state;
    assert_true(call_create(f->agent, f->spec, 1));
    f->spec->memory_bytes = GW_GUEST_MEMORY_MAX_BYTES;
    assert_int_equal(call_start(f->agent, f->spec, 2), 0);
    assert_error_code(&f->bench->err, GW_RESOURCE_EXHAUSTED);
    assert_string_equal(f->bench->err.reason, "INSUFFICIENT_MEMORY");
    assert_int_equal(record_of(f->agent).state, GW_RECORD_CREATED);
}

static void a_probe_is_read_only_in_shared_pools(void **state)
{
    struct fixture *f = *state;
    const char *token = "0123456789abcdef0123456789abcdef";
    bool is_found = true;
    assert_true(call_read_probe(f->agent, "common", token, &is_found));
    assert_false(is_found);
    char *path =
        host_fixture_path(f->agent->host, "shared/.godwit-probe-0123456789abcdef0123456789abcdef");
    assert_int_equal(gw_file_replace(path, "x", 1, NULL), 0);
    assert_true(call_read_probe(f->agent, "common", token, &is_found));
    assert_true(is_found);
    assert_false(call_read_probe(f->agent, "data", token, &is_found));
    assert_string_equal(f->bench->err.reason, "POOL_NOT_SHARED");
    free(path);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(create_makes_the_disk_and_says_the_same_again),
        CASE(create_refuses_a_disk_file_that_is_taken),
        CASE(create_undoes_all_disks_when_one_fails),
        CASE(bad_specs_change_nothing),
        CASE(start_runs_it_and_hands_it_to_the_source),
        CASE(the_source_is_told_until_it_answers),
        CASE(an_unknown_guest_is_not_started),
        CASE(what_qemu_says_against_a_start_is_quoted),
        CASE(too_little_memory_is_told),
        CASE(a_probe_is_read_only_in_shared_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
