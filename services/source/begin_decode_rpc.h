#ifndef SRC_BEGIN_DECODE_RPC_H
#define SRC_BEGIN_DECODE_RPC_H
/* BeginRequest to a plain struct, checked against the guest's spec. */

#include "godwit/v1/source.pb-c.h"
#include "host/record.h"
#include "live.h"

/* *out_mode and *out_copied (bits of spec->disks) go into the record.
 * Errors: INVALID_ARGUMENT with the field, e.g. endpoints.disks[1].port. */
int src_begin_decode(const Godwit__V1__BeginRequest *request,
                     const struct src_attempt *attempt,
                     const struct gw_guest_spec *spec,
                     struct src_begin *out,
                     enum gw_record_mode *out_mode,
                     uint32_t *out_copied,
                     struct gw_error *err);

#endif
