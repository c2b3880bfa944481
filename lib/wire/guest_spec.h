#ifndef GW_WIRE_GUEST_SPEC_H
#define GW_WIRE_GUEST_SPEC_H
/* godwit.v1.GuestSpec to the core's struct and back. */

#include "base/error.h"
#include "core/guest_spec.h"
#include "godwit/v1/guest.pb-c.h"

/* Decode and validate (gw_guest_spec_validate). @message NULL: INVALID_ARGUMENT, field "spec".
 * @out is written on success only. Errors: INVALID_ARGUMENT with err->field such as
 * spec.nics[0].mac; also for text longer than its limit and too many items. */
int gw_wire_guest_spec_decode(const Godwit__V1__GuestSpec *message,
                              struct gw_guest_spec *out,
                              struct gw_error *err);

/* The same into a new heap struct, to be freed by free(). */
struct gw_guest_spec *gw_wire_guest_spec_new(const Godwit__V1__GuestSpec *message,
                                             struct gw_error *err);

/* A new message, to be freed by godwit__v1__guest_spec__free_unpacked(message, NULL).
 * Errors: RESOURCE_EXHAUSTED no memory. */
Godwit__V1__GuestSpec *gw_wire_guest_spec_encode(const struct gw_guest_spec *spec,
                                                 struct gw_error *err);

/* The spec as JSON text and back (spec.json). Text: malloc'd, ends in a newline. Errors of reading:
 * those of gw_json_text_to_message() and of decoding. */
char *gw_wire_guest_spec_to_text(const struct gw_guest_spec *spec, struct gw_error *err);
struct gw_guest_spec *
gw_wire_guest_spec_from_text(const char *text, size_t len, struct gw_error *err);

#endif
