/* struct gw_guest_spec to godwit.v1.GuestSpec: every part on the heap, as unpacking would leave it,
 * so that protobuf-c's own free function takes it. Empty text is protobuf-c's own empty string. */
#include "wire/guest_spec.h"

#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>
#include <string.h>

/* protobuf-c leaves its static empty string in unset fields and knows not to free it. */
static int dup_text(char **slot, const char *text)
{
    if (!text[0])
        return 0;
    char *copy = strdup(text);
    if (!copy)
        return -1;
    *slot = copy;
    return 0;
}

static int encode_disks(const struct gw_guest_spec *from, Godwit__V1__GuestSpec *to)
{
    to->disks = calloc(from->n_disks ? from->n_disks : 1, sizeof *to->disks);
    if (!to->disks)
        return -1;
    for (size_t i = 0; i < from->n_disks; i++) {
        const struct gw_guest_disk *disk = &from->disks[i];
        Godwit__V1__DiskSpec *item = malloc(sizeof *item);
        if (!item)
            return -1;
        godwit__v1__disk_spec__init(item);
        to->disks[to->n_disks++] = item;
        item->format = (Godwit__V1__DiskFormat)disk->format;
        item->size_bytes = disk->size_bytes;
        item->readonly = disk->is_readonly;
        if (dup_text(&item->name, disk->name) < 0 || dup_text(&item->pool, disk->pool) < 0 ||
            dup_text(&item->file, disk->file) < 0)
            return -1;
    }
    return 0;
}

static int encode_nics(const struct gw_guest_spec *from, Godwit__V1__GuestSpec *to)
{
    to->nics = calloc(from->n_nics ? from->n_nics : 1, sizeof *to->nics);
    if (!to->nics)
        return -1;
    for (size_t i = 0; i < from->n_nics; i++) {
        Godwit__V1__NicSpec *item = malloc(sizeof *item);
        if (!item)
            return -1;
        godwit__v1__nic_spec__init(item);
        to->nics[to->n_nics++] = item;
        if (dup_text(&item->bridge, from->nics[i].bridge) < 0 ||
            dup_text(&item->mac, from->nics[i].mac) < 0)
            return -1;
    }
    return 0;
}

static int encode_labels(const struct gw_guest_spec *from, Godwit__V1__GuestSpec *to)
{
    to->labels = calloc(from->n_labels ? from->n_labels : 1, sizeof *to->labels);
    if (!to->labels)
        return -1;
    for (size_t i = 0; i < from->n_labels; i++) {
        Godwit__V1__Label *item = malloc(sizeof *item);
        if (!item)
            return -1;
        godwit__v1__label__init(item);
        to->labels[to->n_labels++] = item;
        if (dup_text(&item->key, from->labels[i].key) < 0 ||
            dup_text(&item->value, from->labels[i].value) < 0)
            return -1;
    }
    return 0;
}

static int encode_texts(const struct gw_guest_spec *from, Godwit__V1__GuestSpec *to)
{
    if (dup_text(&to->name, from->name) < 0 || dup_text(&to->uuid, from->uuid) < 0 ||
        dup_text(&to->machine_type, from->machine_type) < 0 ||
        dup_text(&to->cpu_model, from->cpu_model) < 0)
        return -1;
    if (dup_text(&to->kernel, from->kernel) < 0 || dup_text(&to->initrd, from->initrd) < 0 ||
        dup_text(&to->cmdline, from->cmdline) < 0)
        return -1;
    return dup_text(&to->firmware, from->firmware);
}

Godwit__V1__GuestSpec *gw_wire_guest_spec_encode(const struct gw_guest_spec *spec,
                                                 struct gw_error *err)
{
    Godwit__V1__GuestSpec *message = malloc(sizeof *message);
    if (!message) {
        (void)gw_error_set_nomem(err, "encoding a guest spec");
        return NULL;
    }
    godwit__v1__guest_spec__init(message);
    message->vcpus = spec->vcpus;
    message->memory_bytes = spec->memory_bytes;
    message->migration_stateful = spec->is_migration_stateful;
    if (encode_texts(spec, message) < 0 || encode_disks(spec, message) < 0 ||
        encode_nics(spec, message) < 0 || encode_labels(spec, message) < 0) {
        godwit__v1__guest_spec__free_unpacked(message, NULL);
        (void)gw_error_set_nomem(err, "encoding a guest spec");
        return NULL;
    }
    return message;
}
