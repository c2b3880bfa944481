/* Which guest specs are allowed. Each check names the field it refuses; the first one wins. */
#include "core/guest_spec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Raise INVALID_ARGUMENT for @field; the message starts with it. */
__attribute__((format(printf, 3, 4))) static int
refuse(struct gw_error *err, const char *field, const char *fmt, ...)
{
    char text[GW_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%s %s", field, text);
    return gw_error_field(err, "%s", field);
}

static const char *indexed(char buf[GW_ERROR_FIELD_MAX], const char *list, size_t i, const char *in)
{
    (void)snprintf(buf, GW_ERROR_FIELD_MAX, "spec.%s[%zu].%s", list, i, in);
    return buf;
}

static int check_name(const char *name, size_t max, const char *field, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    if (gw_name_is_valid(name, max))
        return 0;
    if (!name[0])
        return refuse(err, field, "is missing");
    return refuse(err, field,
                  "is %s, not a name: use a letter, then letters, digits, '-' and '_', at most %zu",
                  gw_error_quote(shown, name), max);
}

static int check_file(const char *file, const char *field, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    if (!file[0] || gw_file_name_is_valid(file))
        return 0;
    return refuse(err, field,
                  "is %s, not a plain file name: use letters, digits, '.', '-' and '_', no slash, "
                  "no leading dot, no \"..\"",
                  gw_error_quote(shown, file));
}

static int check_size(uint64_t value,
                      uint64_t min,
                      uint64_t max,
                      uint64_t step,
                      const char *field,
                      struct gw_error *err)
{
    if (value == 0)
        return refuse(err, field, "is missing: give bytes, at least %llu", (unsigned long long)min);
    if (value >= UINT64_C(1) << 63)
        return refuse(err, field, "is %llu: a negative number, or far over the limit of %llu bytes",
                      (unsigned long long)value, (unsigned long long)max);
    if (value < min || value > max)
        return refuse(err, field, "is %llu bytes, outside %llu to %llu", (unsigned long long)value,
                      (unsigned long long)min, (unsigned long long)max);
    if (value % step)
        return refuse(err, field, "is %llu bytes, not a multiple of %llu",
                      (unsigned long long)value, (unsigned long long)step);
    return 0;
}

/* Names of QEMU's: they stand on its command line, where a comma starts an option. */
static int
check_qemu_name(const char *text, const char *more, const char *field, struct gw_error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char shown[GW_QUOTED_MAX];
    if (!text[0])
        return 0;
    for (const char *at = text; *at; at++) {
        if (!strchr(letters, *at) && (at == text || !strchr(more, *at)))
            return refuse(err, field, "is %s: use letters, digits and \"%s\" only",
                          gw_error_quote(shown, text), more);
    }
    return 0;
}

static int check_printable(const char *text, const char *field, struct gw_error *err)
{
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return refuse(err, field, "has control character %d at byte %zu", *at,
                          (size_t)(at - text));
    }
    return 0;
}

static int check_identity(const struct gw_guest_spec *spec, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    if (check_name(spec->name, GW_NAME_MAX, "spec.name", err) < 0)
        return -1;
    if (spec->uuid[0] && !gw_uuid_is_valid(spec->uuid))
        return refuse(err, "spec.uuid", "is %s, not a lower-case 8-4-4-4-12 uuid",
                      gw_error_quote(shown, spec->uuid));
    if (spec->vcpus > GW_GUEST_VCPUS_MAX)
        return refuse(err, "spec.vcpus", "is %u, outside 1 to %d", spec->vcpus, GW_GUEST_VCPUS_MAX);
    if (check_size(spec->memory_bytes, GW_GUEST_MEMORY_MIN_BYTES, GW_GUEST_MEMORY_MAX_BYTES,
                   GW_GUEST_MEMORY_STEP_BYTES, "spec.memory_bytes", err) < 0)
        return -1;
    if (check_qemu_name(spec->machine_type, ".-_", "spec.machine_type", err) < 0)
        return -1;
    return check_qemu_name(spec->cpu_model, ".-_+,=", "spec.cpu_model", err);
}

static int check_disk(const struct gw_guest_spec *spec, size_t i, struct gw_error *err)
{
    const struct gw_guest_disk *disk = &spec->disks[i];
    char field[GW_ERROR_FIELD_MAX];
    if (check_name(disk->name, GW_GUEST_DISK_NAME_MAX, indexed(field, "disks", i, "name"), err) < 0)
        return -1;
    if (check_name(disk->pool, GW_NAME_MAX, indexed(field, "disks", i, "pool"), err) < 0)
        return -1;
    if ((unsigned)disk->format > GW_DISK_FORMAT_QCOW2)
        return refuse(err, indexed(field, "disks", i, "format"), "is %u: use RAW or QCOW2",
                      (unsigned)disk->format);
    if (check_size(disk->size_bytes, GW_GUEST_DISK_MIN_BYTES, GW_GUEST_DISK_MAX_BYTES,
                   GW_GUEST_DISK_STEP_BYTES, indexed(field, "disks", i, "size_bytes"), err) < 0)
        return -1;
    if (check_file(disk->file, indexed(field, "disks", i, "file"), err) < 0)
        return -1;
    for (size_t j = 0; j < i; j++) {
        const struct gw_guest_disk *other = &spec->disks[j];
        if (strcmp(other->name, disk->name) == 0)
            return refuse(err, indexed(field, "disks", i, "name"),
                          "is \"%s\", as disk %zu's: give each disk its own", disk->name, j);
        if (disk->file[0] && strcmp(other->file, disk->file) == 0 &&
            strcmp(other->pool, disk->pool) == 0)
            return refuse(err, indexed(field, "disks", i, "file"),
                          "is \"%s\" in pool \"%s\", as disk %zu's: give each disk its own",
                          disk->file, disk->pool, j);
    }
    return 0;
}

