#ifndef GW_WIRE_JSON_NUMBER_H
#define GW_WIRE_JSON_NUMBER_H
/* Whole numbers from JSON, in any of the forms the mapping takes: a number, a number with a
 * fraction of zero, or decimal digits in a string. Never rounded, never cut. */

#include "wire/json_priv.h"

struct gw_json_number {
    bool is_negative;
    uint64_t magnitude;
};

/* Errors: INVALID_ARGUMENT with the range. */
int gw_json_read_u64(json_object *value,
                     const struct gw_json_path *path,
                     uint64_t max,
                     uint64_t *out,
                     struct gw_error *err);
int gw_json_read_i64(json_object *value,
                     const struct gw_json_path *path,
                     int64_t min,
                     int64_t max,
                     int64_t *out,
                     struct gw_error *err);

#endif
