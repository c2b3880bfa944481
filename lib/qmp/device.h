#ifndef GW_QMP_DEVICE_H
#define GW_QMP_DEVICE_H
/* JSON texts for QEMU's -blockdev and -device: nothing of a name or a path can become an option.
 * Source: QEMU qapi/block-core.json, docs/system/device-emulation. Each text is malloc'd; NULL
 * without memory. */

#include <stdbool.h>

/* Protocol node @node over file @path, past the host's page cache. */
char *gw_qmp_file_node(const char *node, const char *path, bool is_readonly);
/* Format node @node ("raw" or "qcow2", never probed) over node @file_node. */
char *
gw_qmp_format_node(const char *node, const char *format, const char *file_node, bool is_readonly);

/* Where a device sits: the same on both ends of a migration. */
struct gw_qmp_slot {
    unsigned device;   /* 1..30 */
    unsigned function; /* 0..7; function 0 of a device must be there */
};

/* virtio-blk-pci device @id with medium @node; @serial at most 20 bytes are shown to the guest. */
char *gw_qmp_disk_device(const char *id,
                         const char *node,
                         const char *serial,
                         struct gw_qmp_slot slot,
                         int bootindex /* -1: none */);
/* virtio-net-pci device @id on network backend @netdev. */
char *gw_qmp_nic_device(const char *id,
                        const char *netdev,
                        const char *mac,
                        struct gw_qmp_slot slot,
                        int bootindex /* -1: none */);

#endif
