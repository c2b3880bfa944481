/* An agent that ends in the middle, and the one that comes after it. */
#include "tests/support/test.h"

#include <signal.h>
#include <stdlib.h>

#include "base/file.h"
#include "host/guest_dir.h"
#include "host/process.h"
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
    f.spec->memory_bytes += 8192;
    assert_true(call_create(f.from, f.spec, 1));
    assert_true(call_start(f.from, f.spec, 2) > 0);
    bench_wait_count(f.bench, &f.from->n_adopted, 1);
    mover_open(&f.mover, f.from);
    if (!call_prepare(f.to, f.spec, &first, &plain, &f.endpoints))
        fail_msg("%s", f.bench->err.message);
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

static void restart(struct agent *agent)
{
    agent_stop(agent);
    agent_start(agent);
}

/* What is in the record, changed by @change, as a crash at another moment would have left it. */
static void edit_record(const struct agent *agent, void (*change)(struct gw_record *record))
{
    struct gw_record_file file;
    struct gw_error err = {0};
    char *path = gw_guest_dir_path(&agent->host->host, BENCH_UUID, GW_GUEST_TARGET_RECORD);
    assert_int_equal(gw_record_file_open(&file, path, &err), 0);
    struct gw_record record = file.now;
    change(&record);
    assert_int_equal(gw_record_file_write(&file, &record, GW_RECORD_NO_SYNC, &err), 0);
    gw_record_file_close(&file);
    free(path);
}

static void activate_and_check(struct fixture *f)
{
    char status[32];
    if (!call_activate(f->to, &first, true))
        fail_msg("%s", f->bench->err.message);
    mover_status(f->to, status);
    assert_string_equal(status, "running");
}

static void endpoints_live_through_a_restart_before_the_stream(void **state)
{
    struct fixture *f = *state;
    struct endpoints again = {0};
    restart(f->to);
    assert_true(call_prepare(f->to, f->spec, &first, &plain, &again));
    assert_memory_equal(&again, &f->endpoints, sizeof again);
    mover_move(&f->mover, &again);
    activate_and_check(f);
}

static void a_guest_that_arrived_while_the_agent_was_away_is_activated(void **state)
{
    struct fixture *f = *state;
    mover_move(&f->mover, &f->endpoints);
    restart(f->to);
    activate_and_check(f);
}

static void forget_that_it_was_answered(struct gw_record *record)
{
    record->memory_port = 0;
}

static void a_prepare_that_was_never_answered_is_undone(void **state)
{
    struct fixture *f = *state;
    agent_stop(f->to);
    pid_t pid = record_of(f->to).qemu_pid;
    edit_record(f->to, forget_that_it_was_answered);
    agent_start(f->to);
    assert_true(call_refuse(f->to, &first));
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(count_pool_files(f->to), 0);
    assert_int_equal(record_of(f->to).state, GW_RECORD_REFUSED);
}

static bool has_qemu(void *arg)
{
    return qemu_lives(((const struct fixture *)arg)->to);
}

static void forget_its_qemu(struct gw_record *record)
{
    record->qemu_pid = 0;
    record->memory_port = 0;
}

/* Ended between the start of QEMU and the word of its pid. */
static void a_qemu_that_no_record_names_is_ended(void **state)
{
    struct fixture *f = *state;
    struct gw_record before = record_of(f->to);
    agent_stop(f->to);
    edit_record(f->to, forget_its_qemu);
    agent_start(f->to);
    assert_true(call_refuse(f->to, &first));
    assert_int_equal(count_pool_files(f->to), 0);
    assert_false(gw_record_qemu_is_alive(&before, before.boot_id));
    assert_true(qemu_lives(f->from));
}

static void an_agent_that_ends_in_the_middle_of_a_prepare_takes_it_back(void **state)
{
    struct fixture *f = *state;
    const struct attempt second = {"m-1", 2, 3};
    assert_true(call_refuse(f->to, &first));
    call_prepare_only(f->to, f->spec, &second);
    bench_wait_until(f->bench, has_qemu, f);
    agent_stop(f->to);
    pid_t pid = record_of(f->to).qemu_pid;
    agent_start(f->to);
    assert_true(call_refuse(f->to, &second));
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(count_pool_files(f->to), 0);
}

