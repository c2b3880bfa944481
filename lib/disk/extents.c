#include <stdlib.h>
#include <string.h>

#include "disk/copy_priv.h"

int gw_disk_extents_init(struct gw_disk_extents *extents,
                         uint64_t size,
                         uint32_t align,
                         struct gw_error *err)
{
    *extents = (struct gw_disk_extents){.size = size, .align = align};
    extents->items = calloc(GW_DISK_EXTENTS_MAX, sizeof *extents->items);
    return extents->items ? 0 : gw_error_set_nomem(err, "mapping a disk");
}

void gw_disk_extents_fini(struct gw_disk_extents *extents)
{
    free(extents->items);
    *extents = (struct gw_disk_extents){0};
}

/* @end to a whole block, up or down; the end of the disk stays. */
static uint64_t align_end(const struct gw_disk_extents *extents, uint64_t end, bool up)
{
    uint64_t mask = extents->align - 1;
    if (end >= extents->size)
        return extents->size;
    uint64_t aligned = (up ? end + mask : end) & ~mask;
    return aligned < extents->size ? aligned : extents->size;
}

/* Make room where what was taken fills half of the list. */
static void drop_taken(struct gw_disk_extents *extents)
{
    if (extents->next < extents->n && extents->next < GW_DISK_EXTENTS_MAX / 2)
        return;
    extents->n -= extents->next;
    memmove(extents->items, extents->items + extents->next, extents->n * sizeof *extents->items);
    extents->next = 0;
}

uint64_t gw_disk_extents_left(const struct gw_disk_extents *extents)
{
    if (extents->next == extents->n)
        return 0;
    return extents->mapped - extents->items[extents->next].offset;
}

bool gw_disk_extents_has_room(const struct gw_disk_extents *extents)
{
    return extents->n - extents->next < GW_DISK_EXTENTS_MAX / 2;
}

bool gw_disk_extents_add(struct gw_disk_extents *extents, uint64_t end, bool is_zero)
{
    uint64_t from = extents->mapped;
    end = align_end(extents, end, !is_zero);
    if (end <= from)
        return true;
    drop_taken(extents);
    struct gw_disk_extent *last = extents->n ? &extents->items[extents->n - 1] : NULL;
    if (last && last->is_zero == is_zero) {
        last->len += end - from;
    } else {
        if (extents->n == GW_DISK_EXTENTS_MAX)
            return false;
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): init made it */
        extents->items[extents->n++] =
            (struct gw_disk_extent){.offset = from, .len = end - from, .is_zero = is_zero};
    }
    extents->mapped = end;
    return true;
}

bool gw_disk_extents_take(struct gw_disk_extents *extents,
                          uint32_t max_data,
                          uint32_t max_zero,
                          struct gw_disk_extent *out)
{
    if (extents->next == extents->n)
        return false;
    struct gw_disk_extent *item = &extents->items[extents->next];
    uint64_t max = item->is_zero ? max_zero : max_data;
    /* up to the next multiple of the longest piece, so that pieces match the servers' clusters */
    uint64_t len = max - item->offset % max;
    if (len > item->len)
        len = item->len;
    *out = (struct gw_disk_extent){.offset = item->offset, .len = len, .is_zero = item->is_zero};
    item->offset += len;
    item->len -= len;
    if (!item->len)
        extents->next++;
    return true;
}
