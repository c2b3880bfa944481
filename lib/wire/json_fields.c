#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/json_priv.h"

/* Append what fits of one path step; names from outside are cut and cleaned. */
static void append_step(struct gw_str *out, const struct gw_json_path *step)
{
    enum { KEY_SHOWN = 63 };
    if (!step->key) {
        gw_str_appendf(out, "[%zu]", step->index);
        return;
    }
    if (out->len > 0)
        gw_str_append(out, ".");
    for (size_t i = 0; step->key[i] && i < KEY_SHOWN; i++) {
        unsigned char c = (unsigned char)step->key[i];
        char shown = c < 0x20 || c >= 0x7f || c == '"' ? '?' : (char)c;
        gw_str_append_bytes(out, &shown, 1);
    }
}

static void append_path(struct gw_str *out, const struct gw_json_path *path)
{
    if (!path)
        return;
    append_path(out, path->up); /* at most GW_JSON_DEPTH_MAX deep */
    append_step(out, path);
}

int gw_json_fail(struct gw_error *err, const struct gw_json_path *path, const char *fmt, ...)
{
    enum { PATH_MAX_BYTES = 128 * GW_JSON_DEPTH_MAX };
    char text[GW_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);

    GW_AUTO_STR where;
    gw_str_init(&where, PATH_MAX_BYTES);
    append_path(&where, path);
    if (where.len > GW_ERROR_FIELD_MAX - 1) /* keep the end: it says more than the beginning */
        gw_str_consume(&where, where.len - (GW_ERROR_FIELD_MAX - 1));
    gw_error_set(err, GW_INVALID_ARGUMENT, "%s%s%s", gw_str_text(&where), where.len ? " " : "",
                 text);
    return gw_error_field(err, "%s", gw_str_text(&where));
}

bool gw_json_is_timestamp(const ProtobufCMessageDescriptor *type)
{
    return strcmp(type->name, "google.protobuf.Timestamp") == 0;
}

bool gw_json_is_map(const ProtobufCMessageDescriptor *owner, const ProtobufCFieldDescriptor *field)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    size_t len = strlen(owner->name);
    if (strncmp(entry->name, owner->name, len) != 0 || entry->name[len] != '.')
        return false;
    /* The entry of map field foo_bar is named FooBarEntry. */
    GW_AUTO_STR name;
    gw_str_init(&name, 1024);
    gw_json_camel(&name, field->name);
    gw_str_append(&name, "Entry");
    const char *nested = entry->name + len + 1;
    const char *wanted = gw_str_text(&name);
    char first = wanted[0] >= 'a' && wanted[0] <= 'z' ? (char)(wanted[0] - 'a' + 'A') : wanted[0];
    return nested[0] == first && strcmp(nested + 1, wanted + 1) == 0 && entry->n_fields == 2 &&
           strcmp(entry->fields[0].name, "key") == 0 && strcmp(entry->fields[1].name, "value") == 0;
}

size_t gw_json_value_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
        return sizeof(void *);
    }
}

/* Next letter of the camel form of *@name, moving on; '\0' at the end. */
static char camel_next(const char **name)
{
    bool is_capital = false;
    while (**name == '_') {
        is_capital = true;
        (*name)++;
    }
    char c = **name;
    if (c == '\0')
        return c;
    (*name)++;
    return is_capital && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

void gw_json_camel(struct gw_str *out, const char *name)
{
    for (char c; (c = camel_next(&name)) != '\0';)
        gw_str_append_bytes(out, &c, 1);
}

bool gw_json_field_is_named(const ProtobufCFieldDescriptor *field, const char *key)
{
    if (strcmp(field->name, key) == 0)
        return true;
    const char *name = field->name;
    for (;; key++) {
        char c = camel_next(&name);
        if (c != *key)
            return false;
        if (c == '\0')
            return true;
    }
}
