/* A guest moves live between two agents, the test being the source. */
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/component/target/mover.h"

struct fixture {
    struct bench *bench;
    struct agent *from;
    struct agent *to;
    struct gw_guest_spec *spec;
    struct mover mover;
    struct endpoints endpoints;
};

static const struct attempt first = {"m-1", 1, 3};
static const struct prepare_options plain = {0};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.bench = bench_new()};
    f.from = bench_add_agent(f.bench);
    f.to = bench_add_agent(f.bench);
    f.spec = host_fixture_spec();
    f.spec->memory_bytes += 8192; /* docs/agents.md: QEMU 7.2 under TCG */
    assert_true(call_create(f.from, f.spec, 1));
    assert_true(call_start(f.from, f.spec, 2) > 0);
    bench_wait_count(f.bench, &f.from->n_adopted, 1);
    mover_open(&f.mover, f.from);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    mover_close(&f->mover);
    bench_free(f->bench);
    free(f->spec);
    return 0;
}

static void prepare(struct fixture *f)
{
    if (!call_prepare(f->to, f->spec, &first, &plain, &f->endpoints))
        fail_msg("%s", f->bench->err.message);
}

static void a_guest_moves_and_runs(void **state)
{
    struct fixture *f = *state;
    char status[32];
    prepare(f);
    assert_true(f->endpoints.memory_port > 0);
    assert_true(f->endpoints.disk_port > 0);
    assert_int_equal(f->endpoints.n_disks, 1);
    mover_move(&f->mover, &f->endpoints);
    if (!call_activate(f->to, &first, true))
        fail_msg("%s", f->bench->err.message);
    bench_wait_count(f->bench, &f->to->n_adopted, 1);
    assert_int_equal(f->to->adopted_epoch, 3);
    mover_status(f->to, status);
    assert_string_equal(status, "running");
    assert_int_equal(record_of(f->to).state, GW_RECORD_ACTIVE);
    assert_true(call_activate(f->to, &first, true));
    assert_false(call_refuse(f->to, &first));
    assert_string_equal(f->bench->err.reason, "ALREADY_ACTIVE");
}

static void prepare_again_gives_the_same_endpoints(void **state)
{
    struct fixture *f = *state;
    struct endpoints again = {0};
    prepare(f);
    assert_true(call_prepare(f->to, f->spec, &first, &plain, &again));
    assert_memory_equal(&again, &f->endpoints, sizeof again);
}

static void refuse_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    prepare(f);
    pid_t pid = record_of(f->to).qemu_pid;
    assert_true(qemu_lives(f->to));
    assert_true(call_refuse(f->to, &first));
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(count_pool_files(f->to), 0);
    assert_int_equal(record_of(f->to).state, GW_RECORD_REFUSED);
    assert_true(call_refuse(f->to, &first));
    assert_false(call_prepare(f->to, f->spec, &first, &plain, NULL));
    assert_string_equal(f->bench->err.reason, "REFUSED");
    assert_false(call_activate(f->to, &first, true));
    assert_string_equal(f->bench->err.reason, "REFUSED");
    const struct attempt second = {"m-1", 2, 3};
    assert_true(call_prepare(f->to, f->spec, &second, &plain, NULL));
    assert_false(call_refuse(f->to, &first));
    assert_string_equal(f->bench->err.reason, "STALE");
}

static void an_attempt_that_never_came_is_refused_in_advance(void **state)
{
    struct fixture *f = *state;
    assert_true(call_refuse(f->to, &first));
    assert_false(call_prepare(f->to, f->spec, &first, &plain, NULL));
    assert_string_equal(f->bench->err.reason, "REFUSED");
    assert_int_equal(count_pool_files(f->to), 0);
}

static bool is_refused(void *arg)
{
    const struct fixture *f = arg;
    struct gw_record record = record_of(f->to);
    return record.state == GW_RECORD_REFUSED && record.is_done;
}

