#ifndef GWY_HTTP_H
#define GWY_HTTP_H
/* libmicrohttpd on the gateway's loop. */

#include "gateway.h"

/* Listen at @address and serve; fills gateway->mhd, watch, timer and url. Errors: of gwy_listen();
 * INTERNAL libmicrohttpd would not start. */
int gwy_http_start(struct gwy_gateway *gateway, const char *address, struct gw_error *err);
/* Close all connections. No request may be waiting for the scheduler. Also after a failed start. */
void gwy_http_stop(struct gwy_gateway *gateway);
/* Let libmicrohttpd go on, soon: a connection was resumed. */
void gwy_http_kick(struct gwy_gateway *gateway);

#endif
