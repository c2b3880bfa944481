/* JSON to messages. A message is hung into its parent as soon as it exists, so that on an error
 * freeing the root frees all. */
#include <json-c/json_object_iterator.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json_scalar.h"

struct reader {
    struct gw_error *err;
};

static int read_message(struct reader *r,
                        json_object *value,
                        const struct gw_json_path *path,
                        unsigned depth,
                        ProtobufCMessage *message);

static void *member_of(ProtobufCMessage *message, unsigned offset)
{
    return (uint8_t *)message + offset;
}

static ProtobufCMessage *new_message(const ProtobufCMessageDescriptor *type, struct gw_error *err)
{
    ProtobufCMessage *message = calloc(1, type->sizeof_message);
    if (message)
        protobuf_c_message_init(type, message);
    else
        gw_error_set_nomem(err, "reading JSON");
    return message;
}

static int read_submessage(struct reader *r,
                           const ProtobufCFieldDescriptor *field,
                           json_object *value,
                           const struct gw_json_path *path,
                           unsigned depth,
                           ProtobufCMessage **slot)
{
    *slot = new_message(field->descriptor, r->err);
    return *slot ? read_message(r, value, path, depth + 1, *slot) : -1;
}

static int read_value(struct reader *r,
                      const ProtobufCFieldDescriptor *field,
                      json_object *value,
                      const struct gw_json_path *path,
                      unsigned depth,
                      void *at)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return read_submessage(r, field, value, path, depth, at);
    return gw_json_read_scalar(field, value, path, at, r->err);
}

/* Room for @n values of @field in @message, with the count still 0. */
static uint8_t *new_list(struct reader *r,
                         const ProtobufCFieldDescriptor *field,
                         size_t n,
                         ProtobufCMessage *message)
{
    void *values = calloc(n, gw_json_value_size(field->type));
    if (!values)
        gw_error_set_nomem(r->err, "reading JSON");
    *(void **)member_of(message, field->offset) = values;
    return values;
}

static int read_list(struct reader *r,
                     const ProtobufCFieldDescriptor *field,
                     json_object *array,
                     const struct gw_json_path *path,
                     unsigned depth,
                     ProtobufCMessage *message)
{
    if (json_object_get_type(array) != json_type_array)
        return gw_json_fail(r->err, path, "must be a list");
    size_t n = json_object_array_length(array);
    if (n == 0)
        return 0;
    uint8_t *at = new_list(r, field, n, message);
    size_t *count = member_of(message, field->quantifier_offset);
    struct gw_json_path step = {.up = path};
    for (; at && step.index < n; step.index++, at += gw_json_value_size(field->type)) {
        json_object *value = json_object_array_get_idx(array, step.index);
        if (!value)
            return gw_json_fail(r->err, &step, "must not be null");
        ++*count;
        if (read_value(r, field, value, &step, depth, at) < 0)
            return -1;
    }
    return at ? 0 : -1;
}

/* A map's key, which JSON always writes as a string. */
static int read_map_key(struct reader *r,
                        const ProtobufCFieldDescriptor *field,
                        const char *key,
                        const struct gw_json_path *path,
                        void *at)
{
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        bool is_true = strcmp(key, "true") == 0;
        if (!is_true && strcmp(key, "false") != 0)
            return gw_json_fail(r->err, path, "must be true or false");
        *(protobuf_c_boolean *)at = is_true;
        return 0;
    }
    json_object *value = json_object_new_string(key);
    if (!value)
        return gw_error_set_nomem(r->err, "reading JSON");
    int result = read_value(r, field, value, path, 0, at);
    json_object_put(value);
    return result;
}

static int read_map(struct reader *r,
                    const ProtobufCFieldDescriptor *field,
                    json_object *object,
                    const struct gw_json_path *path,
                    unsigned depth,
                    ProtobufCMessage *message)
{
    if (json_object_get_type(object) != json_type_object)
        return gw_json_fail(r->err, path, "must be an object");
    size_t n = (size_t)json_object_object_length(object);
    if (n == 0)
        return 0;
    ProtobufCMessage **at = (void *)new_list(r, field, n, message);
    if (!at)
        return -1;
    const ProtobufCMessageDescriptor *type = field->descriptor;
    size_t *count = member_of(message, field->quantifier_offset);
    struct json_object_iterator end = json_object_iter_end(object);
    struct json_object_iterator it = json_object_iter_begin(object);
    for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it), at++) {
        const char *key = json_object_iter_peek_name(&it);
        json_object *value = json_object_iter_peek_value(&it);
        struct gw_json_path step = {.up = path, .key = key};
        if (!value)
            return gw_json_fail(r->err, &step, "must not be null");
        *at = new_message(type, r->err);
        if (!*at)
            return -1;
        ++*count;
        if (read_map_key(r, &type->fields[0], key, &step, member_of(*at, type->fields[0].offset)) <
                0 ||
            read_value(r, &type->fields[1], value, &step, depth + 1,
                       member_of(*at, type->fields[1].offset)) < 0)
            return -1;
    }
    return 0;
}

