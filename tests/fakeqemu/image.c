#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"

/* QEMU block/file-posix.c: a byte per permission that is used, and one per permission that others
 * may not have; both are read locks, and a conflict is found by asking for a write lock. */
enum { LOCK_USED = 100, LOCK_DENIED = 200, PERM_WRITE = 1, PERM_RESIZE = 3 };

int fq_image_open(struct fq_image *image, const char *path, bool is_qcow2, bool is_readonly)
{
    struct stat st;
    *image = (struct fq_image){.is_qcow2 = is_qcow2, .is_readonly = is_readonly};
    GW_AUTO_FD int fd = open(path, (is_readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    image->fd = fd;
    image->size = (uint64_t)st.st_size;
    if (is_qcow2 && fq_qcow2_open(image) < 0)
        return -EINVAL;
    (void)pthread_mutex_init(&image->mutex, NULL);
    (void)gw_steal_fd(&fd);
    return 0;
}

void fq_image_close(struct fq_image *image)
{
    close(image->fd);
    (void)pthread_mutex_destroy(&image->mutex);
}

static int lock(int fd, int command, short type, off_t start)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
    if (fcntl(fd, command, &range) < 0)
        return -1;
    return command == F_OFD_GETLK && range.l_type != F_UNLCK;
}

static void unlock_all(int fd)
{
    static const off_t bytes[] = {PERM_WRITE, PERM_RESIZE};
    for (size_t i = 0; i < GW_ARRAY_LEN(bytes); i++) {
        (void)lock(fd, F_OFD_SETLK, F_UNLCK, LOCK_USED + bytes[i]);
        (void)lock(fd, F_OFD_SETLK, F_UNLCK, LOCK_DENIED + bytes[i]);
    }
}

static int lock_all(int fd, const char **out_error)
{
    if (lock(fd, F_OFD_SETLK, F_RDLCK, LOCK_USED + PERM_WRITE) < 0 ||
        lock(fd, F_OFD_GETLK, F_WRLCK, LOCK_DENIED + PERM_WRITE) != 0) {
        *out_error = "Failed to get \"write\" lock";
        return -EAGAIN;
    }
    if (lock(fd, F_OFD_SETLK, F_RDLCK, LOCK_DENIED + PERM_WRITE) < 0 ||
        lock(fd, F_OFD_SETLK, F_RDLCK, LOCK_DENIED + PERM_RESIZE) < 0 ||
        lock(fd, F_OFD_GETLK, F_WRLCK, LOCK_USED + PERM_WRITE) != 0 ||
        lock(fd, F_OFD_GETLK, F_WRLCK, LOCK_USED + PERM_RESIZE) != 0) {
        *out_error = "Failed to get shared \"write\" lock";
        return -EAGAIN;
    }
    return 0;
}

int fq_image_activate(struct fq_image *image, const char **out_error)
{
    int result = 0;
    (void)pthread_mutex_lock(&image->mutex);
    if (!image->is_active && !image->is_readonly) {
        result = lock_all(image->fd, out_error);
        if (result < 0)
            unlock_all(image->fd);
        else
            image->is_active = true;
    }
    (void)pthread_mutex_unlock(&image->mutex);
    return result;
}

void fq_image_deactivate(struct fq_image *image)
{
    (void)pthread_mutex_lock(&image->mutex);
    unlock_all(image->fd);
    image->is_active = false;
    (void)pthread_mutex_unlock(&image->mutex);
}

/* ---- bytes ---- */

static int check(const struct fq_image *image, uint32_t len, uint64_t offset)
{
    return offset > image->size || len > image->size - offset ? -EINVAL : 0;
}

/* How much of @len lies in one cluster. */
static uint32_t within(const struct fq_image *image, uint32_t len, uint64_t offset)
{
    uint64_t cluster = UINT64_C(1) << image->cluster_bits;
    uint64_t left = cluster - (offset & (cluster - 1));
    return image->is_qcow2 && left < len ? (uint32_t)left : len;
}

static int map(struct fq_image *image, uint64_t offset, bool make, uint64_t *out)
{
    *out = offset;
    return image->is_qcow2 ? fq_qcow2_map(image, offset, make, out) : 0;
}

/* qcow2 reads as zeros where nothing is allocated; its header lies where that would be. */
static bool is_hole(const struct fq_image *image, uint64_t at)
{
    return image->is_qcow2 && at == 0;
}

static int read_piece(struct fq_image *image, char *buffer, uint32_t len, uint64_t offset)
{
    uint64_t at = 0;
    int result = map(image, offset, false, &at);
    memset(buffer, 0, len);
    if (result < 0 || is_hole(image, at))
        return result;
    return pread(image->fd, buffer, len, (off_t)at) < 0 ? -errno : 0;
}

int fq_image_read(struct fq_image *image, void *buffer, uint32_t len, uint64_t offset)
{
    char *next = buffer;
    int result = check(image, len, offset);
    (void)pthread_mutex_lock(&image->mutex);
    while (result == 0 && len > 0) {
        uint32_t n = within(image, len, offset);
        result = read_piece(image, next, n, offset);
        next += n;
        len -= n;
        offset += n;
    }
    (void)pthread_mutex_unlock(&image->mutex);
    return result;
}

static int write_piece(struct fq_image *image, const char *buffer, uint32_t len, uint64_t offset)
{
    uint64_t at = 0;
    int result = map(image, offset, true, &at);
    if (result < 0)
        return result;
    ssize_t n = pwrite(image->fd, buffer, len, (off_t)at);
    return n == (ssize_t)len ? 0 : n < 0 ? -errno : -ENOSPC;
}

int fq_image_write(struct fq_image *image, const void *buffer, uint32_t len, uint64_t offset)
{
    const char *next = buffer;
    int result = image->is_readonly ? -EPERM : check(image, len, offset);
    (void)pthread_mutex_lock(&image->mutex);
    while (result == 0 && len > 0) {
        uint32_t n = within(image, len, offset);
        result = write_piece(image, next, n, offset);
        next += n;
        len -= n;
        offset += n;
    }
    (void)pthread_mutex_unlock(&image->mutex);
    return result;
}

static int zero_piece(struct fq_image *image, uint32_t len, uint64_t offset)
{
    static const char zeros[64 * 1024];
    uint64_t at = 0;
    int result = map(image, offset, false, &at);
    if (result < 0 || is_hole(image, at))
        return result;
    if (fallocate(image->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, len) == 0)
        return 0;
    for (; len > 0; at += sizeof zeros) {
        uint32_t n = len < sizeof zeros ? len : (uint32_t)sizeof zeros;
        if (pwrite(image->fd, zeros, n, (off_t)at) != (ssize_t)n)
            return -EIO;
        len -= n;
    }
    return 0;
}

int fq_image_zero(struct fq_image *image, uint32_t len, uint64_t offset)
{
    int result = image->is_readonly ? -EPERM : check(image, len, offset);
    (void)pthread_mutex_lock(&image->mutex);
    while (result == 0 && len > 0) {
        uint32_t n = within(image, len, offset);
        result = zero_piece(image, n, offset);
        len -= n;
        offset += n;
    }
    (void)pthread_mutex_unlock(&image->mutex);
    return result;
}

int fq_image_flush(struct fq_image *image)
{
    return fdatasync(image->fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

static uint32_t clip(uint64_t len, uint32_t max)
{
    return len < max ? (uint32_t)len : max;
}

static void
next_raw(struct fq_image *image, uint64_t from, uint32_t max, uint64_t *offset, uint32_t *len)
{
    off_t start = lseek(image->fd, (off_t)from, SEEK_DATA);
    if (start < 0)
        return;
    off_t end = lseek(image->fd, start, SEEK_HOLE);
    *offset = (uint64_t)start;
    *len = clip(end < 0 ? image->size - *offset : (uint64_t)(end - start), max);
}

static int
next_qcow2(struct fq_image *image, uint64_t from, uint32_t max, uint64_t *offset, uint32_t *len)
{
    uint64_t cluster = UINT64_C(1) << image->cluster_bits;
    int result = 0;
    while (from < image->size && *len == 0) {
        uint64_t at = 0;
        uint32_t n = clip(image->size - from, within(image, max, from));
        (void)pthread_mutex_lock(&image->mutex);
        result = fq_qcow2_map(image, from, false, &at);
        (void)pthread_mutex_unlock(&image->mutex);
        if (result < 0)
            return result;
        if (at != 0) {
            *offset = from;
            *len = n;
        }
        from = (from | (cluster - 1)) + 1;
    }
    return 0;
}

int fq_image_next_data(
    struct fq_image *image, uint64_t from, uint32_t max, uint64_t *out_offset, uint32_t *out_len)
{
    *out_len = 0;
    if (from >= image->size)
        return 0;
    if (image->is_qcow2)
        return next_qcow2(image, from, max, out_offset, out_len);
    next_raw(image, from, max, out_offset, out_len);
    return 0;
}