/* A name of a network interface: what `ip link` takes, less what needs quoting anywhere. */
static bool is_bridge_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= GW_GUEST_BRIDGE_NAME_MAX && gw_file_name_is_valid(name);
}

static int check_nic(const struct gw_guest_spec *spec, size_t i, struct gw_error *err)
{
    const struct gw_guest_nic *nic = &spec->nics[i];
    char field[GW_ERROR_FIELD_MAX];
    char shown[GW_QUOTED_MAX];
    if (!is_bridge_name(nic->bridge))
        return refuse(err, indexed(field, "nics", i, "bridge"),
                      "is %s, not the name of a network interface",
                      gw_error_quote(shown, nic->bridge));
    if (!nic->mac[0])
        return 0;
    if (!gw_mac_is_valid(nic->mac))
        return refuse(err, indexed(field, "nics", i, "mac"),
                      "is %s, not a unicast aa:bb:cc:dd:ee:ff", gw_error_quote(shown, nic->mac));
    for (size_t j = 0; j < i; j++) {
        if (strcasecmp(spec->nics[j].mac, nic->mac) == 0)
            return refuse(err, indexed(field, "nics", i, "mac"),
                          "is %s, as NIC %zu's: give each NIC its own", nic->mac, j);
    }
    return 0;
}

static int check_label(const struct gw_guest_spec *spec, size_t i, struct gw_error *err)
{
    const struct gw_guest_label *label = &spec->labels[i];
    char field[GW_ERROR_FIELD_MAX];
    char shown[GW_QUOTED_MAX];
    if (!gw_file_name_is_valid(label->key) || strlen(label->key) > GW_NAME_MAX)
        return refuse(err, indexed(field, "labels", i, "key"),
                      "is %s: use letters, digits, '.', '-' and '_', at most %d",
                      gw_error_quote(shown, label->key), GW_NAME_MAX);
    if (check_printable(label->value, indexed(field, "labels", i, "value"), err) < 0)
        return -1;
    for (size_t j = 0; j < i; j++) {
        if (strcmp(spec->labels[j].key, label->key) == 0)
            return refuse(err, indexed(field, "labels", i, "key"), "is \"%s\", as label %zu's",
                          label->key, j);
    }
    return 0;
}

static int check_boot(const struct gw_guest_spec *spec, struct gw_error *err)
{
    if (check_file(spec->kernel, "spec.kernel", err) < 0 ||
        check_file(spec->initrd, "spec.initrd", err) < 0 ||
        check_file(spec->firmware, "spec.firmware", err) < 0)
        return -1;
    if (check_printable(spec->cmdline, "spec.cmdline", err) < 0)
        return -1;
    if (!spec->kernel[0] && spec->initrd[0])
        return refuse(err, "spec.initrd", "needs spec.kernel: give both or neither");
    if (!spec->kernel[0] && spec->cmdline[0])
        return refuse(err, "spec.cmdline", "needs spec.kernel: give both or neither");
    return 0;
}

static int check_count(size_t n, size_t max, const char *field, struct gw_error *err)
{
    if (n <= max)
        return 0;
    return refuse(err, field, "has %zu items, more than %zu", n, max);
}

int gw_guest_spec_validate(const struct gw_guest_spec *spec, struct gw_error *err)
{
    if (check_identity(spec, err) < 0)
        return -1;
    if (check_count(spec->n_disks, GW_GUEST_DISKS_MAX, "spec.disks", err) < 0 ||
        check_count(spec->n_nics, GW_GUEST_NICS_MAX, "spec.nics", err) < 0 ||
        check_count(spec->n_labels, GW_GUEST_LABELS_MAX, "spec.labels", err) < 0)
        return -1;
    for (size_t i = 0; i < spec->n_disks; i++) {
        if (check_disk(spec, i, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < spec->n_nics; i++) {
        if (check_nic(spec, i, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < spec->n_labels; i++) {
        if (check_label(spec, i, err) < 0)
            return -1;
    }
    return check_boot(spec, err);
}

int gw_guest_spec_validate_filled(const struct gw_guest_spec *spec, struct gw_error *err)
{
    char field[GW_ERROR_FIELD_MAX];
    if (gw_guest_spec_validate(spec, err) < 0)
        return -1;
    if (!spec->uuid[0])
        return refuse(err, "spec.uuid", "is missing");
    if (!spec->vcpus)
        return refuse(err, "spec.vcpus", "is missing");
    if (!spec->machine_type[0])
        return refuse(err, "spec.machine_type", "is missing");
    if (!spec->cpu_model[0])
        return refuse(err, "spec.cpu_model", "is missing");
    for (size_t i = 0; i < spec->n_disks; i++) {
        if (spec->disks[i].format == GW_DISK_FORMAT_NONE)
            return refuse(err, indexed(field, "disks", i, "format"), "is missing");
        if (!spec->disks[i].file[0])
            return refuse(err, indexed(field, "disks", i, "file"), "is missing");
    }
    for (size_t i = 0; i < spec->n_nics; i++) {
        if (!spec->nics[i].mac[0])
            return refuse(err, indexed(field, "nics", i, "mac"), "is missing");
    }
    return 0;
}
