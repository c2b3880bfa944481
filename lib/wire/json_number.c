#include "wire/json_number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Up to here every whole number is a double of its own. */
static const double exact_max = 9007199254740992.0;

static int number_from_text(const char *text, struct gw_json_number *out)
{
    *out = (struct gw_json_number){.is_negative = *text == '-'};
    text += out->is_negative;
    if (!*text)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        if (__builtin_mul_overflow(out->magnitude, 10U, &out->magnitude) ||
            __builtin_add_overflow(out->magnitude, (uint64_t)(*text - '0'), &out->magnitude))
            return -1;
    }
    return 0;
}

static int number_from_double(double value, struct gw_json_number *out)
{
    if (!isfinite(value) || value > exact_max || value < -exact_max || trunc(value) != value)
        return -1;
    *out = (struct gw_json_number){.is_negative = value < 0, .magnitude = (uint64_t)fabs(value)};
    return 0;
}

static int number_from_json(json_object *value, struct gw_json_number *out)
{
    switch (json_object_get_type(value)) {
    case json_type_int: {
        int64_t i = json_object_get_int64(value);
        out->is_negative = i < 0;
        out->magnitude = i < 0 ? 0 - (uint64_t)i : json_object_get_uint64(value);
        return 0;
    }
    case json_type_double:
        return number_from_double(json_object_get_double(value), out);
    case json_type_string:
        if (strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
            return -1;
        return number_from_text(json_object_get_string(value), out);
    case json_type_null:
    case json_type_boolean:
    case json_type_object:
    case json_type_array:
    default:
        return -1;
    }
}

int gw_json_read_u64(json_object *value,
                     const struct gw_json_path *path,
                     uint64_t max,
                     uint64_t *out,
                     struct gw_error *err)
{
    struct gw_json_number n;
    if (number_from_json(value, &n) < 0 || (n.is_negative && n.magnitude > 0) || n.magnitude > max)
        return gw_json_fail(err, path, "must be a whole number from 0 to %" PRIu64, max);
    *out = n.magnitude;
    return 0;
}

int gw_json_read_i64(json_object *value,
                     const struct gw_json_path *path,
                     int64_t min,
                     int64_t max,
                     int64_t *out,
                     struct gw_error *err)
{
    struct gw_json_number n;
    uint64_t limit = 0;
    bool is_number = number_from_json(value, &n) == 0;
    if (is_number)
        limit = n.is_negative ? 0 - (uint64_t)min : (uint64_t)max;
    if (!is_number || n.magnitude > limit)
        return gw_json_fail(err, path, "must be a whole number from %" PRId64 " to %" PRId64, min,
                            max);
    *out = (int64_t)(n.is_negative ? 0 - n.magnitude : n.magnitude);
    return 0;
}
