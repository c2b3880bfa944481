/* The source's map, asked for piece by piece while the copy runs (NBD_CMD_BLOCK_STATUS with
 * base:allocation, NBD protocol "Metadata querying"). */

#include <string.h>

#include "base/clock.h"
#include "disk/copy_priv.h"

enum {
    MAP_BYTES = 1024 * 1024 * 1024, /* asked for at once; servers answer as much as they like */
    MAP_AHEAD_BYTES = 256 * 1024 * 1024, /* the next is asked for when less is left */
};

static int on_extents(void *arg,
                      const char *context,
                      uint64_t offset,
                      uint32_t *entries,
                      size_t n_entries,
                      int *error)
{
    struct gw_disk_transfer *transfer = arg;
    uint64_t end = offset;
    (void)error;
    if (strcmp(context, LIBNBD_CONTEXT_BASE_ALLOCATION) != 0 || offset != transfer->extents.mapped)
        return 0;
    for (size_t i = 0; i + 1 < n_entries; i += 2) {
        end += entries[i];
        if (!gw_disk_extents_add(&transfer->extents, end,
                                 (entries[i + 1] & LIBNBD_STATE_ZERO) != 0))
            break;
    }
    return 0;
}

static int on_mapped(void *arg, int *error)
{
    struct gw_disk_transfer *transfer = arg;
    transfer->is_mapped = true;
    transfer->map_error = *error;
    return 1;
}

static int ask_for_map(struct gw_disk_transfer *transfer, struct gw_error *err)
{
    struct gw_disk_extents *extents = &transfer->extents;
    uint64_t len = extents->size - extents->mapped;
    if (len > MAP_BYTES)
        len = MAP_BYTES;
    transfer->map_from = extents->mapped;
    transfer->map_end = extents->mapped + len;
    if (!transfer->can_map) {
        (void)gw_disk_extents_add(extents, transfer->map_end, false);
        return 0;
    }
    nbd_extent_callback each = {.callback = on_extents, .user_data = transfer};
    nbd_completion_callback done = {.callback = on_mapped, .user_data = transfer};
    if (nbd_aio_block_status(transfer->wires->source[0], len, extents->mapped, each, done, 0) < 0)
        return gw_disk_error(err, gw_disk_errno(transfer->wires->source[0]),
                             "asking the source for its map");
    transfer->is_mapping = true;
    return 0;
}

/* The answer to a block status request is complete. Where it failed or told nothing new, the source
 * is read instead: a failing read says why, and where. */
static void take_map(struct gw_disk_transfer *transfer)
{
    struct gw_disk_extents *extents = &transfer->extents;
    transfer->is_mapping = transfer->is_mapped = false;
    transfer->last_answer_us = gw_clock_mono_us(gw_clock_system());
    if (transfer->map_error)
        (void)gw_disk_extents_add(extents, transfer->map_end, false);
    else if (extents->mapped == transfer->map_from)
        (void)gw_disk_extents_add(extents, extents->mapped + transfer->request_bytes, false);
}

int gw_disk_map_step(struct gw_disk_transfer *transfer, struct gw_error *err)
{
    struct gw_disk_extents *extents = &transfer->extents;
    if (transfer->is_mapped)
        take_map(transfer);
    if (!transfer->is_mapping && extents->mapped < extents->size &&
        gw_disk_extents_left(extents) < MAP_AHEAD_BYTES && gw_disk_extents_has_room(extents))
        return ask_for_map(transfer, err);
    return 0;
}
