/* Messages to JSON. The path of recursion is the message's own, bounded by GW_JSON_DEPTH_MAX. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "wire/json_priv.h"

struct writer {
    unsigned flags;
    struct gw_error *err;
};

static json_object *
write_message(struct writer *w, const ProtobufCMessage *message, unsigned depth);

static const void *member_of(const ProtobufCMessage *message, unsigned offset)
{
    return (const uint8_t *)message + offset;
}

/* A string member, which may be NULL, as text; bytes that are not UTF-8 become U+FFFD, because one
 * odd string must not make a whole list unreadable. */
static json_object *write_string(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    if (len > INT32_MAX)
        return NULL;
    if (gw_utf8_is_valid(text ? text : "", len))
        return json_object_new_string_len(text ? text : "", (int)len);
    GW_AUTO_STR clean;
    gw_str_init(&clean, 3 * len);
    for (size_t i = 0; i < len;) {
        size_t n = gw_utf8_sequence(text + i, len - i);
        if (n == 0)
            gw_str_append(&clean, "\xef\xbf\xbd");
        else
            gw_str_append_bytes(&clean, text + i, n);
        i += n ? n : 1;
    }
    return gw_str_ok(&clean) ? json_object_new_string(gw_str_text(&clean)) : NULL;
}

static json_object *write_bytes(const ProtobufCBinaryData *bytes)
{
    GW_AUTO_FREE char *text = gw_json_base64_encode(bytes->data, bytes->len);
    return text ? json_object_new_string(text) : NULL;
}

static json_object *write_i64(int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    return json_object_new_string(text);
}

static json_object *write_u64(uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    return json_object_new_string(text);
}

static json_object *write_double(double value)
{
    if (isnan(value))
        return json_object_new_string("NaN");
    if (isinf(value))
        return json_object_new_string(value > 0 ? "Infinity" : "-Infinity");
    return json_object_new_double(value);
}

static json_object *write_enum(const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);
    return known ? json_object_new_string(known->name) : json_object_new_int(value);
}

