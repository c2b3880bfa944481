#ifndef TGT_LAUNCH_H
#define TGT_LAUNCH_H
/* Everything a QEMU inherits: resolved paths, tap devices, monitor sockets, log. */

#include "loop/child.h"
#include "qemu.h"

/* Spawn QEMU detached; @fn(@arg) runs when it ends. Returns NULL with @err. */
struct gw_child *tgt_launch(struct tgt_guest *guest,
                            enum tgt_launch launch,
                            gw_child_fn fn,
                            void *arg,
                            struct gw_error *err);

#endif
