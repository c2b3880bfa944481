#ifndef TGT_LISTEN_H
#define TGT_LISTEN_H
/* Sockets on the migration address that admit one host alone. The kernel drops what any other
 * address sends to them (a socket filter), so nobody else can even connect: a silent connection to
 * QEMU's ports would hold it up, and rubbish would end it. */

#include <stdint.h>

#include "guest.h"

/* IPv4 or IPv6. */
bool tgt_address_is_valid(const char *text);

/* Listen at @address:@port (0: any) for connections from @peer. Errors: INVALID_ARGUMENT @peer is
 * no IP address of @address's family; by errno. */
int tgt_listen(const char *address,
               const char *peer,
               uint32_t port,
               int *out_fd,
               uint32_t *out_port,
               struct gw_error *err);

/* The accepted connection @fd (taken over by the callee). */
typedef void (*tgt_accept_fn)(struct tgt_guest *guest, int fd);

/* Wait for one connection on @fd (taken over), then stop listening. Sets guest->listener. */
int tgt_listener_start(struct tgt_guest *guest, int fd, tgt_accept_fn fn, struct gw_error *err);
void tgt_listener_stop(struct tgt_guest *guest);

#endif
