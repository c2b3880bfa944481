/* Pieces of the disk on their way from source to target.
 *
 * Normal course: a block status request keeps the map ahead of the copy; each idle slot takes the
 * next piece, reads it, and writes it or, where it is zero, has the target zero it. libnbd runs the
 * completions inside gw_disk_wires_wait(); they only note the answer in the slot, as no libnbd call
 * is allowed there.
 * Failure: the first bad answer ends the run; requests under way are dropped with their wires. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "disk/copy_priv.h"

enum {
    TICK_MS = 100,
    BURST_US = 20000, /* bandwidth not used may be made good for so long */
};

static uint64_t now_us(void)
{
    return gw_clock_mono_us(gw_clock_system());
}

static int on_read(void *arg, int *error)
{
    struct gw_disk_slot *slot = arg;
    slot->error = *error;
    slot->state = GW_DISK_READ;
    return 1;
}

static int on_written(void *arg, int *error)
{
    struct gw_disk_slot *slot = arg;
    slot->error = *error;
    slot->state = GW_DISK_WRITTEN;
    return 1;
}

static int slot_failed(const struct gw_disk_slot *slot,
                       const char *doing,
                       const char *side,
                       int e,
                       struct gw_error *err)
{
    char what[128];
    (void)snprintf(what, sizeof what, "%s %u bytes at offset %" PRIu64 " of the %s", doing,
                   slot->len, slot->offset, side);
    return gw_disk_error(err, e, what);
}

static void finish(struct gw_disk_transfer *transfer, struct gw_disk_slot *slot)
{
    slot->state = GW_DISK_IDLE;
    transfer->n_busy--;
    atomic_fetch_add(&transfer->progress->done_bytes, slot->len);
    if (!slot->is_zero)
        atomic_fetch_add(&transfer->progress->sent_bytes, slot->len);
}

static bool is_all_zero(const char *bytes, size_t len)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* Write the slot's data, or have it zeroed. */
static int
write_slot(struct gw_disk_transfer *transfer, struct gw_disk_slot *slot, struct gw_error *err)
{
    struct nbd_handle *target = transfer->wires->target[slot->wire];
    nbd_completion_callback done = {.callback = on_written, .user_data = slot};
    int64_t cookie;
    if (slot->is_zero && transfer->spec->is_target_zeroed) {
        finish(transfer, slot);
        return 0;
    }
    slot->state = GW_DISK_WRITING;
    if (slot->is_zero && transfer->can_zero) {
        cookie = nbd_aio_zero(target, slot->len, slot->offset, done, 0);
    } else {
        if (slot->is_zero)
            memset(slot->buffer, 0, slot->len);
        cookie = nbd_aio_pwrite(target, slot->buffer, slot->len, slot->offset, done, 0);
    }
    return cookie < 0 ? slot_failed(slot, "writing", "target", gw_disk_errno(target), err) : 0;
}

/* libnbd has put the bytes into the buffer already. */
static int
on_chunk(void *arg, const void *bytes, size_t len, uint64_t offset, unsigned status, int *error)
{
    (void)arg, (void)bytes, (void)len, (void)offset, (void)status, (void)error;
    return 0;
}

/* Reads ask for one piece (DF) where that can be: qemu-nbd 7.2 hangs up on a failing read that it
 * may cut into pieces, and then nobody learns the errno and the offset (nbd/server.c,
 * nbd_co_send_sparse_read). */
static int
read_slot(struct gw_disk_transfer *transfer, struct gw_disk_slot *slot, struct gw_error *err)
{
    struct nbd_handle *source = transfer->wires->source[slot->wire];
    nbd_completion_callback done = {.callback = on_read, .user_data = slot};
    nbd_chunk_callback chunk = {.callback = on_chunk};
    int64_t cookie;
    slot->state = GW_DISK_READING;
    if (transfer->can_df)
        cookie = nbd_aio_pread_structured(source, slot->buffer, slot->len, slot->offset, chunk,
                                          done, LIBNBD_CMD_FLAG_DF);
    else
        cookie = nbd_aio_pread(source, slot->buffer, slot->len, slot->offset, done, 0);
    return cookie < 0 ? slot_failed(slot, "reading", "source", gw_disk_errno(source), err) : 0;
}