/* One value at @at; NULL with err set only by write_message(), else NULL means no memory. */
static json_object *
write_value(struct writer *w, const ProtobufCFieldDescriptor *field, const void *at, unsigned depth)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_object_new_int(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_object_new_int64(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return write_i64(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return write_u64(*(const uint64_t *)at);
    case PROTOBUF_C_TYPE_FLOAT:
        return write_double((double)*(const float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return write_double(*(const double *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_object_new_boolean(*(const protobuf_c_boolean *)at != 0);
    case PROTOBUF_C_TYPE_ENUM:
        return write_enum(field->descriptor, *(const int *)at);
    case PROTOBUF_C_TYPE_STRING:
        return write_string(*(char *const *)at);
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(at);
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
        return write_message(w, *(const ProtobufCMessage *const *)at, depth + 1);
    }
}

static json_object *write_list(struct writer *w,
                               const ProtobufCFieldDescriptor *field,
                               const ProtobufCMessage *message,
                               unsigned depth)
{
    size_t n = *(const size_t *)member_of(message, field->quantifier_offset);
    const uint8_t *values = *(const uint8_t *const *)member_of(message, field->offset);
    size_t size = gw_json_value_size(field->type);
    json_object *array = json_object_new_array();
    for (size_t i = 0; array && i < n; i++) {
        json_object *value = write_value(w, field, values + i * size, depth);
        if (!value || json_object_array_add(array, value) < 0) {
            json_object_put(value);
            json_object_put(array);
            return NULL;
        }
    }
    return array;
}

static int write_map_entry(struct writer *w,
                           const ProtobufCMessage *entry,
                           unsigned depth,
                           json_object *object)
{
    const ProtobufCFieldDescriptor *key = &entry->descriptor->fields[0];
    const ProtobufCFieldDescriptor *field = &entry->descriptor->fields[1];
    json_object *name = write_value(w, key, member_of(entry, key->offset), depth);
    const void *at = member_of(entry, field->offset);
    json_object *value = NULL;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE && !*(const void *const *)at)
        value = json_object_new_object();
    else
        value = write_value(w, field, at, depth);
    int result = -1;
    if (name && value)
        result = json_object_object_add(object, json_object_get_string(name), value);
    if (result < 0)
        json_object_put(value);
    json_object_put(name);
    return result;
}

static json_object *write_map(struct writer *w,
                              const ProtobufCFieldDescriptor *field,
                              const ProtobufCMessage *message,
                              unsigned depth)
{
    size_t n = *(const size_t *)member_of(message, field->quantifier_offset);
    ProtobufCMessage *const *entries =
        *(ProtobufCMessage *const *const *)member_of(message, field->offset);
    json_object *object = json_object_new_object();
    for (size_t i = 0; object && i < n; i++) {
        if (write_map_entry(w, entries[i], depth, object) < 0) {
            json_object_put(object);
            return NULL;
        }
    }
    return object;
}

static bool is_default(const ProtobufCFieldDescriptor *field, const void *at)
{
    static const uint8_t zeros[sizeof(ProtobufCBinaryData)];
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *)at;
        return !text || !*text;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len == 0;
    return memcmp(at, zeros, gw_json_value_size(field->type)) == 0;
}

static bool
is_written(const struct writer *w, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *m)
{
    const void *at = member_of(m, field->offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return (w->flags & GW_JSON_DEFAULTS) ||
               *(const size_t *)member_of(m, field->quantifier_offset) > 0;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(const uint32_t *)member_of(m, field->quantifier_offset) == field->id &&
               (field->type != PROTOBUF_C_TYPE_MESSAGE || *(const void *const *)at);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(const void *const *)at != NULL;
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL) {
        if (field->type == PROTOBUF_C_TYPE_STRING)
            return *(const void *const *)at && *(const void *const *)at != field->default_value;
        return *(const protobuf_c_boolean *)member_of(m, field->quantifier_offset);
    }
    return (w->flags & GW_JSON_DEFAULTS) || field->label == PROTOBUF_C_LABEL_REQUIRED ||
           !is_default(field, at);
}

static int write_field(struct writer *w,
                       const ProtobufCFieldDescriptor *field,
                       const ProtobufCMessage *message,
                       unsigned depth,
                       json_object *object)
{
    if (!is_written(w, field, message))
        return 0;
    json_object *value;
    if (gw_json_is_map(message->descriptor, field))
        value = write_map(w, field, message, depth);
    else if (field->label == PROTOBUF_C_LABEL_REPEATED)
        value = write_list(w, field, message, depth);
    else
        value = write_value(w, field, member_of(message, field->offset), depth);
    GW_AUTO_STR key;
    gw_str_init(&key, strlen(field->name));
    gw_json_camel(&key, field->name);
    if (!value || !gw_str_ok(&key) ||
        json_object_object_add(object, gw_str_text(&key), value) < 0) {
        json_object_put(value);
        return -1;
    }
    return 0;
}

static json_object *write_timestamp(struct writer *w, const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    int64_t seconds = 0;
    int32_t nanos = 0;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const void *at = member_of(message, type->fields[i].offset);
        if (type->fields[i].type == PROTOBUF_C_TYPE_INT64)
            seconds = *(const int64_t *)at;
        else if (type->fields[i].type == PROTOBUF_C_TYPE_INT32)
            nanos = *(const int32_t *)at;
    }
    char text[GW_JSON_TIME_MAX];
    if (gw_json_time_format(text, seconds, nanos) < 0) {
        gw_error_set(w->err, GW_INVALID_ARGUMENT,
                     "a time of %" PRId64 " seconds and %" PRId32
                     " nanoseconds is outside the years 1 to 9999",
                     seconds, nanos);
        return NULL;
    }
    return json_object_new_string(text);
}

static json_object *write_message(struct writer *w, const ProtobufCMessage *message, unsigned depth)
{
    if (depth > GW_JSON_DEPTH_MAX) {
        gw_error_set(w->err, GW_INVALID_ARGUMENT, "a %s is nested deeper than %d levels",
                     message->descriptor->name, GW_JSON_DEPTH_MAX);
        return NULL;
    }
    if (gw_json_is_timestamp(message->descriptor))
        return write_timestamp(w, message);
    json_object *object = json_object_new_object();
    for (unsigned i = 0; object && i < message->descriptor->n_fields; i++) {
        if (write_field(w, &message->descriptor->fields[i], message, depth, object) < 0) {
            json_object_put(object);
            return NULL;
        }
    }
    return object;
}

json_object *
gw_json_from_message(const ProtobufCMessage *message, unsigned flags, struct gw_error *err)
{
    struct gw_error why = {0};
    struct writer w = {.flags = flags, .err = &why};
    json_object *object = write_message(&w, message, 1);
    if (!object && !gw_error_is_set(&why))
        gw_error_set_nomem(&why, "writing JSON");
    if (!object && err)
        *err = why;
    return object;
}

char *
gw_json_text_from_message(const ProtobufCMessage *message, unsigned flags, struct gw_error *err)
{
    json_object *object = gw_json_from_message(message, flags, err);
    if (!object)
        return NULL;
    int style = JSON_C_TO_STRING_NOSLASHESCAPE;
    if (flags & GW_JSON_PRETTY)
        style |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
    const char *text = json_object_to_json_string_ext(object, style);
    char *copy = text ? strdup(text) : NULL;
    json_object_put(object);
    if (!copy)
        gw_error_set_nomem(err, "writing JSON");
    return copy;
}
