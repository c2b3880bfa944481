/* Facts: parsing of what others print, memory claims, programs with a deadline. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/facts_priv.h"
#include "host/guest_dir.h"
#include "host/process.h"
#include "tests/unit/host/host_fixture.h"

static void os_release_gives_id_and_version(void **state)
{
    (void)state;
    char out[128];
    gw_facts_parse_os_release("NAME=\"x\"\nVERSION_ID=\"12\"\nID=debian\n", out, sizeof out);
    assert_string_equal(out, "debian-12");
    gw_facts_parse_os_release("ID=arch\n", out, sizeof out);
    assert_string_equal(out, "arch");
    gw_facts_parse_os_release("", out, sizeof out);
    assert_string_equal(out, "");
}

static void qemu_version_is_found(void **state)
{
    (void)state;
    char out[64];
    gw_facts_parse_qemu_version("QEMU emulator version 7.2.22 (Debian 1:7.2)\n", out, sizeof out);
    assert_string_equal(out, "7.2.22");
    gw_facts_parse_qemu_version("what?", out, sizeof out);
    assert_string_equal(out, "");
}

static void machines_are_listed_and_the_newest_q35_is_the_default(void **state)
{
    (void)state;
    struct gw_host_facts facts = {0};
    gw_facts_parse_machines("Supported machines are:\npc-q35-2.10  x\npc-q35-7.2  y\n"
                            "pc-q35-10.0 z\nq35   alias\nnone   empty\n",
                            &facts.machine_types);
    assert_int_equal(facts.machine_types.n_items, 4);
    assert_string_equal(gw_host_default_machine(&facts), "pc-q35-10.0");
    gw_host_facts_fini(&facts);
    assert_string_equal(gw_host_default_machine(&facts), "q35");
}

static void a_real_qemu_is_asked(void **state)
{
    (void)state;
    struct host_fixture *f = host_fixture_new();
    struct gw_host_facts facts = {0};
    struct gw_error err = {0};
    if (access(f->settings.qemu, X_OK) < 0)
        skip();
    assert_int_equal(gw_host_facts_gather(&f->host, &facts, &err), 0);
    assert_true(facts.qemu_version[0] >= '1');
    assert_int_equal(facts.accelerator, GW_ACCELERATOR_TCG);
    assert_memory_equal(gw_host_default_machine(&facts), "pc-q35-", 7);
    assert_true(facts.pools[0].total_bytes > 0);
    assert_true(facts.memory_free_bytes == facts.memory_total_bytes);
    assert_true(facts.cpus > 0);
    gw_host_facts_fini(&facts);
    host_fixture_free(f);
}

static void a_missing_qemu_is_named(void **state)
{
    (void)state;
    struct gw_host_facts facts = {0};
    struct gw_error err = {0};
    assert_int_equal(gw_facts_ask_qemu("/nonexistent/qemu", &facts, &err), -1);
    assert_error(&err, GW_NOT_FOUND, "/nonexistent/qemu");
    assert_int_equal(gw_facts_ask_qemu("/bin/false", &facts, &err), -1);
    assert_error(&err, GW_FAILED_PRECONDITION, "/bin/false");
    assert_false(gw_host_kvm_works("/bin/false", 1000));
}

static void write_record(struct host_fixture *f, const char *uuid, const struct gw_record *r)
{
    struct gw_record_file file;
    struct gw_error err = {0};
    char *path = gw_guest_dir_path(&f->host, uuid, GW_GUEST_TARGET_RECORD);
    assert_int_equal(gw_guest_dir_make(&f->host, uuid, &err), 0);
    assert_int_equal(gw_record_file_open(&file, path, &err), 0);
    assert_int_equal(gw_record_file_write(&file, r, GW_RECORD_NO_SYNC, &err), 0);
    gw_record_file_close(&file);
    free(path);
}

static void living_and_coming_guests_claim_memory(void **state)
{
    (void)state;
    struct host_fixture *f = host_fixture_new();
    struct gw_record r = {.state = GW_RECORD_ACTIVE, .memory_bytes = 100, .qemu_pid = getpid()};
    assert_int_equal(gw_process_start_ticks(getpid(), &r.qemu_start_ticks, NULL), 0);
    strcpy(r.boot_id, f->host.boot_id);
    write_record(f, FIXTURE_UUID, &r);
    assert_int_equal(gw_host_memory_claimed(&f->host, NULL), 100);
    assert_int_equal(gw_host_memory_claimed(&f->host, FIXTURE_UUID), 0);
    r.qemu_start_ticks++;
    write_record(f, FIXTURE_UUID, &r);
    assert_int_equal(gw_host_memory_claimed(&f->host, NULL), 0);
    r.state = GW_RECORD_INCOMING;
    write_record(f, FIXTURE_UUID, &r);
    assert_int_equal(gw_host_memory_claimed(&f->host, NULL), 100);
    host_fixture_free(f);
}

static void a_program_is_run_to_its_end(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sh", "-c", "echo hello; exit 3", NULL};
    const struct gw_process_plan plan = {.argv = argv, .deadline_ms = 20000, .max_bytes = 100};
    char *text = NULL;
    int status = 0;
    assert_int_equal(gw_process_run(&plan, &text, &status, NULL), 0);
    assert_string_equal(text, "hello\n");
    assert_int_equal(WEXITSTATUS(status), 3);
    free(text);
}

static void a_program_past_its_deadline_is_killed(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sh", "-c", "exec cat /dev/zero >/dev/null", NULL};
    const struct gw_process_plan plan = {.argv = argv, .deadline_ms = 50, .max_bytes = 100};
    struct gw_error err = {0};
    int status = 0;
    assert_int_equal(gw_process_run(&plan, NULL, &status, &err), -1);
    assert_error_code(&err, GW_DEADLINE_EXCEEDED);
}

static void too_much_output_is_refused(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/cat", "/dev/zero", NULL};
    const struct gw_process_plan plan = {.argv = argv, .deadline_ms = 20000, .max_bytes = 100};
    struct gw_error err = {0};
    int status = 0;
    assert_int_equal(gw_process_run(&plan, NULL, &status, &err), -1);
    assert_error_code(&err, GW_RESOURCE_EXHAUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(os_release_gives_id_and_version),
        cmocka_unit_test(qemu_version_is_found),
        cmocka_unit_test(machines_are_listed_and_the_newest_q35_is_the_default),
        cmocka_unit_test(a_real_qemu_is_asked),
        cmocka_unit_test(a_missing_qemu_is_named),
        cmocka_unit_test(living_and_coming_guests_claim_memory),
        cmocka_unit_test(a_program_is_run_to_its_end),
        cmocka_unit_test(a_program_past_its_deadline_is_killed),
        cmocka_unit_test(too_much_output_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
