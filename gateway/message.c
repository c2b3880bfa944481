#include "message.h"

#include <stdlib.h>
#include <string.h>

ProtobufCMessage *gwy_message_new(const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = calloc(1, type->sizeof_message);
    if (message)
        type->message_init(message);
    return message;
}

static void *slot_of(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)message + field->offset;
}

static int set_string(ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field,
                      const char *text,
                      struct gw_error *err)
{
    char **slot = slot_of(message, field);
    const char *held = *slot;
    if (held && *held) {
        if (strcmp(held, text) == 0)
            return 0;
        (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                           "the body's %s differs from the one in the path: leave it out",
                           field->name);
        return gw_error_field(err, "%s", field->name);
    }
    char *copy = strdup(text);
    if (!copy)
        return gw_error_set_nomem(err, "reading a request");
    if (held && held != field->default_value && held != protobuf_c_empty_string)
        free(*slot);
    *slot = copy;
    return 0;
}

static int set_bool(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field,
                    const char *text,
                    struct gw_error *err)
{
    bool is_true = strcmp(text, "true") == 0;
    if (!is_true && strcmp(text, "false") != 0) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%s must be true or false", field->name);
        return gw_error_field(err, "%s", field->name);
    }
    protobuf_c_boolean *slot = slot_of(message, field);
    *slot = is_true;
    return 0;
}

static int set_u32(ProtobufCMessage *message,
                   const ProtobufCFieldDescriptor *field,
                   const char *text,
                   struct gw_error *err)
{
    enum { DIGITS_MAX = 10 };
    size_t n = strlen(text);
    unsigned long long value = strtoull(text, NULL, 10);
    if (n == 0 || n > DIGITS_MAX || strspn(text, "0123456789") != n || value > UINT32_MAX) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%s must be a whole number up to %u",
                           field->name, UINT32_MAX);
        return gw_error_field(err, "%s", field->name);
    }
    uint32_t *slot = slot_of(message, field);
    *slot = (uint32_t)value;
    return 0;
}

int gwy_message_set(ProtobufCMessage *message,
                    const char *name,
                    const char *text,
                    struct gw_error *err)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    if (field && field->type == PROTOBUF_C_TYPE_STRING)
        return set_string(message, field, text, err);
    if (field && field->type == PROTOBUF_C_TYPE_BOOL)
        return set_bool(message, field, text, err);
    if (field && field->type == PROTOBUF_C_TYPE_UINT32)
        return set_u32(message, field, text, err);
    return gw_error_set(err, GW_INTERNAL, "%s has no field %s that a path can set",
                        message->descriptor->name, name);
}

uint32_t gwy_message_get_u32(const ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    if (!field || field->type != PROTOBUF_C_TYPE_UINT32)
        return 0;
    uint32_t value = 0;
    memcpy(&value, (const char *)message + field->offset, sizeof value);
    return value;
}
