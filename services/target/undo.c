/* Taking back an attempt: nothing of it stays but the word REFUSED.
 *
 * The word is journalled first, so that whatever comes later for this attempt is refused, also
 * after a crash in the middle; then QEMU (and with it tap devices, exports, locks), then files. The
 * record is marked done when all is gone; until then every start of the agent tries again. */
#include "qemu.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"
#include "host/guest_dir.h"
#include "host/process.h"
#include "listen.h"

static void remove_leaf(const struct tgt_guest *guest, const char *leaf)
{
    GW_AUTO_FREE char *path = gw_guest_dir_path(&guest->daemon->host, guest->uuid, leaf);
    if (path && unlink(path) < 0 && errno != ENOENT)
        gw_log_warn(&guest->log, "undo.file_stays", "path=%s", path);
}

static void on_qemu_ended(struct tgt_guest *guest, const struct gw_error *unused)
{
    struct gw_error err = {0};
    (void)unused; /* killed on purpose */
    if (gw_record_qemu_is_alive(&guest->record.now, guest->daemon->host.boot_id)) {
        (void)gw_error_set(&err, GW_INTERNAL, "QEMU %d of guest %s can't be ended; end it by hand",
                           (int)guest->record.now.qemu_pid, guest->uuid);
        tgt_go_on(guest, &guest->then.undo, &err);
        return;
    }
    if (tgt_disks_remove(guest, &err) < 0) {
        gw_log_failure(&guest->log, GW_LOG_ERROR, "undo.disk_stays", &err);
        tgt_go_on(guest, &guest->then.undo, &err);
        return;
    }
    remove_leaf(guest, GW_GUEST_TARGET_QMP);
    remove_leaf(guest, GW_GUEST_SOURCE_QMP);
    remove_leaf(guest, GW_GUEST_CONSOLE_LOG);
    remove_leaf(guest, GW_GUEST_QEMU_LOG);
    remove_leaf(guest, GW_GUEST_SPEC_FILE);
    struct gw_record record = guest->record.now;
    record.qemu_pid = 0;
    record.qemu_start_ticks = 0;
    record.memory_bytes = 0;
    record.disks_made = record.disks_placed = 0;
    record.memory_port = record.disk_port = 0;
    record.is_done = true;
    bool is_written = tgt_guest_write(guest, &record, GW_RECORD_SYNC, &err) == 0;
    tgt_go_on(guest, &guest->then.undo, is_written ? NULL : &err);
}

void tgt_undo(struct tgt_guest *guest, tgt_step_fn step)
{
    struct gw_error err = {0};
    struct gw_record record = tgt_guest_record(guest, GW_RECORD_REFUSED);
    record.is_done = false;
    guest->then.undo = step;
    gw_disk_maker_free(guest->maker);
    guest->maker = NULL;
    if (guest->record.now.state != GW_RECORD_REFUSED &&
        tgt_guest_write(guest, &record, GW_RECORD_SYNC, &err) < 0) {
        tgt_go_on(guest, &guest->then.undo, &err);
        return;
    }
    tgt_listener_stop(guest);
    guest->is_loaded = guest->is_cont_sent = guest->is_running = false;
    tgt_qemu_end(guest, on_qemu_ended);
}
