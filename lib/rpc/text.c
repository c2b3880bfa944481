#include "rpc/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static int check_message(const ProtobufCMessage *message, struct gw_error *err);

/* Put @field, and its place in a list, in front of the path that is there. */
static int
add_step(struct gw_error *err, const ProtobufCFieldDescriptor *field, bool is_list, size_t index)
{
    char step[GW_ERROR_FIELD_MAX];
    char rest[GW_ERROR_FIELD_MAX];
    (void)snprintf(rest, sizeof rest, "%s", err->field);
    if (is_list)
        (void)snprintf(step, sizeof step, "%s[%zu]", field->name, index);
    else
        (void)snprintf(step, sizeof step, "%s", field->name);
    return gw_error_field(err, "%s%s%s", step, *rest ? "." : "", rest);
}

static int check_value(const ProtobufCFieldDescriptor *field,
                       const void *value,
                       bool is_list,
                       size_t index,
                       struct gw_error *err)
{
    int result = 0;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = value;
        if (!gw_utf8_is_valid(text, strlen(text)))
            result = gw_error_set(err, GW_INVALID_ARGUMENT, "is not UTF-8 text");
    } else {
        result = check_message(value, err);
    }
    return result < 0 ? add_step(err, field, is_list, index) : 0;
}

static int check_field(const ProtobufCFieldDescriptor *field,
                       const ProtobufCMessage *message,
                       struct gw_error *err)
{
    const uint8_t *base = (const uint8_t *)message;
    const void *member = base + field->offset;
    if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
        return 0;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t n = *(const size_t *)(const void *)(base + field->quantifier_offset);
        const void *const *values = *(const void *const *const *)member;
        for (size_t i = 0; i < n; i++)
            if (check_value(field, values[i], true, i, err) < 0)
                return -1;
        return 0;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
        *(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id)
        return 0;
    const void *value = *(const void *const *)member;
    return value ? check_value(field, value, false, 0, err) : 0;
}

static int check_message(const ProtobufCMessage *message, struct gw_error *err)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (check_field(&message->descriptor->fields[i], message, err) < 0)
            return -1;
    return 0;
}

int gw_rpc_check_text(const ProtobufCMessage *message, struct gw_error *err)
{
    struct gw_error why = {0};
    if (check_message(message, &why) == 0)
        return 0;
    gw_error_wrap(&why, "%s", why.field);
    if (err)
        *err = why;
    return -1;
}
