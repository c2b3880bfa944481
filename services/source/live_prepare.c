/* The commands before the copying starts, one after the other: is the guest running, which
 * capabilities are there, set them, set the limits, then per disk an NBD node and a mirror job. */
#include <inttypes.h>
#include <string.h>

#include "commands.h"
#include "host/disk.h"
#include "live_priv.h"
#include "monitor.h"

enum { STEP_STATUS, STEP_OFFER, STEP_CAPABILITIES, STEP_PARAMETERS, STEP_DISKS };

static void next_step(struct src_live *live, json_object *last);

static void fail(struct src_live *live)
{
    src_live_event(live, SRC_EV_COMMAND_FAILED, 0);
}

static void on_step(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_live *live = arg;

    if (live->move.state != SRC_OUT_PREPARE_QEMU || err->code == GW_UNAVAILABLE)
        return;
    if (gw_error_is_set(err)) {
        src_live_note(live, "QEMU refused to get ready (step %u): %s", live->prepare_step,
                      err->message);
        fail(live);
        return;
    }
    live->prepare_step++;
    next_step(live, result);
}

static void
send(struct src_live *live, const char *command, json_object *args, uint32_t deadline_ms)
{
    (void)src_monitor_execute(live->guest->monitor, command, args, deadline_ms, on_step, live);
}

static void ask_offer(struct src_live *live, json_object *status)
{
    const char *word = src_json_text(status, "status");

    if (word != NULL && strcmp(word, "running") == 0) {
        send(live, "query-migrate-capabilities", NULL, SRC_QMP_DEADLINE_MS);
        return;
    }
    src_live_note(live, "QEMU says that the guest is \"%s\"; only a running guest moves live",
                  word != NULL ? word : "?");
    fail(live);
}

static void set_capabilities(struct src_live *live, json_object *offered)
{
    const char *missing = NULL;
    json_object *args = src_args_capabilities(offered, &missing);

    if (missing == NULL) {
        send(live, "migrate-set-capabilities", args, SRC_QMP_DEADLINE_MS);
        return;
    }
    json_object_put(args);
    src_live_note(live,
                  "this QEMU lacks migration capability \"%s\"; version 7.2 or newer is needed",
                  missing);
    fail(live);
}

static void add_node(struct src_live *live, unsigned index)
{
    const struct src_endpoint *disk = &live->begin.disks[index];
    char node[SRC_NODE_NAME_MAX + 1];

    src_nbd_node_name(node, &live->begin.attempt, index);
    send(live, "blockdev-add", src_args_nbd_node(node, disk->host, disk->port, disk->export_name),
         SRC_QMP_SLOW_DEADLINE_MS);
}

/* The mirrors share the move's bandwidth; 0 would be no limit. */
static uint64_t mirror_speed(const struct src_begin *begin)
{
    uint64_t share = begin->bandwidth_bps / begin->n_disks;

    return share == 0 && begin->bandwidth_bps != 0 ? 1 : share;
}

static void start_mirror(struct src_live *live, unsigned index)
{
    const struct src_begin *begin = &live->begin;
    char job[SRC_JOB_ID_MAX + 1];
    char node[GW_NODE_NAME_MAX + 1];
    char target[SRC_NODE_NAME_MAX + 1];
    const struct src_mirror mirror = {
        .job_id = job, .node = node, .target = target, .speed_bps = mirror_speed(begin)};

    src_job_id(job, &begin->attempt, begin->disks[index].name);
    gw_disk_node_name(node, begin->disks[index].name);
    src_nbd_node_name(target, &begin->attempt, index);
    send(live, "blockdev-mirror", src_args_mirror(&mirror), SRC_QMP_SLOW_DEADLINE_MS);
}

static void next_step(struct src_live *live, json_object *last)
{
    unsigned step = live->prepare_step;

    if (step == STEP_STATUS) {
        send(live, "query-status", NULL, SRC_QMP_DEADLINE_MS);
    } else if (step == STEP_OFFER) {
        ask_offer(live, last);
    } else if (step == STEP_CAPABILITIES) {
        set_capabilities(live, last);
    } else if (step == STEP_PARAMETERS) {
        send(live, "migrate-set-parameters",
             src_args_parameters(live->begin.bandwidth_bps, live->begin.max_downtime_ms),
             SRC_QMP_DEADLINE_MS);
    } else {
        unsigned index = (step - STEP_DISKS) / 2;
        if (index >= live->begin.n_disks)
            src_live_event(live, SRC_EV_PREPARED, 0);
        else if ((step - STEP_DISKS) % 2 == 0)
            add_node(live, index);
        else
            start_mirror(live, index);
    }
}

void src_live_prepare(struct src_live *live)
{
    live->prepare_step = STEP_STATUS;
    next_step(live, NULL);
}
