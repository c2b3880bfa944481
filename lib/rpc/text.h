#ifndef GW_RPC_TEXT_H
#define GW_RPC_TEXT_H
/* protobuf-c takes any bytes for a string; the proto3 specification asks for UTF-8, and so does
 * everything behind a handler: logs, JSON, the database. */

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"

/* Check every string in @message. Errors: INVALID_ARGUMENT with the field's path. */
int gw_rpc_check_text(const ProtobufCMessage *message, struct gw_error *err);

#endif
