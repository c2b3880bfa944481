#ifndef GW_RPC_STATUS_H
#define GW_RPC_STATUS_H
/* Errors on the wire, and errors of nng. */

#include "base/error.h"
#include "godwit/v1/envelope.pb-c.h"

/* Protobuf's C structs want char *, but a message that is only packed is only read. */
char *gw_rpc_unconst(const char *text);

/* @err as a Status whose texts point into @err. An @err that holds no error becomes INTERNAL: a
 * failure is never told as a success. */
Godwit__V1__Status gw_rpc_status_from_error(const struct gw_error *err);
/* What the peer said; GW_OK when @status is NULL or code 0. */
void gw_rpc_status_to_error(const Godwit__V1__Status *status, struct gw_error *err);

/* Raise an nng result @rv; what concerns the connection becomes UNAVAILABLE. Returns -1. */
int gw_rpc_nng_error(struct gw_error *err, int rv, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
