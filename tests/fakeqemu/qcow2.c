/* As much of qcow2 as a fake guest needs: version 3 (or 2) without backing file, encryption,
 * snapshots or compression, refcounts of 16 bits. New clusters are appended. Tables are read from
 * the file each time, so nothing is stale when another process wrote before. Source: QEMU
 * docs/interop/qcow2.txt. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"

enum {
    AT_VERSION = 4,
    AT_BACKING = 8,
    AT_CLUSTER_BITS = 20,
    AT_SIZE = 24,
    AT_CRYPT = 32,
    AT_L1_OFFSET = 40,
    AT_REFCOUNT_OFFSET = 48,
    AT_SNAPSHOTS = 60,
    AT_INCOMPATIBLE = 72,
    AT_REFCOUNT_ORDER = 96,
    REFCOUNT_ORDER = 4, /* 16 bits */
};
#define MAGIC UINT32_C(0x514649fb)
#define OFFSET_MASK UINT64_C(0x00fffffffffffe00)
#define FLAG_COPIED (UINT64_C(1) << 63)
#define FLAG_COMPRESSED (UINT64_C(1) << 62)
#define FLAG_ZERO UINT64_C(1)

static int get64(const struct fq_image *image, uint64_t at, uint64_t *out)
{
    uint64_t word = 0;
    if (pread(image->fd, &word, sizeof word, (off_t)at) != (ssize_t)sizeof word)
        return -EIO;
    *out = be64toh(word);
    return 0;
}

static int put64(const struct fq_image *image, uint64_t at, uint64_t value)
{
    uint64_t word = htobe64(value);
    return pwrite(image->fd, &word, sizeof word, (off_t)at) == (ssize_t)sizeof word ? 0 : -EIO;
}

static uint32_t field32(const unsigned char *header, size_t at)
{
    uint32_t word;
    memcpy(&word, header + at, sizeof word);
    return be32toh(word);
}

static uint64_t field64(const unsigned char *header, size_t at)
{
    uint64_t word;
    memcpy(&word, header + at, sizeof word);
    return be64toh(word);
}

int fq_qcow2_open(struct fq_image *image)
{
    unsigned char header[104] = {0};
    if (pread(image->fd, header, sizeof header, 0) < AT_INCOMPATIBLE ||
        field32(header, 0) != MAGIC || field64(header, AT_BACKING) != 0 ||
        field32(header, AT_CRYPT) != 0 || field32(header, AT_SNAPSHOTS) != 0)
        return -EINVAL;
    if (field32(header, AT_VERSION) >= 3 && (field64(header, AT_INCOMPATIBLE) != 0 ||
                                             field32(header, AT_REFCOUNT_ORDER) != REFCOUNT_ORDER))
        return -EINVAL;
    image->size = field64(header, AT_SIZE);
    image->cluster_bits = field32(header, AT_CLUSTER_BITS);
    return image->cluster_bits >= 9 && image->cluster_bits <= 21 ? 0 : -EINVAL;
}

/* Count one use of the cluster at @at. The block of refcounts must be there: the first covers 2 GiB
 * of file, far more than a fake guest writes. */
static int set_refcount(const struct fq_image *image, uint64_t at)
{
    uint64_t table = 0;
    uint64_t block = 0;
    uint16_t one = htobe16(1);
    uint64_t cluster = at >> image->cluster_bits;
    unsigned block_bits = image->cluster_bits - 1;
    uint64_t in_block = cluster & ((UINT64_C(1) << block_bits) - 1);
    if (get64(image, AT_REFCOUNT_OFFSET, &table) < 0 ||
        get64(image, table + (cluster >> block_bits) * sizeof block, &block) < 0)
        return -EIO;
    if (block == 0)
        return -ENOSPC;
    off_t entry = (off_t)(block + in_block * sizeof one);
    return pwrite(image->fd, &one, sizeof one, entry) == (ssize_t)sizeof one ? 0 : -EIO;
}

/* A new cluster of zeros at the end of the file. */
static int allocate(const struct fq_image *image, uint64_t *out)
{
    struct stat st;
    uint64_t cluster = UINT64_C(1) << image->cluster_bits;
    if (fstat(image->fd, &st) < 0)
        return -errno;
    uint64_t at = ((uint64_t)st.st_size + cluster - 1) & ~(cluster - 1);
    if (ftruncate(image->fd, (off_t)(at + cluster)) < 0)
        return -errno;
    *out = at;
    return set_refcount(image, at);
}

/* The offset that the table entry at @entry holds; 0: none. With @make it gets a new cluster. */
static int follow(const struct fq_image *image, uint64_t entry, bool make, uint64_t *out)
{
    uint64_t word = 0;
    int result = get64(image, entry, &word);
    if (result < 0)
        return result;
    if (word & FLAG_COMPRESSED)
        return -ENOTSUP;
    *out = word & FLAG_ZERO ? 0 : word & OFFSET_MASK;
    if (*out != 0 || !make)
        return 0;
    result = allocate(image, out);
    return result < 0 ? result : put64(image, entry, *out | FLAG_COPIED);
}

int fq_qcow2_map(struct fq_image *image, uint64_t offset, bool make, uint64_t *out_file_offset)
{
    uint64_t l1 = 0;
    uint64_t l2 = 0;
    uint64_t data = 0;
    unsigned l2_bits = image->cluster_bits - 3;
    uint64_t cluster = offset >> image->cluster_bits;
    uint64_t in_l2 = cluster & ((UINT64_C(1) << l2_bits) - 1);
    int result = get64(image, AT_L1_OFFSET, &l1);
    if (result == 0)
        result = follow(image, l1 + (cluster >> l2_bits) * sizeof l2, make, &l2);
    if (result == 0 && l2 != 0)
        result = follow(image, l2 + in_l2 * sizeof data, make, &data);
    if (result < 0)
        return result;
    *out_file_offset = data ? data + (offset & ((UINT64_C(1) << image->cluster_bits) - 1)) : 0;
    return 0;
}
