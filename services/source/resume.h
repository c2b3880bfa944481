#ifndef SRC_RESUME_H
#define SRC_RESUME_H
/* What a starting agent does about a guest, by the record alone (docs/source.md): follow a live
 * move that QEMU went on with, tell again what was not answered, give up a cold copy that died with
 * the agent. It starts and kills nothing. */

#include "guest.h"

void src_guest_resume(struct src_guest *guest);

#endif
