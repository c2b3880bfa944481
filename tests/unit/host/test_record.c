/* Two slots in turn: what a crash in the middle of a write leaves behind. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/record.h"
#include "tests/support/tmp_folder.h"

struct fixture {
    char *root;
    char *path;
};

static int setup(void **state)
{
    static struct fixture f;
    f.root = tmp_folder_make();
    f.path = gw_strf("%s/target.rec", f.root);
    *state = &f;
    return f.path ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    free(f->path);
    tmp_folder_remove(f->root);
    return 0;
}

static struct gw_record sample(uint64_t epoch)
{
    struct gw_record r = {.state = GW_RECORD_INCOMING,
                          .guest_uuid = "11111111-2222-4333-8444-555555555555",
                          .epoch = epoch,
                          .migration_id = "m-1",
                          .attempt = 2,
                          .mode = GW_RECORD_LIVE,
                          .qemu_pid = 4711,
                          .qemu_start_ticks = UINT64_MAX,
                          .boot_id = "99999999-2222-4333-8444-555555555555",
                          .memory_bytes = UINT64_C(1) << 40,
                          .disks_copied = 0x80000001,
                          .disks_made = 3,
                          .memory_port = 65535,
                          .disk_port = 1,
                          .peer = "192.0.2.1",
                          .is_starting = true,
                          .is_guest_stopped = true};
    return r;
}

/* Overwrite @len bytes of slot @slot from byte @at on. */
static void spoil(const char *path, unsigned slot, off_t at, size_t len)
{
    char rubbish[GW_RECORD_SLOT_BYTES];
    memset(rubbish, 'x', sizeof rubbish);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, rubbish, len, (off_t)slot * GW_RECORD_SLOT_BYTES + at), len);
    close(fd);
}

static void write_epochs(const char *path, uint64_t from, uint64_t to)
{
    struct gw_record_file file;
    struct gw_error err = {0};
    assert_int_equal(gw_record_file_open(&file, path, &err), 0);
    for (uint64_t e = from; e <= to; e++) {
        struct gw_record r = sample(e);
        assert_int_equal(gw_record_file_write(&file, &r, GW_RECORD_NO_SYNC, &err), 0);
        assert_int_equal(file.now.epoch, e);
    }
    gw_record_file_close(&file);
}

static uint64_t read_epoch(const char *path)
{
    struct gw_record r;
    struct gw_error err = {0};
    assert_int_equal(gw_record_read(path, &r, &err), 0);
    return r.epoch;
}

static void every_field_survives(void **state)
{
    const struct fixture *f = *state;
    struct gw_record wrote = sample(7);
    struct gw_record got;
    write_epochs(f->path, 7, 7);
    assert_int_equal(gw_record_read(f->path, &got, NULL), 0);
    assert_int_equal(got.state, wrote.state);
    assert_string_equal(got.guest_uuid, wrote.guest_uuid);
    assert_string_equal(got.migration_id, wrote.migration_id);
    assert_string_equal(got.boot_id, wrote.boot_id);
    assert_int_equal(got.epoch, 7);
    assert_int_equal(got.attempt, 2);
    assert_int_equal(got.mode, GW_RECORD_LIVE);
    assert_int_equal(got.qemu_pid, 4711);
    assert_true(got.qemu_start_ticks == UINT64_MAX);
    assert_true(got.memory_bytes == wrote.memory_bytes);
    assert_int_equal(got.disks_copied, wrote.disks_copied);
    assert_int_equal(got.disks_made, 3);
    assert_int_equal(got.memory_port, 65535);
    assert_int_equal(got.disk_port, 1);
    assert_string_equal(got.peer, "192.0.2.1");
    assert_true(got.is_guest_stopped);
    assert_true(got.is_starting);
    assert_false(got.is_done);
}

static void every_state_survives(void **state)
{
    (void)state;
    char slot[GW_RECORD_SLOT_BYTES];
    for (unsigned i = 0; i < GW_RECORD_STATE_COUNT; i++) {
        struct gw_record r = sample(1);
        struct gw_record got;
        uint64_t sequence = 0;
        r.state = (enum gw_record_state)i;
        assert_int_equal(gw_record_encode(&r, 9, slot), 0);
        assert_int_equal(gw_record_decode(slot, &got, &sequence), 0);
        assert_int_equal(got.state, i);
        assert_int_equal(sequence, 9);
    }
}