static void refuse_breaks_a_prepare_off(void **state)
{
    struct fixture *f = *state;
    const struct attempt second = {"m-1", 2, 3};
    assert_true(call_refuse(f->to, &first));
    call_prepare_only(f->to, f->spec, &second);
    bench_wait_until(f->bench, has_qemu, f);
    pid_t pid = record_of(f->to).qemu_pid;
    assert_true(call_refuse(f->to, &second));
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(count_pool_files(f->to), 0);
    assert_int_equal(record_of(f->to).state, GW_RECORD_REFUSED);
}

static void say_active(struct gw_record *record)
{
    record->state = GW_RECORD_ACTIVE;
}

static bool has_adopted(void *arg)
{
    const struct fixture *f = arg;
    return f->to->n_adopted > 0;
}

static void an_activation_that_was_journalled_is_finished(void **state)
{
    struct fixture *f = *state;
    char status[32];
    mover_move(&f->mover, &f->endpoints);
    agent_stop(f->to);
    edit_record(f->to, say_active);
    agent_start(f->to);
    bench_wait_until(f->bench, has_adopted, f);
    mover_status(f->to, status);
    assert_string_equal(status, "running");
    assert_true(call_activate(f->to, &first, true));
}

static void say_starting(struct gw_record *record)
{
    record->state = GW_RECORD_CREATED;
    record->is_starting = true;
}

static bool is_quiet(void *arg)
{
    const struct fixture *f = arg;
    return record_of(f->to).qemu_pid == 0;
}

static void a_start_that_was_not_finished_is_taken_back(void **state)
{
    struct fixture *f = *state;
    agent_stop(f->to);
    pid_t pid = record_of(f->to).qemu_pid;
    edit_record(f->to, say_starting);
    agent_start(f->to);
    bench_wait_until(f->bench, is_quiet, f);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(record_of(f->to).state, GW_RECORD_CREATED);
    assert_int_equal(count_pool_files(f->to), 1);
    assert_true(call_start(f->to, f->spec, 4) > 0);
}

static void say_refused(struct gw_record *record)
{
    record->state = GW_RECORD_REFUSED;
}

static bool is_undone(void *arg)
{
    const struct fixture *f = arg;
    return record_of(f->to).is_done;
}

static void a_refusal_that_was_journalled_is_finished(void **state)
{
    struct fixture *f = *state;
    agent_stop(f->to);
    pid_t pid = record_of(f->to).qemu_pid;
    edit_record(f->to, say_refused);
    agent_start(f->to);
    bench_wait_until(f->bench, is_undone, f);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(count_pool_files(f->to), 0);
}

static void a_dead_incoming_qemu_is_told_at_activate(void **state)
{
    struct fixture *f = *state;
    agent_stop(f->to);
    assert_int_equal(kill(record_of(f->to).qemu_pid, SIGKILL), 0);
    agent_start(f->to);
    assert_false(call_activate(f->to, &first, true));
    assert_string_equal(f->bench->err.reason, "QEMU_ENDED");
    assert_true(call_refuse(f->to, &first));
}

static void the_source_is_asked_again_after_a_restart(void **state)
{
    struct fixture *f = *state;
    f->to->is_source_deaf = true;
    mover_move(&f->mover, &f->endpoints);
    activate_and_check(f);
    agent_stop(f->to);
    f->to->is_source_deaf = false;
    agent_start(f->to);
    bench_wait_count(f->bench, &f->to->n_adopted, 1);
    assert_true(qemu_lives(f->to));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(endpoints_live_through_a_restart_before_the_stream),
        CASE(a_guest_that_arrived_while_the_agent_was_away_is_activated),
        CASE(a_prepare_that_was_never_answered_is_undone),
        CASE(a_qemu_that_no_record_names_is_ended),
        CASE(an_agent_that_ends_in_the_middle_of_a_prepare_takes_it_back),
        CASE(refuse_breaks_a_prepare_off),
        CASE(an_activation_that_was_journalled_is_finished),
        CASE(a_start_that_was_not_finished_is_taken_back),
        CASE(a_refusal_that_was_journalled_is_finished),
        CASE(a_dead_incoming_qemu_is_told_at_activate),
        CASE(the_source_is_asked_again_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
