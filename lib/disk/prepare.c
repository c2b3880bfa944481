/* What both ends can do and take, looked at before the first byte. */

#include <inttypes.h>
#include <stdlib.h>

#include "disk/copy_priv.h"

enum { ALIGN_MIN = 512, ALIGN_MAX = 64 * 1024 };

static uint32_t block_size(struct nbd_handle *nbd)
{
    int64_t size = nbd_get_block_size(nbd, LIBNBD_SIZE_MINIMUM);
    return size > ALIGN_MIN && size <= ALIGN_MAX ? (uint32_t)size : ALIGN_MIN;
}

static uint32_t longest_request(struct nbd_handle *nbd, uint32_t wanted)
{
    int64_t size = nbd_get_block_size(nbd, LIBNBD_SIZE_MAXIMUM);
    while (size > 0 && wanted > ALIGN_MAX && wanted > size)
        wanted /= 2;
    return wanted;
}

static int check_sizes(struct nbd_handle *source,
                       struct nbd_handle *target,
                       uint64_t *out_size,
                       struct gw_error *err)
{
    int64_t has = nbd_get_size(source), takes = nbd_get_size(target);
    if (has < 0 || takes < 0)
        return gw_error_set(err, GW_INTERNAL, "an export does not tell its size");
    if (has != takes) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "the source has %" PRId64 " bytes and the target %" PRId64
                           ": make the target as large as the source",
                           has, takes);
        return gw_error_reason(err, "DISK_SIZE");
    }
    if (nbd_is_read_only(target) > 0) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION, "the target's export is read-only");
        return gw_error_reason(err, "DISK_READ_ONLY");
    }
    *out_size = (uint64_t)has;
    return 0;
}

static int make_slots(struct gw_disk_transfer *transfer, struct gw_error *err)
{
    const struct gw_disk_copy_spec *spec = transfer->spec;
    transfer->n_slots = spec->n_requests ? spec->n_requests : GW_DISK_REQUESTS;
    transfer->slots = calloc(transfer->n_slots, sizeof *transfer->slots);
    transfer->buffers = malloc((size_t)transfer->n_slots * transfer->request_bytes);
    if (!transfer->slots || !transfer->buffers)
        return gw_error_set_nomem(err, "copying a disk");
    for (unsigned i = 0; i < transfer->n_slots; i++) {
        transfer->slots[i].wire = i % transfer->wires->n;
        transfer->slots[i].buffer = transfer->buffers + (size_t)i * transfer->request_bytes;
    }
    return 0;
}

int gw_disk_transfer_init(struct gw_disk_transfer *transfer,
                          const struct gw_disk_copy_spec *spec,
                          struct gw_disk_wires *wires,
                          struct gw_disk_progress *progress,
                          struct gw_error *err)
{
    struct nbd_handle *source = wires->source[0], *target = wires->target[0];
    uint32_t wanted = spec->request_bytes ? spec->request_bytes : GW_DISK_REQUEST_BYTES;
    uint32_t align = block_size(source), other = block_size(target);
    uint64_t size = 0;

    *transfer = (struct gw_disk_transfer){.spec = spec, .wires = wires, .progress = progress};
    if (check_sizes(source, target, &size, err))
        return -1;
    transfer->request_bytes = longest_request(target, longest_request(source, wanted));
    transfer->can_map = nbd_can_meta_context(source, LIBNBD_CONTEXT_BASE_ALLOCATION) > 0;
    transfer->can_df = nbd_can_df(source) > 0;
    transfer->can_zero = nbd_can_zero(target) > 0;
    transfer->zero_bytes = transfer->can_zero || spec->is_target_zeroed ? GW_DISK_ZERO_MAX_BYTES
                                                                        : transfer->request_bytes;
    if (gw_disk_extents_init(&transfer->extents, size, align > other ? align : other, err))
        return -1;
    atomic_store(&progress->size_bytes, size);
    return make_slots(transfer, err);
}

void gw_disk_transfer_fini(struct gw_disk_transfer *transfer)
{
    gw_disk_extents_fini(&transfer->extents);
    free(transfer->slots);
    free(transfer->buffers);
    *transfer = (struct gw_disk_transfer){0};
}