static bool is_told(void *arg)
{
    const struct fixture *f = arg;
    return f->to->n_told == 1 && f->to->told_attempt == 1;
}

static void what_the_scheduler_calls_stale_is_refused(void **state)
{
    struct fixture *f = *state;
    prepare(f);
    bench_wait_until(f->bench, is_told, f);
    assert_true(qemu_lives(f->to));
    f->to->is_killing = true;
    bench_wait_until(f->bench, is_refused, f);
    assert_false(qemu_lives(f->to));
    assert_int_equal(count_pool_files(f->to), 0);
}

static void an_order_leaves_a_guest_that_runs_alone(void **state)
{
    struct fixture *f = *state;
    f->from->is_killing = true;
    bench_wait_count(f->bench, &f->from->n_beats, f->from->n_beats + 3);
    assert_true(qemu_lives(f->from));
    assert_int_equal(f->from->n_told, 0);
}

/* The disk cannot be unlinked: there is a folder in its place. */
static void leftovers_are_not_forgotten(void **state)
{
    struct fixture *f = *state;
    const struct attempt next = {"m-2", 2, 3};
    char *path = host_fixture_path(f->to->host, "pool/" BENCH_UUID "-root.qcow2");
    prepare(f);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(call_refuse(f->to, &first));
    assert_false(call_prepare(f->to, f->spec, &next, &plain, NULL));
    assert_error(&f->bench->err, GW_FAILED_PRECONDITION, "attempt 1 of migration \"m-1\" left");
    assert_string_equal(f->bench->err.reason, "NOT_REMOVED");
    assert_false(call_refuse(f->to, &next));
    assert_int_equal(rmdir(path), 0);
    assert_true(call_refuse(f->to, &first));
    assert_true(call_prepare(f->to, f->spec, &next, &plain, NULL));
    free(path);
}

static void a_late_message_of_a_cancelled_move_is_stale(void **state)
{
    struct fixture *f = *state;
    const struct attempt next = {"m-2", 2, 3};
    assert_true(call_refuse(f->to, &first));
    assert_true(call_refuse(f->to, &next));
    assert_false(call_prepare(f->to, f->spec, &first, &plain, NULL));
    assert_string_equal(f->bench->err.reason, "STALE");
    assert_false(call_refuse(f->to, &first));
    assert_string_equal(f->bench->err.reason, "STALE");
    assert_int_equal(count_pool_files(f->to), 0);
}

static void refuse_ends_a_move_that_is_under_way(void **state)
{
    struct fixture *f = *state;
    char uri[64];
    prepare(f);
    (void)snprintf(uri, sizeof uri, "{\"uri\":\"tcp:127.0.0.1:%u\"}", f->endpoints.memory_port);
    mover_run(&f->mover, "migrate-set-capabilities",
              "{\"capabilities\":[{\"capability\":\"pause-before-switchover\",\"state\":true},"
              "{\"capability\":\"return-path\",\"state\":true},"
              "{\"capability\":\"events\",\"state\":true}]}");
    mover_run(&f->mover, "migrate", uri);
    mover_await(&f->mover, "pre-switchover");
    assert_true(call_refuse(f->to, &first));
    assert_false(qemu_lives(f->to));
    assert_int_equal(count_pool_files(f->to), 0);
    mover_run(&f->mover, "migrate_cancel", NULL);
}

static void activate_before_the_guest_arrived_does_not_run_it(void **state)
{
    struct fixture *f = *state;
    prepare(f);
    assert_int_equal(kill(record_of(f->to).qemu_pid, SIGKILL), 0);
    assert_false(call_activate(f->to, &first, true));
    assert_error_code(&f->bench->err, GW_FAILED_PRECONDITION);
    assert_string_equal(f->bench->err.reason, "QEMU_ENDED");
    assert_int_equal(record_of(f->to).state, GW_RECORD_INCOMING);
    assert_true(call_refuse(f->to, &first));
    assert_int_equal(count_pool_files(f->to), 0);
}