/* True when the bandwidth allows another read. */
static bool may_read(struct gw_disk_transfer *transfer)
{
    uint64_t now = now_us();
    if (!transfer->spec->bandwidth_bps)
        return true;
    if (transfer->next_read_us + BURST_US < now)
        transfer->next_read_us = now - BURST_US;
    return transfer->next_read_us <= now;
}

static void count_read(struct gw_disk_transfer *transfer, uint32_t len)
{
    if (transfer->spec->bandwidth_bps)
        transfer->next_read_us += len * 1000000ull / transfer->spec->bandwidth_bps;
}

/* Give an idle slot its next piece. *out_is_done: there is none now. */
static int fill_slot(struct gw_disk_transfer *transfer,
                     struct gw_disk_slot *slot,
                     bool *out_is_done,
                     struct gw_error *err)
{
    struct gw_disk_extent piece;
    *out_is_done =
        !may_read(transfer) || !gw_disk_extents_take(&transfer->extents, transfer->request_bytes,
                                                     transfer->zero_bytes, &piece);
    if (*out_is_done)
        return 0;
    slot->offset = piece.offset;
    slot->len = (uint32_t)piece.len;
    slot->is_zero = piece.is_zero;
    transfer->n_busy++;
    if (slot->is_zero)
        return write_slot(transfer, slot, err);
    count_read(transfer, slot->len);
    return read_slot(transfer, slot, err);
}

/* Act on a slot's answer. */
static int
harvest(struct gw_disk_transfer *transfer, struct gw_disk_slot *slot, struct gw_error *err)
{
    bool was_read = slot->state == GW_DISK_READ;
    transfer->last_answer_us = now_us();
    if (slot->error)
        return slot_failed(slot,
                           was_read        ? "reading"
                           : slot->is_zero ? "zeroing"
                                           : "writing",
                           was_read ? "source" : "target", slot->error, err);
    if (!was_read) {
        finish(transfer, slot);
        return 0;
    }
    slot->is_zero = is_all_zero(slot->buffer, slot->len);
    return write_slot(transfer, slot, err);
}

/* Harvest and fill every slot. */
static int turn(struct gw_disk_transfer *transfer, struct gw_error *err)
{
    bool is_done = false;
    if (gw_disk_map_step(transfer, err))
        return -1;
    for (unsigned i = 0; i < transfer->n_slots; i++) {
        struct gw_disk_slot *slot = &transfer->slots[i];
        if ((slot->state == GW_DISK_READ || slot->state == GW_DISK_WRITTEN) &&
            harvest(transfer, slot, err))
            return -1;
        while (slot->state == GW_DISK_IDLE && !is_done) {
            if (fill_slot(transfer, slot, &is_done, err))
                return -1;
        }
    }
    return gw_disk_map_step(transfer, err);
}

static bool is_finished(const struct gw_disk_transfer *transfer)
{
    const struct gw_disk_extents *extents = &transfer->extents;
    return !transfer->n_busy && !transfer->is_mapping && extents->next == extents->n &&
           extents->mapped >= extents->size;
}

/* How long to wait at most: until the bandwidth allows the next read. */
static int wait_ms(const struct gw_disk_transfer *transfer)
{
    uint64_t now = now_us();
    if (transfer->spec->bandwidth_bps && transfer->next_read_us > now &&
        transfer->next_read_us - now < TICK_MS * 1000)
        return (int)((transfer->next_read_us - now) / 1000) + 1;
    return TICK_MS;
}

int gw_disk_transfer_run(struct gw_disk_transfer *transfer, struct gw_error *err)
{
    uint32_t stall_ms = transfer->spec->stall_ms ? transfer->spec->stall_ms : GW_DISK_STALL_MS;
    transfer->last_answer_us = transfer->next_read_us = now_us();
    for (;;) {
        if (turn(transfer, err))
            return -1;
        if (is_finished(transfer))
            return 0;
        if (gw_disk_wires_wait(transfer->wires, wait_ms(transfer), err))
            return gw_error_wrap(err, "after %" PRIu64 " of %" PRIu64 " bytes",
                                 atomic_load(&transfer->progress->done_bytes),
                                 transfer->extents.size);
        bool is_waiting = transfer->n_busy || transfer->is_mapping;
        if (!is_waiting)
            transfer->last_answer_us = now_us();
        else if (now_us() - transfer->last_answer_us > stall_ms * 1000ull)
            return gw_error_set(err, GW_DEADLINE_EXCEEDED,
                                "source and target answered nothing for %u ms", stall_ms);
    }
}