static int read_field(struct reader *r,
                      const ProtobufCFieldDescriptor *field,
                      json_object *value,
                      const struct gw_json_path *path,
                      unsigned depth,
                      ProtobufCMessage *message)
{
    if (gw_json_is_map(message->descriptor, field))
        return read_map(r, field, value, path, depth, message);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_list(r, field, value, path, depth, message);
    void *quantifier = member_of(message, field->quantifier_offset);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(uint32_t *)quantifier != 0)
            return gw_json_fail(r->err, path, "is one of several of which only one may be given");
        *(uint32_t *)quantifier = field->id;
    } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset != 0) {
        *(protobuf_c_boolean *)quantifier = 1;
    }
    return read_value(r, field, value, path, depth, member_of(message, field->offset));
}

/* The field that @key names; NULL with err set when there is none or it is also there by its other
 * name. */
static const ProtobufCFieldDescriptor *find_field(struct reader *r,
                                                  const ProtobufCMessageDescriptor *type,
                                                  json_object *object,
                                                  const struct gw_json_path *step)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (!gw_json_field_is_named(field, step->key))
            continue;
        GW_AUTO_STR camel;
        gw_str_init(&camel, strlen(field->name));
        gw_json_camel(&camel, field->name);
        if (strcmp(step->key, gw_str_text(&camel)) != 0 &&
            json_object_object_get_ex(object, gw_str_text(&camel), NULL)) {
            gw_json_fail(r->err, step, "is there twice, also as %s", gw_str_text(&camel));
            return NULL;
        }
        return field;
    }
    gw_json_fail(r->err, step, "is not a key of %s; remove it", type->short_name);
    return NULL;
}

static int read_timestamp(struct reader *r,
                          json_object *value,
                          const struct gw_json_path *path,
                          ProtobufCMessage *message)
{
    const char *text = gw_json_text_of(value, path, "a time", r->err);
    if (!text)
        return -1;
    int64_t seconds;
    int32_t nanos;
    if (gw_json_time_parse(text, &seconds, &nanos) < 0)
        return gw_json_fail(r->err, path, "must be a time like 2026-11-21T10:00:00.5Z");
    const ProtobufCMessageDescriptor *type = message->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        void *at = member_of(message, type->fields[i].offset);
        if (type->fields[i].type == PROTOBUF_C_TYPE_INT64)
            *(int64_t *)at = seconds;
        else if (type->fields[i].type == PROTOBUF_C_TYPE_INT32)
            *(int32_t *)at = nanos;
    }
    return 0;
}

static int read_message(struct reader *r,
                        json_object *value,
                        const struct gw_json_path *path,
                        unsigned depth,
                        ProtobufCMessage *message)
{
    if (depth > GW_JSON_DEPTH_MAX)
        return gw_json_fail(r->err, path, "is nested deeper than %d levels", GW_JSON_DEPTH_MAX);
    if (gw_json_is_timestamp(message->descriptor))
        return read_timestamp(r, value, path, message);
    if (json_object_get_type(value) != json_type_object)
        return gw_json_fail(r->err, path, "must be an object");
    struct json_object_iterator end = json_object_iter_end(value);
    struct json_object_iterator it = json_object_iter_begin(value);
    for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
        struct gw_json_path step = {.up = path, .key = json_object_iter_peek_name(&it)};
        const ProtobufCFieldDescriptor *field = find_field(r, message->descriptor, value, &step);
        if (!field)
            return -1;
        json_object *member = json_object_iter_peek_value(&it);
        if (member && read_field(r, field, member, &step, depth, message) < 0)
            return -1;
    }
    return 0;
}

ProtobufCMessage *gw_json_to_message(const ProtobufCMessageDescriptor *type,
                                     json_object *object,
                                     struct gw_error *err)
{
    struct reader r = {.err = err};
    ProtobufCMessage *message = new_message(type, err);
    if (message && read_message(&r, object, NULL, 1, message) < 0) {
        protobuf_c_message_free_unpacked(message, NULL);
        return NULL;
    }
    return message;
}

ProtobufCMessage *gw_json_text_to_message(const ProtobufCMessageDescriptor *type,
                                          const char *text,
                                          size_t len,
                                          size_t max_bytes,
                                          struct gw_error *err)
{
    size_t limit = max_bytes ? max_bytes : GW_JSON_TEXT_MAX_BYTES;
    if (len > limit) {
        gw_error_set(err, GW_RESOURCE_EXHAUSTED, "JSON of %zu bytes is over the limit of %zu bytes",
                     len, limit);
        return NULL;
    }
    json_object *object = gw_json_parse(text, len, err);
    if (!object)
        return NULL;
    ProtobufCMessage *message = gw_json_to_message(type, object, err);
    json_object_put(object);
    return message;
}
