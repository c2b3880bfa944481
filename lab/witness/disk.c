/* The disk worker. On the device lies a ring of slots of one block each, in stripes spread evenly
 * over it; block number s is written into slot s modulo their count, one at a time, with O_DIRECT,
 * and counts when it is acknowledged. So what each slot must hold follows from the newest number
 * alone, over reboots too: at the start every slot is read and compared (a lost write, an old
 * version of the disk or a torn block shows), afterwards one slot is read back for each one
 * written. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "witness/witness.h"

enum {
    BLOCK = 4096,
    SLOTS = 1024,
    BODY_WORDS = BLOCK / sizeof(uint64_t) - 2,
    ERRORS_PRINTED = 16,
    READ_STRIDE = 397, /* prime: read-backs walk the slots in another order than the writes */
};
#define BLOCK_MAGIC 0x31304b434f4c4247u /* "GBLOCK01" */

struct block {
    uint64_t magic;
    uint64_t sequence;
    uint64_t body[BODY_WORDS];
};

struct ring {
    struct witness *witness;
    int fd;
    uint64_t stride; /* bytes from stripe to stripe */
    uint64_t newest; /* number of the newest acknowledged block, 0: none */
    uint64_t next_read;
    struct block *block; /* aligned as O_DIRECT wants it */
};

static void complain(struct ring *ring, const char *what, uint64_t slot, uint64_t found)
{
    if (atomic_fetch_add(&ring->witness->disk_errors, 1) < ERRORS_PRINTED)
        fprintf(stderr, "witness: disk slot %llu: %s (found %llu, newest %llu, %s)\n",
                (unsigned long long)slot, what, (unsigned long long)found,
                (unsigned long long)ring->newest, strerror(errno));
}

/* Neighbours in number lie in different stripes. */
static off_t offset_of(const struct ring *ring, uint64_t slot)
{
    uint64_t n_stripes = ring->witness->settings.disk_stripes;

    return (off_t)(slot % n_stripes * ring->stride + slot / n_stripes * BLOCK);
}

/* The number of the block that slot holds when @newest was the last one written; 0: none yet. */
static uint64_t expected_in(uint64_t slot, uint64_t newest)
{
    uint64_t behind = (newest % SLOTS + SLOTS - slot) % SLOTS;

    return newest > behind ? newest - behind : 0;
}

/* Read @slot; *out_sequence is 0 when it holds no block. -1 when it can't be read or is torn. */
static int read_slot(struct ring *ring, uint64_t slot, uint64_t *out_sequence)
{
    struct block *block = ring->block;

    errno = 0;
    if (pread(ring->fd, block, BLOCK, offset_of(ring, slot)) != BLOCK) {
        complain(ring, "cannot be read", slot, 0);
        return -1;
    }
    atomic_fetch_add(&ring->witness->disk_checks, 1);
    *out_sequence = 0;
    if (block->magic == 0 && block->sequence == 0)
        return 0;
    if (block->magic != BLOCK_MAGIC || !wit_pattern_is(block->body, BODY_WORDS, block->sequence)) {
        complain(ring, "is torn", slot, block->sequence);
        return -1;
    }
    *out_sequence = block->sequence;
    return 0;
}

static void check_slot(struct ring *ring, uint64_t slot)
{
    uint64_t found;

    if (read_slot(ring, slot, &found) == 0 && found != expected_in(slot, ring->newest))
        complain(ring, "holds another block than was written", slot, found);
}

static void write_next(struct ring *ring)
{
    uint64_t sequence = ring->newest + 1, slot = sequence % SLOTS;

    ring->block->magic = BLOCK_MAGIC;
    ring->block->sequence = sequence;
    wit_pattern_fill(ring->block->body, BODY_WORDS, sequence);
    errno = 0;
    if (pwrite(ring->fd, ring->block, BLOCK, offset_of(ring, slot)) != BLOCK) {
        complain(ring, "cannot be written", slot, sequence);
        return;
    }
    ring->newest = sequence;
    atomic_store(&ring->witness->disk_sequence, sequence);
    atomic_fetch_add(&ring->witness->disk_writes, 1);
}

/* Find the newest block, then check every slot against it. */
static void scan(struct ring *ring)
{
    uint64_t *found = calloc(SLOTS, sizeof *found);

    if (found == NULL)
        return;
    for (uint64_t slot = 0; slot < SLOTS; slot++)
        if (read_slot(ring, slot, &found[slot]) == 0 && found[slot] > ring->newest)
            ring->newest = found[slot];
    for (uint64_t slot = 0; slot < SLOTS; slot++)
        if (found[slot] != expected_in(slot, ring->newest))
            complain(ring, "holds another block than its neighbours imply", slot, found[slot]);
    free(found);
    atomic_store(&ring->witness->disk_sequence, ring->newest);
    atomic_store(&ring->witness->disk_found, ring->newest);
}

static int ring_open(struct ring *ring)
{
    uint64_t n_bytes = 0;

    ring->fd = open(ring->witness->settings.disk, O_RDWR | O_DIRECT | O_CLOEXEC);
    if (ring->fd < 0 || ioctl(ring->fd, BLKGETSIZE64, &n_bytes) < 0 ||
        n_bytes < (uint64_t)SLOTS * BLOCK || posix_memalign((void **)&ring->block, BLOCK, BLOCK)) {
        complain(ring, "device cannot be used", 0, n_bytes);
        return -1;
    }
    ring->stride = n_bytes / ring->witness->settings.disk_stripes / BLOCK * BLOCK;
    return 0;
}

void *wit_disk_run(void *argument)
{
    struct witness *witness = argument;
    struct ring ring = {.witness = witness, .fd = -1};
    struct wit_pace pace = {.interval_ns = 1000000000u / witness->settings.disk_rate};

    if (ring_open(&ring) < 0)
        return NULL;
    scan(&ring);
    while (!atomic_load(&witness->is_stopping)) {
        write_next(&ring);
        ring.next_read = (ring.next_read + READ_STRIDE) % SLOTS;
        check_slot(&ring, ring.next_read);
        wit_pace_wait(&pace);
    }
    fsync(ring.fd);
    close(ring.fd);
    return NULL;
}
