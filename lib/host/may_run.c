#include "host/may_run.h"

#include <inttypes.h>
#include <string.h>

static bool is_given_up(const struct gw_record *source)
{
    return source->state == GW_RECORD_RELINQUISHED || source->state == GW_RECORD_RETIRED;
}

bool gw_may_run(const struct gw_record *target, const struct gw_record *source)
{
    return target->state == GW_RECORD_ACTIVE && gw_is_holder(target, source);
}

bool gw_is_holder(const struct gw_record *target, const struct gw_record *source)
{
    if (target->state != GW_RECORD_ACTIVE && target->state != GW_RECORD_CREATED)
        return false;
    return !is_given_up(source) || source->epoch < target->epoch;
}

uint64_t gw_record_epoch(const struct gw_record *target, const struct gw_record *source)
{
    return target->epoch > source->epoch ? target->epoch : source->epoch;
}

enum gw_attempt_order gw_attempt_compare(const struct gw_record *record,
                                         const char *migration_id,
                                         uint32_t attempt,
                                         uint64_t epoch)
{
    if (epoch != record->epoch)
        return epoch < record->epoch ? GW_ATTEMPT_STALE : GW_ATTEMPT_NEWER;
    if (attempt > record->attempt)
        return GW_ATTEMPT_NEWER;
    bool is_same = attempt == record->attempt && strcmp(migration_id, record->migration_id) == 0;
    return is_same ? GW_ATTEMPT_SAME : GW_ATTEMPT_STALE;
}

int gw_attempt_stale(struct gw_error *err,
                     const struct gw_record *record,
                     const char *migration_id,
                     uint32_t attempt,
                     uint64_t epoch)
{
    char shown[GW_QUOTED_MAX];
    (void)gw_error_set(err, GW_ABORTED,
                       "guest %s: epoch %" PRIu64 ", migration %s, attempt %" PRIu32
                       " is stale; this host's record is %s at epoch %" PRIu64
                       ", migration \"%s\", attempt %" PRIu32,
                       record->guest_uuid, epoch, gw_error_quote(shown, migration_id), attempt,
                       gw_record_state_name(record->state), record->epoch, record->migration_id,
                       record->attempt);
    return gw_error_reason(err, "STALE");
}
