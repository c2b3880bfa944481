/* Asking QEMU how far it is: the mirror jobs first, then the migration. Both answers become events
 * of the table; what happens in between comes as QMP events. */
#include <string.h>

#include "commands.h"
#include "live_priv.h"
#include "monitor.h"

enum src_outgoing_event src_live_migration_event(const char *status)
{
    static const struct {
        const char *status;
        enum src_outgoing_event event;
    } words[] = {
        {"none", SRC_EV_MIG_NONE},
        {"setup", SRC_EV_MIG_ACTIVE},
        {"wait-unplug", SRC_EV_MIG_ACTIVE},
        {"active", SRC_EV_MIG_ACTIVE},
        {"pre-switchover", SRC_EV_MIG_PRE_SWITCHOVER},
        {"device", SRC_EV_MIG_DEVICE},
        {"completed", SRC_EV_MIG_COMPLETED},
        {"failed", SRC_EV_MIG_ENDED_BADLY},
        {"cancelled", SRC_EV_MIG_ENDED_BADLY},
    };

    for (size_t i = 0; status != NULL && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].status, status) == 0)
            return words[i].event;
    return status == NULL ? SRC_EV_MIG_NONE : SRC_EV_COUNT;
}

int src_live_find_job(const struct src_live *live, const char *job_id)
{
    char job[SRC_JOB_ID_MAX + 1];

    for (unsigned i = 0; job_id != NULL && i < live->begin.n_disks; i++) {
        src_job_id(job, &live->begin.attempt, live->begin.disks[i].name);
        if (strcmp(job, job_id) == 0)
            return (int)i;
    }
    return -1;
}

static void ended(struct src_live *live)
{
    live->is_querying = false;
    if (live->is_query_wanted) {
        live->is_query_wanted = false;
        src_live_query(live);
    }
}

/* Returns true when the query goes on. */
static bool is_answered(struct src_live *live, const struct gw_error *err)
{
    if (!gw_error_is_set(err))
        return true;
    live->is_querying = false;
    if (err->code == GW_UNAVAILABLE)
        return false;
    src_live_note(live, "QEMU did not say how far it is: %s", err->message);
    src_live_event(live, SRC_EV_COMMAND_FAILED, 0);
    return false;
}

/* A QEMU that received its guest, or gave one up and got it back, goes on saying `completed` of
 * that earlier move. Of ours it is only true of a guest that is stopped for it; otherwise ours has
 * not begun: a move that is being cancelled then has nothing to wait for. */
static void on_status(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    if (!is_answered(live, err))
        return;
    const char *status = src_json_text(result, "status");
    bool is_ours = status != NULL &&
                   (strcmp(status, "postmigrate") == 0 || strcmp(status, "finish-migrate") == 0);
    src_live_event(live, is_ours ? SRC_EV_MIG_COMPLETED : SRC_EV_MIG_NONE, 0);
    ended(live);
}

static void on_migration(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    if (!is_answered(live, err))
        return;
    enum src_outgoing_event event = src_live_migration_event(src_json_text(result, "status"));
    if (event == SRC_EV_MIG_COMPLETED) {
        if (src_monitor_execute(live->guest->monitor, "query-status", NULL, SRC_QMP_DEADLINE_MS,
                                on_status, live) != 0)
            live->is_querying = false;
        return;
    }
    src_live_take_migration(live, result);
    if (event != SRC_EV_COUNT)
        src_live_event(live, event, 0);
    ended(live);
}

static void take_job(struct src_live *live, json_object *job, uint32_t *seen)
{
    int disk = src_live_find_job(live, src_json_text(job, "id"));
    const char *status = src_json_text(job, "status");
    const char *error = src_json_text(job, "error");

    if (disk < 0 || status == NULL)
        return;
    *seen |= 1U << disk;
    if (strcmp(status, "ready") == 0 || strcmp(status, "standby") == 0) {
        src_live_event(live, SRC_EV_JOB_READY, (unsigned)disk);
    } else if (strcmp(status, "concluded") == 0 && error == NULL) {
        src_live_event(live, SRC_EV_JOB_ENDED, (unsigned)disk);
    } else if (strcmp(status, "concluded") == 0 || strcmp(status, "aborting") == 0) {
        src_live_note(live, "mirroring disk \"%s\" failed: %s", live->begin.disks[disk].name,
                      error != NULL ? error : status);
        src_live_event(live, SRC_EV_JOB_FAILED, (unsigned)disk);
    }
}

static void take_jobs(struct src_live *live, json_object *jobs)
{
    size_t n = json_object_is_type(jobs, json_type_array) ? json_object_array_length(jobs) : 0;
    uint32_t seen = 0;

    src_outgoing_set_disks(&live->move, live->begin.n_disks);
    for (size_t i = 0; i < n; i++)
        take_job(live, json_object_array_get_idx(jobs, i), &seen);
    for (unsigned i = 0; i < live->begin.n_disks; i++)
        if ((seen & (1U << i)) == 0 && live->move.state == SRC_OUT_ADOPTING)
            src_live_event(live, SRC_EV_JOB_FAILED, i);
}

static void on_jobs(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    if (!is_answered(live, err))
        return;
    if (live->move.state == SRC_OUT_ADOPTING)
        take_jobs(live, result);
    if (src_monitor_execute(live->guest->monitor, "query-migrate", NULL, SRC_QMP_DEADLINE_MS,
                            on_migration, live) != 0)
        live->is_querying = false;
}

void src_live_query(struct src_live *live)
{
    if (live->is_querying) {
        live->is_query_wanted = true;
        return;
    }
    live->is_query_wanted = false;
    live->is_querying = src_monitor_execute(live->guest->monitor, "query-jobs", NULL,
                                            SRC_QMP_DEADLINE_MS, on_jobs, live) == 0;
}
