#ifndef GW_WIRE_JSON_SCALAR_H
#define GW_WIRE_JSON_SCALAR_H
/* Single JSON values to single protobuf-c values. */

#include "wire/json_priv.h"

/* @value as text, UTF-8 and without NUL, valid as long as @value; NULL with @err set otherwise.
 * @what says in the message what is wanted: "must be <what> in quotes". */
const char *gw_json_text_of(json_object *value,
                            const struct gw_json_path *path,
                            const char *what,
                            struct gw_error *err);

/* Read @value as @field's type, which is not a message, to @at in a message's struct; texts and
 * bytes are malloc'd. On an error nothing is written. */
int gw_json_read_scalar(const ProtobufCFieldDescriptor *field,
                        json_object *value,
                        const struct gw_json_path *path,
                        void *at,
                        struct gw_error *err);

#endif
