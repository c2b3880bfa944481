#include "support/test.h"

#include "cli/progress.h"
#include "memory_file.h"

struct fixture {
    struct memory_file out;
    struct cli_progress progress;
    struct gw_clock clock;
    uint64_t now_us;
    Godwit__V1__Migration migration;
    Godwit__V1__Progress copied;
};

static uint64_t fake_now(void *arg)
{
    return ((struct fixture *)arg)->now_us;
}

static struct fixture fixture;
static char guest[] = "g1";
static char from[] = "h1";
static char to[] = "h2";

static void open_fixture(unsigned columns)
{
    struct fixture *f = &fixture;
    *f = (struct fixture){.clock = {fake_now, fake_now, f}, .now_us = 5000000};
    godwit__v1__migration__init(&f->migration);
    godwit__v1__progress__init(&f->copied);
    f->migration.guest_name = guest;
    f->migration.from_host = from;
    f->migration.to_host = to;
    f->migration.progress = &f->copied;
    memory_file_open(&f->out);
    cli_progress_init(&f->progress, f->out.file, columns, &f->clock);
}

static void update(Godwit__V1__MigrationPhase phase, Godwit__V1__CopyStep step, uint64_t done_mib)
{
    fixture.migration.phase = phase;
    fixture.copied.step = step;
    fixture.copied.bytes_total = 512ULL << 20;
    fixture.copied.bytes_done = done_mib << 20;
    fixture.copied.rate_bps = 118ULL << 20;
    cli_progress_update(&fixture.progress, &fixture.migration);
}

#define COPYING GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_COPYING
#define COMMITTED GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_COMMITTED
#define DISKS GODWIT__V1__COPY_STEP__COPY_STEP_DISKS
#define MEMORY GODWIT__V1__COPY_STEP__COPY_STEP_MEMORY

static void plain_lines_come_once_a_second_and_at_each_change(void **state)
{
    (void)state;
    open_fixture(0);
    update(COPYING, DISKS, 10);
    fixture.now_us += 900000;
    update(COPYING, DISKS, 100); /* too soon */
    fixture.now_us += 100000;
    update(COPYING, DISKS, 128);
    update(COPYING, MEMORY, 256);
    update(COMMITTED, MEMORY, 512);
    assert_string_equal(memory_file_text(&fixture.out),
                        "g1 h1 -> h2: copying disks   1%  10.0 MiB of 512 MiB, 118 MiB/s\n"
                        "g1 h1 -> h2: copying disks  25%  128 MiB of 512 MiB, 118 MiB/s\n"
                        "g1 h1 -> h2: copying memory  50%  256 MiB of 512 MiB, 118 MiB/s\n"
                        "g1 h1 -> h2: committed 100%  512 MiB of 512 MiB\n");
    cli_progress_clear(&fixture.progress);
    memory_file_close(&fixture.out);
}

static void a_terminal_gets_a_bar_that_redraws_itself(void **state)
{
    (void)state;
    open_fixture(100);
    update(COPYING, MEMORY, 256);
    cli_progress_clear(&fixture.progress);
    assert_string_equal(memory_file_text(&fixture.out),
                        "\r\033[Kg1 h1 -> h2: copying memory "
                        "[###############...............]  50%  256 MiB of 512 MiB, 118 MiB/s"
                        "\r\033[K");
    memory_file_close(&fixture.out);
}

static void a_bar_never_fills_the_line(void **state)
{
    (void)state;
    for (unsigned columns = 20; columns < 120; columns++) {
        open_fixture(columns);
        update(COPYING, MEMORY, 512);
        const char *line = memory_file_text(&fixture.out) + strlen("\r\033[K");
        assert_true(strlen(line) < columns);
        memory_file_close(&fixture.out);
    }
}

static void what_the_target_holds_is_copied_in_full(void **state)
{
    (void)state;
    open_fixture(0);
    update(COMMITTED, MEMORY, 480); /* told before the last pages went */
    assert_string_equal(memory_file_text(&fixture.out),
                        "g1 h1 -> h2: committed 100%  512 MiB of 512 MiB\n");
    memory_file_close(&fixture.out);
}

static void more_done_than_expected_is_a_hundred_per_cent(void **state)
{
    (void)state;
    open_fixture(0);
    update(COPYING, MEMORY, 600);
    assert_contains(memory_file_text(&fixture.out), "100%  600 MiB of 512 MiB");
    memory_file_close(&fixture.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lines_come_once_a_second_and_at_each_change),
        cmocka_unit_test(a_terminal_gets_a_bar_that_redraws_itself),
        cmocka_unit_test(a_bar_never_fills_the_line),
        cmocka_unit_test(what_the_target_holds_is_copied_in_full),
        cmocka_unit_test(more_done_than_expected_is_a_hundred_per_cent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
