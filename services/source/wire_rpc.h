#ifndef SRC_WIRE_RPC_H
#define SRC_WIRE_RPC_H
/* Messages of the source to and from plain structs. Only the *_rpc.c files include this. */

#include "attempt.h"
#include "godwit/v1/common.pb-c.h"
#include "godwit/v1/migration.pb-c.h"
#include "progress.h"

#include "base/error.h"

/* Check and copy. @needs_migration: migration_id and attempt must be there.
 * Errors: INVALID_ARGUMENT with the field, e.g. attempt.guest_uuid. */
int src_attempt_decode(const Godwit__V1__Attempt *message,
                       bool needs_migration,
                       struct src_attempt *out,
                       struct gw_error *err);
/* Point @out at @attempt's text; valid as long as @attempt. */
void src_attempt_encode(const struct src_attempt *attempt, Godwit__V1__Attempt *out);

/* A Progress message with all it points at. */
struct src_progress_message {
    Godwit__V1__Progress base;
    Godwit__V1__DiskProgress disks[GW_GUEST_DISKS_MAX];
    Godwit__V1__DiskProgress *disk_pointers[GW_GUEST_DISKS_MAX];
};
/* Point @out at @progress's text; valid as long as both. */
void src_progress_encode(const struct src_progress *progress, struct src_progress_message *out);

#endif
