/* What a guest spec leaves open, filled in. */
#include "core/guest_spec.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* FNV-1a, 64 bit (draft-eastlake-fnv): spreads uuids over MACs; nothing rests on its strength. */
static uint64_t hash_text(const char *text, size_t salt)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ salt;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return h ^ (h >> 32);
}

void gw_guest_default_mac(const char *uuid, size_t index, char out[GW_GUEST_MAC_LEN + 1])
{
    uint64_t h = hash_text(uuid, index * 0x9e37U);
    (void)snprintf(out, GW_GUEST_MAC_LEN + 1, "52:54:00:%02x:%02x:%02x", (unsigned)(h & 0xff),
                   (unsigned)((h >> 8) & 0xff), (unsigned)((h >> 16) & 0xff));
}

static int
fill_text(char *slot, size_t size, const char *text, const char *field, struct gw_error *err)
{
    if (slot[0] || gw_str_copy(slot, size, text) == 0)
        return 0;
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "default of %s is longer than %zu bytes", field,
                       size - 1);
    return gw_error_field(err, "%s", field);
}

static void fill_disk(struct gw_guest_disk *disk, const char *uuid)
{
    if (disk->format == GW_DISK_FORMAT_NONE)
        disk->format = GW_DISK_FORMAT_QCOW2;
    if (!disk->file[0])
        (void)snprintf(disk->file, sizeof disk->file, "%s-%s.%s", uuid, disk->name,
                       gw_disk_format_name(disk->format));
}

int gw_guest_spec_fill(struct gw_guest_spec *spec,
                       const char *machine_type,
                       const char *cpu_model,
                       struct gw_error *err)
{
    if (gw_guest_spec_validate(spec, err) < 0)
        return -1;
    if (!spec->uuid[0]) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "spec.uuid is missing");
        return gw_error_field(err, "spec.uuid");
    }
    if (fill_text(spec->machine_type, sizeof spec->machine_type, machine_type, "spec.machine_type",
                  err) < 0 ||
        fill_text(spec->cpu_model, sizeof spec->cpu_model, cpu_model, "spec.cpu_model", err) < 0)
        return -1;
    if (!spec->vcpus)
        spec->vcpus = 1;
    for (size_t i = 0; i < spec->n_disks; i++)
        fill_disk(&spec->disks[i], spec->uuid);
    for (size_t i = 0; i < spec->n_nics; i++) {
        if (!spec->nics[i].mac[0])
            gw_guest_default_mac(spec->uuid, i, spec->nics[i].mac);
    }
    return gw_guest_spec_validate_filled(spec, err);
}

int gw_guest_spec_find_disk(const struct gw_guest_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_disks; i++) {
        if (strcmp(spec->disks[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

const char *gw_disk_format_name(enum gw_disk_format format)
{
    switch (format) {
    case GW_DISK_FORMAT_RAW:
        return "raw";
    case GW_DISK_FORMAT_QCOW2:
        return "qcow2";
    case GW_DISK_FORMAT_NONE:
        break;
    }
    return "";
}