static void the_longest_of_everything_fits_a_slot(void **state)
{
    (void)state;
    char slot[GW_RECORD_SLOT_BYTES];
    uint64_t sequence = 0;
    struct gw_record got;
    struct gw_record r = {.state = GW_RECORD_RELINQUISHED,
                          .epoch = UINT64_MAX,
                          .attempt = UINT32_MAX,
                          .mode = GW_RECORD_COLD,
                          .qemu_pid = INT32_MAX,
                          .qemu_start_ticks = UINT64_MAX,
                          .memory_bytes = UINT64_MAX,
                          .disks_copied = UINT32_MAX,
                          .disks_made = UINT32_MAX,
                          .disks_placed = UINT32_MAX,
                          .memory_port = 65535,
                          .disk_port = 65535};
    memset(r.guest_uuid, 'u', GW_UUID_LEN);
    memset(r.boot_id, 'b', GW_UUID_LEN);
    memset(r.migration_id, 'm', GW_NAME_MAX);
    memset(r.peer, 'p', GW_RECORD_PEER_MAX);
    assert_int_equal(gw_record_encode(&r, UINT64_MAX, slot), 0);
    assert_int_equal(gw_record_decode(slot, &got, &sequence), 0);
    assert_true(sequence == UINT64_MAX);
    assert_string_equal(got.migration_id, r.migration_id);
    assert_string_equal(got.peer, r.peer);
    assert_true(got.epoch == UINT64_MAX);
}

static void a_new_file_is_preallocated_and_says_nothing(void **state)
{
    const struct fixture *f = *state;
    struct gw_record_file file;
    struct stat st;
    assert_int_equal(gw_record_file_open(&file, f->path, NULL), 0);
    assert_int_equal(file.now.state, GW_RECORD_NONE);
    assert_int_equal(fstat(file.fd, &st), 0);
    assert_int_equal(st.st_size, 2 * GW_RECORD_SLOT_BYTES);
    gw_record_file_close(&file);
    assert_int_equal(read_epoch(f->path), 0);
}

static void a_missing_file_reads_as_never_written(void **state)
{
    const struct fixture *f = *state;
    struct gw_record r;
    assert_int_equal(gw_record_read(f->path, &r, NULL), 0);
    assert_int_equal(r.state, GW_RECORD_NONE);
}

static void writes_alternate_and_the_newest_wins(void **state)
{
    const struct fixture *f = *state;
    for (uint64_t e = 1; e <= 5; e++) {
        write_epochs(f->path, e, e);
        assert_int_equal(read_epoch(f->path), e);
    }
    spoil(f->path, 1, 0, GW_RECORD_SLOT_BYTES); /* sequence 5 lies in slot 1 */
    assert_int_equal(read_epoch(f->path), 4);
}

static void a_torn_write_leaves_the_record_before_it(void **state)
{
    const struct fixture *f = *state;
    static const off_t places[] = {0, 20, 40, 200, 2000, GW_RECORD_SLOT_BYTES - 1};
    write_epochs(f->path, 1, 1);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        write_epochs(f->path, 2 + i, 2 + i); /* sequence 2, so slot 0, each time */
        spoil(f->path, 0, places[i], 1);
        assert_int_equal(read_epoch(f->path), 1);
    }
    write_epochs(f->path, 50, 51);
    assert_int_equal(read_epoch(f->path), 51);
}

static void a_torn_first_write_reads_as_never_written(void **state)
{
    const struct fixture *f = *state;
    write_epochs(f->path, 1, 1);
    spoil(f->path, 1, 100, 10);
    assert_int_equal(read_epoch(f->path), 0);
}

