#ifndef SRC_TRASH_REPLY_RPC_H
#define SRC_TRASH_REPLY_RPC_H
/* Entries of the trash as a message. */

#include "godwit/v1/trash.pb-c.h"
#include "host/trash.h"
#include "source.h"

enum {
    SRC_TRASH_REPLY_MAX = 4000, /* a frame has 4 MiB, an entry at all limits under 1000 bytes */
};

struct src_trash_reply {
    Godwit__V1__TrashEntries base;
    Godwit__V1__TrashEntry *items;
    Google__Protobuf__Timestamp *times; /* two for each */
    Godwit__V1__TrashAbsence absence, *absent;
    Godwit__V1__Reason reason;
};

/* Point @out at @list and, where it is set, at @error, which tells what was not done; valid as long
 * as both. Names of unknown files are made UTF-8 in @list. -1: no memory. Either way @out is to be
 * released. */
int src_trash_reply_fill(struct src_trash_reply *out,
                         const struct src_daemon *daemon,
                         struct gw_trash_list *list,
                         const struct gw_error *error);
void src_trash_reply_fini(struct src_trash_reply *reply);

#endif
