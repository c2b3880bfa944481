/* What the source writes about a guest. Never synced: the record guards against this agent's crash,
 * and the QEMU it speaks of does not survive more than that (docs/handover.md). */
#include "guest.h"

#include <string.h>

int src_guest_write(struct src_guest *guest, const struct gw_record *record, struct gw_error *err)
{
    struct gw_record copy = *record;

    memcpy(copy.guest_uuid, guest->uuid, sizeof copy.guest_uuid);
    if (gw_record_file_write(&guest->record, &copy, GW_RECORD_NO_SYNC, err) != 0)
        return gw_error_wrap(err, "write the record of guest %s", guest->uuid);
    return 0;
}

int src_guest_write_holding(struct src_guest *guest, struct gw_error *err)
{
    struct gw_record record = guest->record.now;

    record.state = GW_RECORD_HOLDING;
    record.is_done = false;
    if (guest->qemu == NULL) {
        record.qemu_pid = 0;
        record.qemu_start_ticks = 0;
    }
    return src_guest_write(guest, &record, err);
}

void src_guest_write_done(struct src_guest *guest)
{
    struct gw_record record = guest->record.now;
    struct gw_error err = {0};

    record.is_done = true;
    if (src_guest_write(guest, &record, &err) != 0)
        gw_log_failure(&guest->log, GW_LOG_WARN, "record.not_written", &err);
}
