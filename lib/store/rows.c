#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

int gw_blob_copy(struct gw_blob *to, const struct gw_blob *from)
{
    uint8_t *data = NULL;
    if (from->len > 0) {
        data = malloc(from->len);
        if (!data)
            return -1;
        memcpy(data, from->data, from->len);
    }
    free(to->data);
    *to = (struct gw_blob){.data = data, .len = from->len};
    return 0;
}

void gw_blob_fini(struct gw_blob *blob)
{
    free(blob->data);
    *blob = (struct gw_blob){0};
}

void gw_host_row_fini(struct gw_host_row *row)
{
    gw_blob_fini(&row->facts);
}

void gw_guest_row_fini(struct gw_guest_row *row)
{
    free(row->spec);
    row->spec = NULL;
}

void gw_migration_row_fini(struct gw_migration_row *row)
{
    gw_blob_fini(&row->endpoints);
    gw_blob_fini(&row->progress);
}

void gw_event_row_fini(struct gw_event_row *row)
{
    gw_blob_fini(&row->payload);
}
