/* godwit.v1.GuestSpec and struct gw_guest_spec. Decoding copies with limits, then validates, so
 * that every caller gets either an allowed spec or the field that is not. */
#include "wire/guest_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "wire/json.h"

static int too_long(const char *field, const char *text, size_t max, struct gw_error *err)
{
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%s has %zu bytes, more than %zu", field,
                       strlen(text), max);
    return gw_error_field(err, "%s", field);
}

static int
copy_text(char *slot, size_t size, const char *text, const char *field, struct gw_error *err)
{
    return gw_str_copy(slot, size, text) < 0 ? too_long(field, text, size - 1, err) : 0;
}

/* Copy into a field of a list's item; the path is made only where it is needed. */
static int copy_item(char *slot,
                     size_t size,
                     const char *text,
                     const char *list,
                     size_t i,
                     const char *in,
                     struct gw_error *err)
{
    char field[GW_ERROR_FIELD_MAX];
    if (gw_str_copy(slot, size, text) == 0)
        return 0;
    (void)snprintf(field, sizeof field, "spec.%s[%zu].%s", list, i, in);
    return too_long(field, text, size - 1, err);
}

static int too_many(size_t n, size_t max, const char *field, struct gw_error *err)
{
    if (n <= max)
        return 0;
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%s has %zu items, more than %zu", field, n, max);
    return gw_error_field(err, "%s", field);
}

static int decode_disk(const Godwit__V1__DiskSpec *from,
                       size_t i,
                       struct gw_guest_disk *to,
                       struct gw_error *err)
{
    if (copy_item(to->name, sizeof to->name, from->name, "disks", i, "name", err) < 0 ||
        copy_item(to->pool, sizeof to->pool, from->pool, "disks", i, "pool", err) < 0 ||
        copy_item(to->file, sizeof to->file, from->file, "disks", i, "file", err) < 0)
        return -1;
    to->format = (enum gw_disk_format)from->format; /* same numbers; validated afterwards */
    to->size_bytes = from->size_bytes;
    to->is_readonly = from->readonly;
    return 0;
}

static int
decode_lists(const Godwit__V1__GuestSpec *from, struct gw_guest_spec *to, struct gw_error *err)
{
    if (too_many(from->n_disks, GW_GUEST_DISKS_MAX, "spec.disks", err) < 0 ||
        too_many(from->n_nics, GW_GUEST_NICS_MAX, "spec.nics", err) < 0 ||
        too_many(from->n_labels, GW_GUEST_LABELS_MAX, "spec.labels", err) < 0)
        return -1;
    for (; to->n_disks < from->n_disks; to->n_disks++) {
        if (decode_disk(from->disks[to->n_disks], to->n_disks, &to->disks[to->n_disks], err) < 0)
            return -1;
    }
    for (; to->n_nics < from->n_nics; to->n_nics++) {
        size_t i = to->n_nics;
        struct gw_guest_nic *nic = &to->nics[i];
        if (copy_item(nic->bridge, sizeof nic->bridge, from->nics[i]->bridge, "nics", i, "bridge",
                      err) < 0 ||
            copy_item(nic->mac, sizeof nic->mac, from->nics[i]->mac, "nics", i, "mac", err) < 0)
            return -1;
    }
    for (; to->n_labels < from->n_labels; to->n_labels++) {
        size_t i = to->n_labels;
        struct gw_guest_label *label = &to->labels[i];
        if (copy_item(label->key, sizeof label->key, from->labels[i]->key, "labels", i, "key",
                      err) < 0 ||
            copy_item(label->value, sizeof label->value, from->labels[i]->value, "labels", i,
                      "value", err) < 0)
            return -1;
    }
    return 0;
}

static int
decode_texts(const Godwit__V1__GuestSpec *from, struct gw_guest_spec *to, struct gw_error *err)
{
    const struct {
        char *slot;
        size_t size;
        const char *text;
        const char *field;
    } texts[] = {
        {to->name, sizeof to->name, from->name, "spec.name"},
        {to->uuid, sizeof to->uuid, from->uuid, "spec.uuid"},
        {to->machine_type, sizeof to->machine_type, from->machine_type, "spec.machine_type"},
        {to->cpu_model, sizeof to->cpu_model, from->cpu_model, "spec.cpu_model"},
        {to->kernel, sizeof to->kernel, from->kernel, "spec.kernel"},
        {to->initrd, sizeof to->initrd, from->initrd, "spec.initrd"},
        {to->cmdline, sizeof to->cmdline, from->cmdline, "spec.cmdline"},
        {to->firmware, sizeof to->firmware, from->firmware, "spec.firmware"},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(texts); i++) {
        if (copy_text(texts[i].slot, texts[i].size, texts[i].text, texts[i].field, err) < 0)
            return -1;
    }
    return 0;
}

struct gw_guest_spec *gw_wire_guest_spec_new(const Godwit__V1__GuestSpec *message,
                                             struct gw_error *err)
{
    if (!message) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "spec is missing");
        (void)gw_error_field(err, "spec");
        return NULL;
    }
    GW_AUTO_FREE struct gw_guest_spec *spec = calloc(1, sizeof *spec);
    if (!spec) {
        (void)gw_error_set_nomem(err, "reading a guest spec");
        return NULL;
    }
    spec->vcpus = message->vcpus;
    spec->memory_bytes = message->memory_bytes;
    spec->is_migration_stateful = message->migration_stateful;
    if (decode_texts(message, spec, err) < 0 || decode_lists(message, spec, err) < 0 ||
        gw_guest_spec_validate(spec, err) < 0)
        return NULL;
    return gw_steal(spec);
}

int gw_wire_guest_spec_decode(const Godwit__V1__GuestSpec *message,
                              struct gw_guest_spec *out,
                              struct gw_error *err)
{
    GW_AUTO_FREE struct gw_guest_spec *spec = gw_wire_guest_spec_new(message, err);
    if (!spec)
        return -1;
    memcpy(out, spec, sizeof *out);
    return 0;
}

char *gw_wire_guest_spec_to_text(const struct gw_guest_spec *spec, struct gw_error *err)
{
    Godwit__V1__GuestSpec *message = gw_wire_guest_spec_encode(spec, err);
    if (!message)
        return NULL;
    GW_AUTO_FREE char *json = gw_json_text_from_message(&message->base, GW_JSON_PRETTY, err);
    godwit__v1__guest_spec__free_unpacked(message, NULL);
    if (!json)
        return NULL;
    size_t len = strlen(json);
    const char *end = len > 0 && json[len - 1] == '\n' ? "" : "\n";
    char *text = gw_strf("%s%s", json, end);
    if (!text)
        (void)gw_error_set_nomem(err, "writing a guest spec");
    return text;
}

struct gw_guest_spec *
gw_wire_guest_spec_from_text(const char *text, size_t len, struct gw_error *err)
{
    ProtobufCMessage *message =
        gw_json_text_to_message(&godwit__v1__guest_spec__descriptor, text, len, 0, err);
    if (!message)
        return NULL;
    struct gw_guest_spec *spec = gw_wire_guest_spec_new((Godwit__V1__GuestSpec *)message, err);
    protobuf_c_message_free_unpacked(message, NULL);
    return spec;
}