static void two_bad_slots_are_data_loss(void **state)
{
    const struct fixture *f = *state;
    struct gw_record_file file;
    struct gw_record r;
    struct gw_error err = {0};
    write_epochs(f->path, 1, 2);
    spoil(f->path, 0, 100, 10);
    spoil(f->path, 1, 100, 10);
    assert_int_equal(gw_record_read(f->path, &r, &err), -1);
    assert_error(&err, GW_DATA_LOSS, "remove the file");
    assert_int_equal(gw_record_file_open(&file, f->path, &err), -1);
    assert_error_code(&err, GW_DATA_LOSS);
}

static void a_file_cut_short_is_data_loss_and_stays(void **state)
{
    const struct fixture *f = *state;
    static const off_t sizes[] = {2 * GW_RECORD_SLOT_BYTES - 1, GW_RECORD_SLOT_BYTES, 100};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct gw_record_file file;
        struct gw_record r;
        struct gw_error err = {0};
        struct stat st;
        (void)unlink(f->path);
        write_epochs(f->path, 1, 2);
        assert_int_equal(truncate(f->path, sizes[i]), 0);
        assert_int_equal(gw_record_read(f->path, &r, &err), -1);
        assert_error_code(&err, GW_DATA_LOSS);
        assert_int_equal(gw_record_file_open(&file, f->path, &err), -1);
        assert_error(&err, GW_DATA_LOSS, "the end of the file is missing; find out");
        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_size, sizes[i]);
    }
}

static void a_file_cut_short_before_anything_was_written_is_new(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(close(open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
    assert_int_equal(truncate(f->path, 4000), 0);
    assert_int_equal(read_epoch(f->path), 0);
    write_epochs(f->path, 1, 1);
    assert_int_equal(read_epoch(f->path), 1);
}

static void a_failed_write_changes_nothing(void **state)
{
    const struct fixture *f = *state;
    struct gw_record_file file;
    struct gw_record r = sample(2);
    struct gw_error err = {0};
    write_epochs(f->path, 1, 1);
    assert_int_equal(gw_record_file_open(&file, f->path, NULL), 0);
    close(file.fd);
    file.fd = open(f->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(gw_record_file_write(&file, &r, GW_RECORD_NO_SYNC, &err), -1);
    assert_contains(err.message, r.guest_uuid);
    assert_int_equal(file.now.epoch, 1);
    gw_record_file_close(&file);
    assert_int_equal(read_epoch(f->path), 1);
}

/* A disk that fails when it is asked to sync (linked with --wrap). */
static bool is_sync_failing;

int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    if (!is_sync_failing)
        return __real_fdatasync(fd);
    errno = EIO;
    return -1;
}

static void a_record_that_was_not_synced_is_not_found_later(void **state)
{
    const struct fixture *f = *state;
    struct gw_record_file file;
    struct gw_record r = sample(2);
    struct gw_error err = {0};
    write_epochs(f->path, 1, 1);
    assert_int_equal(gw_record_file_open(&file, f->path, NULL), 0);
    is_sync_failing = true;
    assert_int_equal(gw_record_file_write(&file, &r, GW_RECORD_SYNC, &err), -1);
    is_sync_failing = false;
    assert_contains(err.message, "can't write the record");
    assert_int_equal(file.now.epoch, 1);
    assert_int_equal(read_epoch(f->path), 1);
    r = sample(3);
    assert_int_equal(gw_record_file_write(&file, &r, GW_RECORD_SYNC, &err), 0);
    gw_record_file_close(&file);
    assert_int_equal(read_epoch(f->path), 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_field_survives),
        CASE(every_state_survives),
        CASE(the_longest_of_everything_fits_a_slot),
        CASE(a_new_file_is_preallocated_and_says_nothing),
        CASE(a_missing_file_reads_as_never_written),
        CASE(writes_alternate_and_the_newest_wins),
        CASE(a_torn_write_leaves_the_record_before_it),
        CASE(a_torn_first_write_reads_as_never_written),
        CASE(two_bad_slots_are_data_loss),
        CASE(a_file_cut_short_is_data_loss_and_stays),
        CASE(a_file_cut_short_before_anything_was_written_is_new),
        CASE(a_failed_write_changes_nothing),
        CASE(a_record_that_was_not_synced_is_not_found_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
