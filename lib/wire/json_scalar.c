#include "wire/json_scalar.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json_number.h"

const char *gw_json_text_of(json_object *value,
                            const struct gw_json_path *path,
                            const char *what,
                            struct gw_error *err)
{
    if (json_object_get_type(value) != json_type_string) {
        gw_json_fail(err, path, "must be %s in quotes", what);
        return NULL;
    }
    const char *text = json_object_get_string(value);
    size_t len = (size_t)json_object_get_string_len(value);
    if (memchr(text, '\0', len) || !gw_utf8_is_valid(text, len)) {
        gw_json_fail(err, path, "must be UTF-8 text without NUL");
        return NULL;
    }
    return text;
}

static int
read_string(json_object *value, const struct gw_json_path *path, char **out, struct gw_error *err)
{
    const char *text = gw_json_text_of(value, path, "a text", err);
    if (!text)
        return -1;
    char *copy = strdup(text);
    if (!copy)
        return gw_error_set_nomem(err, "reading JSON");
    *out = copy;
    return 0;
}

static int read_bytes(json_object *value,
                      const struct gw_json_path *path,
                      ProtobufCBinaryData *out,
                      struct gw_error *err)
{
    const char *text = gw_json_text_of(value, path, "base64", err);
    if (!text)
        return -1;
    int result = gw_json_base64_decode(text, strlen(text), out);
    if (result == -2)
        return gw_error_set_nomem(err, "reading JSON");
    return result < 0 ? gw_json_fail(err, path, "must be base64") : 0;
}

static int read_enum_name(json_object *value,
                          const struct gw_json_path *path,
                          const ProtobufCEnumDescriptor *type,
                          int *out,
                          struct gw_error *err)
{
    const char *name = gw_json_text_of(value, path, "a name", err);
    if (!name)
        return -1;
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value_by_name(type, name);
    if (!known) {
        char quoted[GW_QUOTED_MAX];
        return gw_json_fail(err, path, "is %s, which is no %s", gw_error_quote(quoted, name),
                            type->short_name);
    }
    *out = known->value;
    return 0;
}

static int read_enum(json_object *value,
                     const struct gw_json_path *path,
                     const ProtobufCEnumDescriptor *type,
                     int *out,
                     struct gw_error *err)
{
    if (json_object_get_type(value) == json_type_string)
        return read_enum_name(value, path, type, out, err);
    int64_t number;
    if (gw_json_read_i64(value, path, INT32_MIN, INT32_MAX, &number, NULL) < 0)
        return gw_json_fail(err, path, "must be the name of a %s", type->short_name);
    if (!protobuf_c_enum_descriptor_get_value(type, (int)number))
        return gw_json_fail(err, path, "is %d, which is no %s", (int)number, type->short_name);
    *out = (int)number;
    return 0;
}

static int read_double(json_object *value,
                       const struct gw_json_path *path,
                       double max,
                       double *out,
                       struct gw_error *err)
{
    enum json_type type = json_object_get_type(value);
    if (type != json_type_double && type != json_type_int)
        return gw_json_fail(err, path, "must be a number");
    double number = json_object_get_double(value);
    if (!(number <= max && number >= -max))
        return gw_json_fail(err, path, "is a number too large");
    *out = number;
    return 0;
}

static int
read_float(json_object *value, const struct gw_json_path *path, float *out, struct gw_error *err)
{
    double number = 0;
    if (read_double(value, path, (double)FLT_MAX, &number, err) < 0)
        return -1;
    *out = (float)number;
    return 0;
}

static int read_bool(json_object *value,
                     const struct gw_json_path *path,
                     protobuf_c_boolean *out,
                     struct gw_error *err)
{
    if (json_object_get_type(value) != json_type_boolean)
        return gw_json_fail(err, path, "must be true or false");
    *out = json_object_get_boolean(value);
    return 0;
}

static int
read_i32(json_object *value, const struct gw_json_path *path, int32_t *out, struct gw_error *err)
{
    int64_t number;
    if (gw_json_read_i64(value, path, INT32_MIN, INT32_MAX, &number, err) < 0)
        return -1;
    *out = (int32_t)number;
    return 0;
}

static int
read_u32(json_object *value, const struct gw_json_path *path, uint32_t *out, struct gw_error *err)
{
    uint64_t number;
    if (gw_json_read_u64(value, path, UINT32_MAX, &number, err) < 0)
        return -1;
    *out = (uint32_t)number;
    return 0;
}

int gw_json_read_scalar(const ProtobufCFieldDescriptor *field,
                        json_object *value,
                        const struct gw_json_path *path,
                        void *at,
                        struct gw_error *err)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return read_i32(value, path, at, err);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return read_u32(value, path, at, err);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return gw_json_read_i64(value, path, INT64_MIN, INT64_MAX, at, err);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return gw_json_read_u64(value, path, UINT64_MAX, at, err);
    case PROTOBUF_C_TYPE_FLOAT:
        return read_float(value, path, at, err);
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_double(value, path, DBL_MAX, at, err);
    case PROTOBUF_C_TYPE_BOOL:
        return read_bool(value, path, at, err);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(value, path, field->descriptor, at, err);
    case PROTOBUF_C_TYPE_STRING:
        return read_string(value, path, at, err);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(value, path, at, err);
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
        return gw_error_set(err, GW_INTERNAL, "field %s is not a scalar", field->name);
    }
}
