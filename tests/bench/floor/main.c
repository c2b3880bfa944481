/* gw-bench-floor: one live migration by bare QMP, and one line of JSON with its times. */

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "move.h"

static const char usage[] =
    "usage: gw-bench-floor --source-qmp SOCKET --target-qmp SOCKET --address IP\n"
    "           --memory-port PORT [--disk-port PORT] [--disk NODE]...\n"
    "           [--downtime-limit-ms N] [--timeout-ms N]\n"
    "Moves the guest of a running QEMU into one that was started with -incoming defer -S.\n"
    "Disks are mirrored over NBD into the node of the same name; without any, storage is shared.\n";

static int take(struct floor_options *o, int option, const char *value)
{
    switch (option) {
    case 's':
        o->source_qmp = value;
        return 0;
    case 't':
        o->target_qmp = value;
        return 0;
    case 'a':
        o->address = value;
        return 0;
    case 'm':
        o->memory_port = value;
        return 0;
    case 'p':
        o->disk_port = value;
        return 0;
    case 'd':
        if (o->n_disks == FLOOR_DISKS_MAX)
            return -1;
        o->disks[o->n_disks++] = value;
        return 0;
    case 'l':
        o->downtime_limit_ms = (uint32_t)strtoul(value, NULL, 10);
        return 0;
    case 'w':
        o->timeout_ms = (uint32_t)strtoul(value, NULL, 10);
        return 0;
    default:
        return -1;
    }
}

static int parse(int argc, char **argv, struct floor_options *o)
{
    static const struct option options[] = {
        {"source-qmp", required_argument, NULL, 's'},
        {"target-qmp", required_argument, NULL, 't'},
        {"address", required_argument, NULL, 'a'},
        {"memory-port", required_argument, NULL, 'm'},
        {"disk-port", required_argument, NULL, 'p'},
        {"disk", required_argument, NULL, 'd'},
        {"downtime-limit-ms", required_argument, NULL, 'l'},
        {"timeout-ms", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    *o = (struct floor_options){.downtime_limit_ms = 300, .timeout_ms = 120000};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (take(o, option, optarg))
            return -1;
    }
    if (optind != argc || !o->source_qmp || !o->target_qmp || !o->address || !o->memory_port)
        return -1;
    return o->n_disks && !o->disk_port ? -1 : 0;
}

static void print(const struct floor_move *move)
{
    const struct floor_times *t = &move->times;
    (void)printf(
        "{\"total_us\": %" PRIu64 ", \"pause_us\": %" PRIu64 ", \"qemu_downtime_ms\": %" PRIu64
        ", \"memory_bytes\": %" PRIu64 ", \"prepare_us\": %" PRIu64 ", \"mirror_us\": %" PRIu64
        ", \"memory_us\": %" PRIu64 ", \"unhook_us\": %" PRIu64 ", \"device_us\": %" PRIu64
        ", \"resume_us\": %" PRIu64 "}\n",
        t->resumed_us - t->begun_us, t->resumed_us - t->stopped_us, move->downtime_ms,
        move->transferred_bytes, t->prepared_us - t->begun_us, t->mirrored_us - t->prepared_us,
        t->stopped_us - t->mirrored_us, t->unhooked_us - t->stopped_us,
        t->completed_us - t->unhooked_us, t->resumed_us - t->completed_us);
}

int main(int argc, char **argv)
{
    struct floor_options options;
    struct floor_move move;
    struct gw_error err = {0};
    if (parse(argc, argv, &options)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (floor_run(&move, &options, &err)) {
        (void)fprintf(stderr, "gw-bench-floor: %s\n", err.message);
        return gw_code_exit_status(err.code);
    }
    print(&move);
    return 0;
}
