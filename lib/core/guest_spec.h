#ifndef GW_CORE_GUEST_SPEC_H
#define GW_CORE_GUEST_SPEC_H
/* What a guest is, as a plain struct of bounded arrays (about 40 KiB: keep it on the heap), with
 * the one place that says which values are allowed. Fixed while the guest runs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/name.h"

enum {
    GW_GUEST_DISKS_MAX = 32,       /* fits four PCI slots of eight functions */
    GW_GUEST_NICS_MAX = 16,        /* fits two */
    GW_GUEST_LABELS_MAX = 64,      /* what people filter by, not a database */
    GW_GUEST_VCPUS_MAX = 512,      /* more than QEMU's q35 of any version takes */
    GW_GUEST_DISK_NAME_MAX = 26,   /* QEMU's node names have 31 bytes, "disk-" goes before */
    GW_GUEST_BRIDGE_NAME_MAX = 15, /* IFNAMSIZ 16 with its NUL */
    GW_GUEST_QEMU_NAME_MAX = 255,  /* machine type; CPU model with a few dozen features */
    GW_GUEST_CMDLINE_MAX = 2048,   /* COMMAND_LINE_SIZE of x86 Linux */
    GW_GUEST_LABEL_VALUE_MAX = 255,
    GW_GUEST_MAC_LEN = 17,
};
#define GW_GUEST_MEMORY_MIN_BYTES (UINT64_C(16) << 20)
#define GW_GUEST_MEMORY_MAX_BYTES (UINT64_C(16) << 40)
#define GW_GUEST_MEMORY_STEP_BYTES UINT64_C(4096) /* a page */
#define GW_GUEST_DISK_MIN_BYTES (UINT64_C(1) << 20)
#define GW_GUEST_DISK_MAX_BYTES (UINT64_C(64) << 40)
#define GW_GUEST_DISK_STEP_BYTES UINT64_C(512) /* a sector */

enum gw_disk_format { GW_DISK_FORMAT_NONE, GW_DISK_FORMAT_RAW, GW_DISK_FORMAT_QCOW2 };

struct gw_guest_disk {
    char name[GW_GUEST_DISK_NAME_MAX + 1];
    char pool[GW_NAME_MAX + 1];
    enum gw_disk_format format;      /* NONE: gw_guest_spec_fill() makes it QCOW2 */
    uint64_t size_bytes;             /* virtual size */
    char file[GW_FILE_NAME_MAX + 1]; /* in the pool; "": filled in as UUID-NAME.FORMAT */
    bool is_readonly;
};

struct gw_guest_nic {
    char bridge[GW_GUEST_BRIDGE_NAME_MAX + 1];
    char mac[GW_GUEST_MAC_LEN + 1]; /* "": filled in from the uuid */
};

struct gw_guest_label {
    char key[GW_NAME_MAX + 1];
    char value[GW_GUEST_LABEL_VALUE_MAX + 1];
};

struct gw_guest_spec {
    char name[GW_NAME_MAX + 1];
    char uuid[GW_UUID_LEN + 1]; /* "": not made yet */
    uint32_t vcpus;             /* 0: filled in as 1 */
    uint64_t memory_bytes;
    char machine_type[GW_GUEST_QEMU_NAME_MAX + 1]; /* "": filled in by the first host */
    char cpu_model[GW_GUEST_QEMU_NAME_MAX + 1];    /* "": likewise */
    struct gw_guest_disk disks[GW_GUEST_DISKS_MAX];
    size_t n_disks;
    struct gw_guest_nic nics[GW_GUEST_NICS_MAX];
    size_t n_nics;
    char kernel[GW_FILE_NAME_MAX + 1];
    char initrd[GW_FILE_NAME_MAX + 1];
    char cmdline[GW_GUEST_CMDLINE_MAX + 1];
    char firmware[GW_FILE_NAME_MAX + 1];
    struct gw_guest_label labels[GW_GUEST_LABELS_MAX];
    size_t n_labels;
    bool is_migration_stateful;
};

/* Check every field; what has a default may be empty. Errors: INVALID_ARGUMENT, with the path of
 * the first offending field in err->field, e.g. spec.disks[1].size_bytes. */
int gw_guest_spec_validate(const struct gw_guest_spec *spec, struct gw_error *err);

/* Check that nothing is left to fill in, beyond gw_guest_spec_validate(). Errors the same. */
int gw_guest_spec_validate_filled(const struct gw_guest_spec *spec, struct gw_error *err);

/* Fill in what is empty: vcpus, machine type, CPU model, disk formats and files, MACs. The uuid
 * must be there. Pure: the same spec and defaults give the same result. Errors: INVALID_ARGUMENT
 * uuid missing, or the filled-in spec is not valid (a default file name equals a given one). */
int gw_guest_spec_fill(struct gw_guest_spec *spec,
                       const char *machine_type,
                       const char *cpu_model,
                       struct gw_error *err);

/* The MAC of the @index-th NIC of guest @uuid where none is given: 52:54:00 and a hash. */
void gw_guest_default_mac(const char *uuid, size_t index, char out[GW_GUEST_MAC_LEN + 1]);

/* Index of the disk called @name; -1 when there is none. */
int gw_guest_spec_find_disk(const struct gw_guest_spec *spec, const char *name);

/* "raw" or "qcow2", as QEMU names them; "" for NONE. Static storage. */
const char *gw_disk_format_name(enum gw_disk_format format);

#endif
