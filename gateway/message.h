#ifndef GWY_MESSAGE_H
#define GWY_MESSAGE_H
/* Any request message, filled from the parts of an HTTP request by its descriptor alone. */

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"

/* A new message of type @type with nothing set, to be freed by protobuf_c_message_free_unpacked().
 * NULL without memory. */
ProtobufCMessage *gwy_message_new(const ProtobufCMessageDescriptor *type);
/* Set field @name (as in the .proto file) of type string, bool or uint32 from @text. A string field
 * that already holds another text is a contradiction.
 * Errors: INVALID_ARGUMENT with the field. */
int gwy_message_set(ProtobufCMessage *message,
                    const char *name,
                    const char *text,
                    struct gw_error *err);
/* The value of uint32 field @name; 0 where the type has no such field. */
uint32_t gwy_message_get_u32(const ProtobufCMessage *message, const char *name);

#endif