static void an_unknown_or_stale_activate_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct attempt other = {"m-2", 2, 3};
    const struct attempt stale = {"m-1", 1, 2};
    assert_false(call_activate(f->to, &first, true));
    assert_error_code(&f->bench->err, GW_NOT_FOUND);
    prepare(f);
    assert_false(call_activate(f->to, &other, true));
    assert_string_equal(f->bench->err.reason, "ATTEMPT_NOT_FOUND");
    assert_false(call_activate(f->to, &stale, true));
    assert_string_equal(f->bench->err.reason, "STALE");
    assert_false(call_prepare(f->to, f->spec, &stale, &plain, NULL));
    assert_string_equal(f->bench->err.reason, "STALE");
    assert_false(call_prepare(f->to, f->spec, &other, &plain, NULL));
    assert_string_equal(f->bench->err.reason, "ATTEMPT_UNDER_WAY");
    assert_true(qemu_lives(f->to));
}

static void a_host_does_not_prepare_its_own_guest(void **state)
{
    struct fixture *f = *state;
    assert_false(call_prepare(f->from, f->spec, &first, &plain, NULL));
    assert_error_code(&f->bench->err, GW_FAILED_PRECONDITION);
    assert_string_equal(f->bench->err.reason, "GUEST_HERE");
}

static void what_fails_in_prepare_is_undone(void **state)
{
    struct fixture *f = *state;
    strcpy(f->spec->cpu_model, "nosuchcpu");
    assert_false(call_prepare(f->to, f->spec, &first, &plain, NULL));
    assert_error(&f->bench->err, GW_FAILED_PRECONDITION, "nosuchcpu");
    assert_int_equal(count_pool_files(f->to), 0);
    assert_int_equal(record_of(f->to).state, GW_RECORD_REFUSED);
    assert_false(has_file(f->to, "host/guests/" BENCH_UUID "/target.qmp"));
    const struct attempt second = {"m-1", 2, 3};
    f->spec->memory_bytes = GW_GUEST_MEMORY_MAX_BYTES;
    assert_false(call_prepare(f->to, f->spec, &second, &plain, NULL));
    assert_string_equal(f->bench->err.reason, "INSUFFICIENT_MEMORY");
}

static void another_host_cannot_connect(void **state)
{
    struct fixture *f = *state;
    const struct prepare_options elsewhere = {.source_address = "127.0.0.2"};
    char uri[64];
    assert_true(call_prepare(f->to, f->spec, &first, &elsewhere, &f->endpoints));
    (void)snprintf(uri, sizeof uri, "{\"uri\":\"tcp:127.0.0.1:%u\"}", f->endpoints.memory_port);
    mover_run(&f->mover, "migrate-set-capabilities",
              "{\"capabilities\":[{\"capability\":\"events\",\"state\":true}]}");
    mover_run(&f->mover, "migrate", uri);
    assert_string_not_equal(f->mover.status, "active");
    mover_run(&f->mover, "migrate_cancel", NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_guest_moves_and_runs),
        CASE(prepare_again_gives_the_same_endpoints),
        CASE(refuse_leaves_nothing_behind),
        CASE(an_attempt_that_never_came_is_refused_in_advance),
        CASE(what_the_scheduler_calls_stale_is_refused),
        CASE(an_order_leaves_a_guest_that_runs_alone),
        CASE(leftovers_are_not_forgotten),
        CASE(a_late_message_of_a_cancelled_move_is_stale),
        CASE(refuse_ends_a_move_that_is_under_way),
        CASE(activate_before_the_guest_arrived_does_not_run_it),
        CASE(an_unknown_or_stale_activate_is_refused),
        CASE(a_host_does_not_prepare_its_own_guest),
        CASE(what_fails_in_prepare_is_undone),
        CASE(another_host_cannot_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
