#ifndef SRC_COMMANDS_H
#define SRC_COMMANDS_H
/* Arguments of the QEMU commands that a move needs (QEMU docs/interop/qmp reference, 7.2), and the
 * names of what it makes inside QEMU. Pure. The builders return a new object for the caller to hand
 * on; NULL without memory, which QEMU answers as missing arguments. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "core/guest_spec.h"

#define SRC_JOB_PREFIX "gwm-"  /* of every mirror job of ours */
#define SRC_NODE_PREFIX "gwn-" /* of every NBD node of ours */

enum {
    SRC_JOB_ID_MAX = 4 + GW_NAME_MAX + 1 + 10 + 1 + GW_GUEST_DISK_NAME_MAX,
    SRC_NODE_NAME_MAX = 31, /* QEMU's limit */
    SRC_NBD_OPEN_S = 5,     /* QEMU stands still while it connects: no longer than this */
};

/* gwm-MIGRATION-ATTEMPT-DISK */
void src_job_id(char out[SRC_JOB_ID_MAX + 1], const struct src_attempt *attempt, const char *disk);
/* gwn-MIGRATION(8 bytes)-ATTEMPT-INDEX: QEMU's node names are short. */
void src_nbd_node_name(char out[SRC_NODE_NAME_MAX + 1],
                       const struct src_attempt *attempt,
                       unsigned index);

struct src_mirror {
    const char *job_id;
    const char *node;   /* disk-NAME */
    const char *target; /* NBD node */
    uint64_t speed_bps; /* bytes per second, 0: no limit */
};

json_object *
src_args_nbd_node(const char *node, const char *host, uint32_t port, const char *export_name);
json_object *src_args_mirror(const struct src_mirror *mirror);
/* Those of the capabilities a move needs that @offered (query-migrate-capabilities) has, all on.
 * *out_missing: the first without which there is no safe move, or NULL. */
json_object *src_args_capabilities(json_object *offered, const char **out_missing);
/* @bandwidth_bps 0: as fast as it goes; @downtime_ms 0: 300. */
json_object *src_args_parameters(uint64_t bandwidth_bps, uint32_t downtime_ms);
json_object *src_args_job_cancel(const char *job_id, bool force);
json_object *src_args_one(const char *key, const char *value);
json_object *src_args_yank_migration(void);
json_object *src_args_yank_node(const char *node);

/* ---- what QEMU answers ---- */

/* The string or number under @key; NULL or 0 when it is not there. */
const char *src_json_text(json_object *object, const char *key);
uint64_t src_json_u64(json_object *object, const char *key);

#endif
