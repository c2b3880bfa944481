#include "resume.h"

#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "tell.h"

static void on_told(void *arg, const struct gw_error *err)
{
    struct src_guest *guest = arg;

    guest->again = NULL;
    if (err != NULL)
        gw_log_failure(&guest->log, GW_LOG_WARN, "move.outcome_refused", err);
    src_guest_write_done(guest);
}

static struct src_attempt attempt_on_record(const struct src_guest *guest)
{
    const struct gw_record *now = &guest->record.now;
    struct src_attempt attempt = {.attempt = now->attempt, .epoch = now->epoch};

    memcpy(attempt.guest_uuid, guest->uuid, sizeof attempt.guest_uuid);
    memcpy(attempt.migration_id, now->migration_id, sizeof attempt.migration_id);
    return attempt;
}

static void tell_failure(struct src_guest *guest)
{
    const struct src_attempt attempt = attempt_on_record(guest);
    struct src_failure failure = {
        .reason = "SOURCE_RESTARTED",
        .message = "godwit-source was restarted during the move, which was given up",
        .is_guest_stopped = guest->record.now.is_guest_stopped,
    };

    guest->again = src_tell_failure(guest, &attempt, &failure, on_told, guest);
}

static void tell_relinquished(struct src_guest *guest)
{
    const struct src_attempt attempt = attempt_on_record(guest);
    const struct src_relinquished figures = {0};
    struct src_progress *progress = calloc(1, sizeof *progress);

    if (progress != NULL)
        guest->again = src_tell_relinquished(guest, &attempt, &figures, progress, on_told, guest);
    free(progress);
}

/* The copying died with the agent that did it. A QEMU that was being shut down and is gone was
 * shut down by us. */
static int give_up_cold(struct src_guest *guest, struct gw_error *err)
{
    struct gw_record record = guest->record.now;

    record.state = GW_RECORD_HOLDING;
    record.is_done = false;
    if (guest->qemu == NULL) {
        record.is_guest_stopped |= record.qemu_pid != 0;
        record.qemu_pid = 0;
    }
    if (src_guest_write(guest, &record, err) != 0)
        return -1;
    tell_failure(guest);
    return 0;
}

static int resume(struct src_guest *guest, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;

    if (now->state == GW_RECORD_OUTGOING)
        return now->mode == GW_RECORD_COLD ? give_up_cold(guest, err) : src_live_resume(guest, err);
    if (now->state == GW_RECORD_RELINQUISHED && !now->is_done)
        tell_relinquished(guest);
    if (now->state == GW_RECORD_HOLDING && now->migration_id[0] != '\0' && !now->is_done)
        tell_failure(guest);
    return 0;
}

void src_guest_resume(struct src_guest *guest)
{
    struct gw_error err = {0};

    if (resume(guest, &err) != 0)
        gw_log_failure(&guest->log, GW_LOG_ERROR, "guest.move_not_resumed", &err);
}
