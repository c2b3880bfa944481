#ifndef GWY_LISTEN_H
#define GWY_LISTEN_H
/* The listening socket: made here and not by libmicrohttpd, so that a failure has its errno. */

#include <sys/socket.h>

#include "base/error.h"

enum {
    GWY_BACKLOG = 128, /* connections the kernel holds while the loop is busy */
    GWY_URL_MAX = 80,  /* http://[IPv6]:PORT */
};

struct gwy_address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* "IP:PORT" or "[IP]:PORT". Errors: INVALID_ARGUMENT. */
int gwy_address_parse(const char *text, struct gwy_address *out, struct gw_error *err);
/* Listen there; *out_fd is the caller's, non-blocking; @out_url tells where, port included.
 * Errors: ALREADY_EXISTS port in use; PERMISSION_DENIED; others by errno. */
int gwy_listen(const char *text, int *out_fd, char out_url[GWY_URL_MAX], struct gw_error *err);

#endif
