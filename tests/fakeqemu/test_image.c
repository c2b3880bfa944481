#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

#include "image.h"

enum { DISK_BYTES = 4 << 20, CLUSTER = 64 << 10 };

struct disk {
    char path[32];
    struct fq_image image;
};

/* A new disk, open. qcow2 is made by qemu-img: what it makes is what the fake must understand. */
static void disk_open(struct disk *disk, bool is_qcow2)
{
    char command[128];
    (void)snprintf(disk->path, sizeof disk->path, "/tmp/gw-image-XXXXXX");
    int fd = mkstemp(disk->path);
    assert_true(fd >= 0);
    assert_return_code(ftruncate(fd, DISK_BYTES), errno);
    close(fd);
    if (is_qcow2) {
        (void)snprintf(command, sizeof command, "qemu-img create -q -f qcow2 %s %d", disk->path,
                       DISK_BYTES);
        assert_int_equal(system(command), 0);
    }
    assert_int_equal(fq_image_open(&disk->image, disk->path, is_qcow2, false), 0);
}

static void disk_close(struct disk *disk)
{
    fq_image_close(&disk->image);
    (void)unlink(disk->path);
}

static void what_is_written_is_read(bool is_qcow2)
{
    struct disk disk;
    char out[3 * 512];
    char in[sizeof out];
    const uint64_t offset = 3 * CLUSTER - 512; /* across two clusters */
    memset(out, 0x5a, sizeof out);
    disk_open(&disk, is_qcow2);
    assert_int_equal(disk.image.size, DISK_BYTES);
    assert_int_equal(fq_image_write(&disk.image, out, sizeof out, offset), 0);
    assert_int_equal(fq_image_read(&disk.image, in, sizeof in, offset), 0);
    assert_memory_equal(in, out, sizeof out);
    assert_int_equal(fq_image_zero(&disk.image, sizeof out, offset), 0);
    assert_int_equal(fq_image_read(&disk.image, in, sizeof in, offset), 0);
    memset(out, 0, sizeof out);
    assert_memory_equal(in, out, sizeof out);
    disk_close(&disk);
}

static void raw_is_read_as_written(void **state)
{
    (void)state;
    what_is_written_is_read(false);
}

static void qcow2_is_read_as_written(void **state)
{
    (void)state;
    what_is_written_is_read(true);
}

static void qcow2_tells_where_data_is(void **state)
{
    (void)state;
    struct disk disk;
    uint64_t offset = 0;
    uint32_t len = 1;
    disk_open(&disk, true);
    assert_int_equal(fq_image_next_data(&disk.image, 0, DISK_BYTES, &offset, &len), 0);
    assert_int_equal(len, 0);
    assert_int_equal(fq_image_write(&disk.image, "x", 1, 7 * CLUSTER + 5), 0);
    assert_int_equal(fq_image_next_data(&disk.image, 0, DISK_BYTES, &offset, &len), 0);
    assert_int_equal(offset, 7 * CLUSTER);
    assert_int_equal(len, CLUSTER);
    assert_int_equal(fq_image_next_data(&disk.image, 8 * CLUSTER, DISK_BYTES, &offset, &len), 0);
    assert_int_equal(len, 0);
    disk_close(&disk);
}

static void past_the_end_is_refused(void **state)
{
    (void)state;
    struct disk disk;
    char byte = 0;
    disk_open(&disk, true);
    assert_int_equal(fq_image_write(&disk.image, &byte, 1, DISK_BYTES - 1), 0);
    assert_int_equal(fq_image_write(&disk.image, &byte, 1, DISK_BYTES), -EINVAL);
    assert_int_equal(fq_image_read(&disk.image, &byte, 1, UINT64_MAX), -EINVAL);
    disk_close(&disk);
}

static void what_is_no_qcow2_is_refused(void **state)
{
    (void)state;
    struct disk disk;
    struct fq_image other;
    disk_open(&disk, false);
    assert_int_equal(fq_image_open(&other, disk.path, true, false), -EINVAL);
    disk_close(&disk);
}

static void two_writers_are_one_too_many(void **state)
{
    (void)state;
    struct disk disk;
    struct fq_image other;
    const char *error = NULL;
    disk_open(&disk, false);
    assert_int_equal(fq_image_open(&other, disk.path, false, false), 0);
    assert_int_equal(fq_image_activate(&disk.image, &error), 0);
    assert_int_equal(fq_image_activate(&other, &error), -EAGAIN);
    assert_string_equal(error, "Failed to get \"write\" lock");
    fq_image_deactivate(&disk.image);
    assert_int_equal(fq_image_activate(&other, &error), 0);
    assert_int_equal(fq_image_activate(&disk.image, &error), -EAGAIN);
    fq_image_close(&other);
    assert_int_equal(fq_image_activate(&disk.image, &error), 0);
    disk_close(&disk);
}

/* The locks are QEMU's own: its tools see ours. */
static void qemu_img_sees_the_lock(void **state)
{
    (void)state;
    struct disk disk;
    char command[160];
    const char *error = NULL;
    disk_open(&disk, false);
    (void)snprintf(command, sizeof command, "qemu-img resize -q -f raw %s %d 2>/dev/null",
                   disk.path, DISK_BYTES);
    assert_int_equal(fq_image_activate(&disk.image, &error), 0);
    assert_int_equal(WEXITSTATUS(system(command)), 1);
    fq_image_deactivate(&disk.image);
    assert_int_equal(WEXITSTATUS(system(command)), 0);
    disk_close(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_is_read_as_written),
        cmocka_unit_test(qcow2_is_read_as_written),
        cmocka_unit_test(qcow2_tells_where_data_is),
        cmocka_unit_test(past_the_end_is_refused),
        cmocka_unit_test(what_is_no_qcow2_is_refused),
        cmocka_unit_test(two_writers_are_one_too_many),
        cmocka_unit_test(qemu_img_sees_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
