#ifndef GW_WIRE_JSON_PRIV_H
#define GW_WIRE_JSON_PRIV_H
/* What the JSON mapping's files share: the path of the value being looked at, the strict parser,
 * and the scalar forms (UTF-8, base64, RFC 3339). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/utf8.h"
#include "wire/json.h"

/* Where we are, as a chain of stack frames; NULL is the whole document. @key NULL: array element
 * @index. */
struct gw_json_path {
    const struct gw_json_path *up;
    const char *key;
    size_t index;
};

/* Raise INVALID_ARGUMENT "<path> <text>" with err->field set to the path. Returns -1. */
int gw_json_fail(struct gw_error *err, const struct gw_json_path *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Parse exactly one RFC 8259 value that is an object. Stricter than json-c's tokener: a key may
 * come once, nothing is taken that the grammar does not say. */
json_object *gw_json_parse(const char *text, size_t len, struct gw_error *err);

/* RFC 4648 standard alphabet with padding. NULL without memory. */
char *gw_json_base64_encode(const uint8_t *data, size_t len);
/* Standard or URL-safe alphabet, padded or not. -1: not base64; -2: no memory. */
int gw_json_base64_decode(const char *text, size_t len, ProtobufCBinaryData *out);

enum { GW_JSON_TIME_MAX = 40 }; /* 0001-01-01T00:00:00.000000000Z is 30 */
/* Returns -1 outside the years 1 to 9999 or nanoseconds 0 to 999,999,999. */
int gw_json_time_format(char buf[GW_JSON_TIME_MAX], int64_t seconds, int32_t nanos);
/* Returns -1 for what is not an RFC 3339 time. */
int gw_json_time_parse(const char *text, int64_t *out_seconds, int32_t *out_nanos);

/* The messages of the mapping that are not written as objects of their fields. */
bool gw_json_is_timestamp(const ProtobufCMessageDescriptor *type);
/* protobuf-c shows map<k,v> as a repeated message; protoc forbids other messages of this name. */
bool gw_json_is_map(const ProtobufCMessageDescriptor *owner, const ProtobufCFieldDescriptor *field);

/* Bytes that one value of @type takes in a message's struct or in a repeated field's array. */
size_t gw_json_value_size(ProtobufCType type);
/* True when @key is @field's proto name or its lowerCamelCase form. */
bool gw_json_field_is_named(const ProtobufCFieldDescriptor *field, const char *key);
/* Append the lowerCamelCase form of @name. */
void gw_json_camel(struct gw_str *out, const char *name);

#endif
