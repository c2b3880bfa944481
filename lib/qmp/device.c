#include "qmp/device.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

enum { SERIAL_MAX = 20 }; /* VIRTIO_BLK_ID_BYTES, virtio 1.1, 5.2.6.1 */

/* An object that remembers whether adding to it ever failed. */
struct builder {
    json_object *object;
    bool has_failed;
};

static void add(struct builder *b, const char *key, json_object *value)
{
    if (b->object && value && json_object_object_add(b->object, key, value) == 0)
        return;
    json_object_put(value);
    b->has_failed = true;
}

static void add_text(struct builder *b, const char *key, const char *text)
{
    add(b, key, json_object_new_string(text));
}

static void add_bool(struct builder *b, const char *key, bool value)
{
    add(b, key, json_object_new_boolean(value));
}

static char *finish(struct builder *b)
{
    const char *text = NULL;
    if (b->object && !b->has_failed)
        text = json_object_to_json_string_ext(b->object, JSON_C_TO_STRING_PLAIN |
                                                             JSON_C_TO_STRING_NOSLASHESCAPE);
    char *copy = text ? strdup(text) : NULL;
    json_object_put(b->object);
    return copy;
}

static void add_cache(struct builder *b, bool is_readonly)
{
    struct builder cache = {.object = json_object_new_object()};
    add_bool(&cache, "direct", true);
    add_bool(&cache, "no-flush", false);
    b->has_failed |= cache.has_failed;
    add(b, "cache", cache.object);
    add_text(b, "discard", "unmap");
    add_bool(b, "read-only", is_readonly);
    add_bool(b, "auto-read-only", false);
}

char *gw_qmp_file_node(const char *node, const char *path, bool is_readonly)
{
    struct builder b = {.object = json_object_new_object()};
    add_text(&b, "driver", "file");
    add_text(&b, "node-name", node);
    add_text(&b, "filename", path);
    add_cache(&b, is_readonly);
    return finish(&b);
}

char *
gw_qmp_format_node(const char *node, const char *format, const char *file_node, bool is_readonly)
{
    struct builder b = {.object = json_object_new_object()};
    add_text(&b, "driver", format);
    add_text(&b, "node-name", node);
    add_text(&b, "file", file_node);
    add_cache(&b, is_readonly);
    return finish(&b);
}

static void add_slot(struct builder *b, struct gw_qmp_slot slot, int bootindex)
{
    char addr[16];
    (void)snprintf(addr, sizeof addr, "%x.%x", slot.device, slot.function);
    add_text(b, "addr", addr);
    add_bool(b, "multifunction", true);
    if (bootindex >= 0)
        add(b, "bootindex", json_object_new_int(bootindex));
}

char *gw_qmp_disk_device(
    const char *id, const char *node, const char *serial, struct gw_qmp_slot slot, int bootindex)
{
    char shown[SERIAL_MAX + 1];
    struct builder b = {.object = json_object_new_object()};
    (void)snprintf(shown, sizeof shown, "%.*s", SERIAL_MAX, serial);
    add_text(&b, "driver", "virtio-blk-pci");
    add_text(&b, "id", id);
    add_text(&b, "drive", node);
    add_text(&b, "serial", shown);
    add_slot(&b, slot, bootindex);
    return finish(&b);
}

char *gw_qmp_nic_device(
    const char *id, const char *netdev, const char *mac, struct gw_qmp_slot slot, int bootindex)
{
    struct builder b = {.object = json_object_new_object()};
    add_text(&b, "driver", "virtio-net-pci");
    add_text(&b, "id", id);
    add_text(&b, "netdev", netdev);
    add_text(&b, "mac", mac);
    add_text(&b, "romfile", ""); /* a ROM's size would be part of the migrated state */
    add_slot(&b, slot, bootindex);
    return finish(&b);
}
