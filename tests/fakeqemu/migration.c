#include "migration.h"

#include <string.h>

#include "base/scope.h"
#include "machine.h"

/* In the order of query-migrate-capabilities of 7.2. */
static const char *const capabilities[] = {
    "xbzrle",           "rdma-pin-all",  "auto-converge",       "zero-blocks",
    "compress",         "events",        "postcopy-ram",        "x-colo",
    "release-ram",      "block",         "return-path",         "pause-before-switchover",
    "multifd",          "dirty-bitmaps", "postcopy-blocktime",  "late-block-activate",
    "x-ignore-shared",  "validate-uuid", "background-snapshot", "zero-copy-send",
    "postcopy-preempt",
};

const char *fq_status_name(enum fq_status status)
{
    static const char *const names[] = {[FQ_NONE] = "none",
                                        [FQ_SETUP] = "setup",
                                        [FQ_ACTIVE] = "active",
                                        [FQ_PRE_SWITCHOVER] = "pre-switchover",
                                        [FQ_DEVICE] = "device",
                                        [FQ_POSTCOPY_ACTIVE] = "postcopy-active",
                                        [FQ_POSTCOPY_PAUSED] = "postcopy-paused",
                                        [FQ_POSTCOPY_RECOVER] = "postcopy-recover",
                                        [FQ_COMPLETED] = "completed",
                                        [FQ_FAILED] = "failed",
                                        [FQ_CANCELLING] = "cancelling",
                                        [FQ_CANCELLED] = "cancelled"};
    return names[status];
}

const char *fq_capability_name(int capability)
{
    return (size_t)capability < GW_ARRAY_LEN(capabilities) ? capabilities[capability] : NULL;
}

int fq_capability_find(const char *name)
{
    for (size_t i = 0; name && i < GW_ARRAY_LEN(capabilities); i++) {
        if (strcmp(capabilities[i], name) == 0)
            return (int)i;
    }
    return -1;
}

bool fq_is_capable(const struct fq_machine *m, const char *name)
{
    return m->migration.capabilities[fq_capability_find(name)];
}

void fq_tell_status(struct fq_machine *m, enum fq_status status)
{
    if (fq_is_capable(m, "events"))
        fq_event(m, "MIGRATION", FQ_OBJECT({"status", fq_text(fq_status_name(status))}));
    fq_point(m, fq_status_name(status));
}

void fq_migration_init(struct fq_machine *m)
{
    m->migration.parameters =
        (struct fq_parameters){.max_bandwidth = 128 << 20, .downtime_limit = 300};
    fq_outgoing_init(m);
    fq_incoming_init(m);
}
