/* What the lines of a monitor mean (QEMU docs/interop/qmp-spec, sections 2.2 to 2.5). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qmp/qmp_priv.h"

static const char *text_member(json_object *object, const char *key)
{
    json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

static int rubbish(struct gw_error *err, const char *what)
{
    return gw_error_set(err, GW_DATA_LOSS, "the monitor sent %s", what);
}

static int parse_greeting(json_object *qmp, struct gw_qmp_message *out, struct gw_error *err)
{
    json_object *capabilities = NULL;
    if (!json_object_object_get_ex(qmp, "capabilities", &capabilities) ||
        !json_object_is_type(capabilities, json_type_array))
        return rubbish(err, "a greeting without capabilities");
    out->kind = GW_QMP_GREETING;
    size_t n = json_object_array_length(capabilities);
    for (size_t i = 0; i < n; i++) {
        json_object *item = json_object_array_get_idx(capabilities, i);
        if (json_object_is_type(item, json_type_string) &&
            strcmp(json_object_get_string(item), "oob") == 0)
            out->offers_oob = true;
    }
    return 0;
}

/* Seconds and microseconds; both are -1 where QEMU has no clock. */
static uint64_t parse_stamp(json_object *object)
{
    json_object *stamp = NULL, *seconds = NULL, *micro = NULL;
    if (!json_object_object_get_ex(object, "timestamp", &stamp) ||
        !json_object_object_get_ex(stamp, "seconds", &seconds) ||
        !json_object_object_get_ex(stamp, "microseconds", &micro))
        return 0;
    int64_t s = json_object_get_int64(seconds), us = json_object_get_int64(micro);
    if (s < 0 || us < 0 || us > 999999 || s > INT64_MAX / 1000000 - 1)
        return 0;
    return (uint64_t)s * 1000000u + (uint64_t)us;
}

static int parse_event(json_object *object, struct gw_qmp_message *out, struct gw_error *err)
{
    out->kind = GW_QMP_EVENT;
    out->event = text_member(object, "event");
    if (!out->event)
        return rubbish(err, "an event without a name");
    out->stamp_us = parse_stamp(object);
    if (json_object_object_get_ex(object, "data", &out->data) &&
        !json_object_is_type(out->data, json_type_object))
        return rubbish(err, "an event whose data is not an object");
    return 0;
}

static int parse_error(json_object *error, struct gw_qmp_message *out, struct gw_error *err)
{
    out->kind = GW_QMP_ERROR;
    out->error_class = text_member(error, "class");
    out->error_text = text_member(error, "desc");
    if (!out->error_class || !out->error_text)
        return rubbish(err, "an error without class or text");
    return 0;
}

static int parse_id(json_object *object, struct gw_qmp_message *out, struct gw_error *err)
{
    json_object *id = NULL;
    out->has_id = json_object_object_get_ex(object, "id", &id);
    if (!out->has_id)
        return 0;
    if (!json_object_is_type(id, json_type_int) || json_object_get_int64(id) < 0)
        return rubbish(err, "a reply whose id is not ours");
    out->id = (uint64_t)json_object_get_int64(id);
    return 0;
}

int gw_qmp_message_parse(json_object *object, struct gw_qmp_message *out, struct gw_error *err)
{
    json_object *value = NULL;
    *out = (struct gw_qmp_message){0};
    if (json_object_object_get_ex(object, "QMP", &value))
        return json_object_is_type(value, json_type_object)
                   ? parse_greeting(value, out, err)
                   : rubbish(err, "a greeting that is not an object");
    if (json_object_object_get_ex(object, "event", NULL))
        return parse_event(object, out, err);
    if (parse_id(object, out, err))
        return -1;
    if (json_object_object_get_ex(object, "error", &value))
        return json_object_is_type(value, json_type_object)
                   ? parse_error(value, out, err)
                   : rubbish(err, "an error that is not an object");
    if (!json_object_object_get_ex(object, "return", &out->data) || !out->data)
        return rubbish(err, "an object that is no greeting, reply or event");
    out->kind = GW_QMP_RETURN;
    return 0;
}

/* The object of a command; NULL without memory. */
static json_object *
command_object(const char *command, bool is_oob, json_object *arguments, uint64_t id)
{
    json_object *object = json_object_new_object();
    if (!object)
        return NULL;
    json_object *name = json_object_new_string(command);
    json_object *number = json_object_new_int64((int64_t)id);
    int failed = !name || json_object_object_add(object, is_oob ? "exec-oob" : "execute", name);
    if (failed)
        json_object_put(name);
    if (!number || json_object_object_add(object, "id", number)) {
        json_object_put(number);
        failed = 1;
    }
    if (arguments && !failed) {
        json_object_get(arguments);
        failed = json_object_object_add(object, "arguments", arguments);
        if (failed)
            json_object_put(arguments);
    }
    if (failed) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

char *gw_qmp_message_format(const char *command,
                            bool is_oob,
                            json_object *arguments,
                            uint64_t id,
                            size_t *out_len,
                            struct gw_error *err)
{
    json_object *object = command_object(command, is_oob, arguments, id);
    size_t len = 0;
    const char *text =
        object ? json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN, &len) : NULL;
    char *line = NULL;
    if (text && len >= GW_QMP_COMMAND_MAX_BYTES) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                           "command \"%s\" has %zu bytes; a monitor command may have %d", command,
                           len, GW_QMP_COMMAND_MAX_BYTES);
    } else if (!text || !(line = malloc(len + 2))) {
        (void)gw_error_set_nomem(err, "writing a monitor command");
    } else {
        memcpy(line, text, len);
        memcpy(line + len, "\n", 2);
        *out_len = len + 1;
    }
    json_object_put(object);
    return line;
}
