#ifndef GW_HOST_TAP_H
#define GW_HOST_TAP_H
/* Tap devices for guests: made here, joined to their bridge, inherited by QEMU as a descriptor. Not
 * persistent: the device vanishes with the last descriptor, so with QEMU. Linux
 * Documentation/networking/tuntap.rst. */

#include "base/error.h"

/* A new tap device (vnet_hdr, no packet info) joined to @bridge and up; *out_fd is O_CLOEXEC.
 * Errors: NOT_FOUND, reason BRIDGE_NOT_FOUND; PERMISSION_DENIED; others by errno. */
int gw_tap_open(const char *bridge, int *out_fd, struct gw_error *err);
/* Whether the interface @name is there and is a bridge. Errors: NOT_FOUND, reason
 * BRIDGE_NOT_FOUND. */
int gw_bridge_check(const char *name, struct gw_error *err);

#endif
