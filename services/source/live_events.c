/* QEMU's events as events of the table. */
#include <string.h>

#include "commands.h"
#include "live_priv.h"

static void on_migration_event(struct src_live *live, json_object *data, uint64_t stamp_us)
{
    const char *status = src_json_text(data, "status");
    enum src_outgoing_event event = src_live_migration_event(status);

    if (status == NULL || event == SRC_EV_COUNT || event == SRC_EV_MIG_NONE)
        return;
    if (event == SRC_EV_MIG_COMPLETED) {
        live->figures.completed_at_us = gw_loop_now_us(live->guest->daemon->loop);
        if (live->stop_stamp_us != 0 && stamp_us > live->stop_stamp_us)
            live->figures.pause_to_completed_us = stamp_us - live->stop_stamp_us;
    }
    src_live_event(live, event, 0);
}

static void on_job_event(struct src_live *live, const char *name, json_object *data)
{
    int disk = src_live_find_job(live, src_json_text(data, "device"));

    if (disk < 0)
        return;
    const char *disk_name = live->begin.disks[disk].name;
    if (strcmp(name, "BLOCK_JOB_READY") == 0) {
        src_live_event(live, SRC_EV_JOB_READY, (unsigned)disk);
        return;
    }
    if (strcmp(name, "BLOCK_JOB_ERROR") == 0) {
        const char *operation = src_json_text(data, "operation");
        src_live_note(live, "mirroring disk \"%s\" met a %s error", disk_name,
                      operation != NULL ? operation : "block");
        return;
    }
    const char *error = src_json_text(data, "error");
    if (strcmp(name, "BLOCK_JOB_COMPLETED") == 0 && error == NULL) {
        if (live->move.state != SRC_OUT_PRE_SWITCHOVER)
            src_live_note(live, "mirroring disk \"%s\" ended before it was asked to", disk_name);
        src_live_event(live, SRC_EV_JOB_ENDED, (unsigned)disk);
        return;
    }
    src_live_note(live, "mirroring disk \"%s\" failed: %s", disk_name,
                  error != NULL ? error : "it was cancelled");
    src_live_event(live, SRC_EV_JOB_FAILED, (unsigned)disk);
}

static bool is_job_event(const char *name)
{
    return strcmp(name, "BLOCK_JOB_READY") == 0 || strcmp(name, "BLOCK_JOB_COMPLETED") == 0 ||
           strcmp(name, "BLOCK_JOB_CANCELLED") == 0 || strcmp(name, "BLOCK_JOB_ERROR") == 0;
}

void src_live_on_event(struct src_guest *guest,
                       const char *name,
                       json_object *data,
                       uint64_t stamp_us)
{
    struct src_live *live = guest->live;

    if (live == NULL || src_outgoing_is_over(&live->move))
        return;
    if (strcmp(name, "MIGRATION") == 0)
        on_migration_event(live, data, stamp_us);
    else if (strcmp(name, "STOP") == 0)
        live->stop_stamp_us = stamp_us;
    else if (is_job_event(name))
        on_job_event(live, name, data);
}
