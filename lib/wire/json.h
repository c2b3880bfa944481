#ifndef GW_WIRE_JSON_H
#define GW_WIRE_JSON_H
/* Any protobuf-c message to JSON and back, from its descriptor alone: the proto3 JSON mapping
 * (protobuf.dev, "ProtoJSON Format"): lowerCamelCase names (snake_case accepted), 64-bit integers
 * as strings (numbers accepted), enums by name (numbers accepted), bytes as base64,
 * google.protobuf.Timestamp as RFC 3339. Unset fields are left out unless GW_JSON_DEFAULTS. */

#include <json-c/json.h>
#include <protobuf-c/protobuf-c.h>

#include "base/error.h"

enum {
    GW_JSON_DEFAULTS = 1, /* write fields that hold their default, too (not unset messages) */
    GW_JSON_PRETTY = 2,   /* indented text */
};
enum {
    GW_JSON_DEPTH_MAX = 32,               /* our deepest message has 6 levels */
    GW_JSON_TEXT_MAX_BYTES = 1024 * 1024, /* a guest spec at all its limits is under 100 KiB */
    /* In one text. json-c takes up to 900 bytes for one, so this bounds the memory that a text of
     * the longest kind takes to 30 MiB, not 300. A spec at all its limits has 400. */
    GW_JSON_VALUES_MAX = 32768,
};

/* A new JSON object; NULL without memory. */
json_object *
gw_json_from_message(const ProtobufCMessage *message, unsigned flags, struct gw_error *err);
/* The same as malloc'd text. */
char *
gw_json_text_from_message(const ProtobufCMessage *message, unsigned flags, struct gw_error *err);

/* A new message of type @type, to be freed by protobuf_c_message_free_unpacked(). Unknown keys,
 * duplicate keys, wrong types, numbers out of range, invalid UTF-8 and NUL are INVALID_ARGUMENT
 * with the field's path in err->field. */
ProtobufCMessage *gw_json_to_message(const ProtobufCMessageDescriptor *type,
                                     json_object *object,
                                     struct gw_error *err);
/* The same from @len bytes of text; nothing but white space may follow the object. Errors also:
 * RESOURCE_EXHAUSTED longer than @max_bytes (0: GW_JSON_TEXT_MAX_BYTES); INVALID_ARGUMENT more than
 * GW_JSON_VALUES_MAX values. */
ProtobufCMessage *gw_json_text_to_message(const ProtobufCMessageDescriptor *type,
                                          const char *text,
                                          size_t len,
                                          size_t max_bytes,
                                          struct gw_error *err);

#endif
