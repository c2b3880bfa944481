/* qemu-nbd for each copied disk: `--fork` makes the started process end when the export is up,
 * which is the event waited for; the one that serves then ends with its last client. The socket
 * lies in this agent's data folder. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "cold_priv.h"
#include "host/disk.h"
#include "host/process.h"

static void fail(struct src_cold *cold, struct gw_error *err)
{
    (void)gw_error_reason(err, "EXPORT_FAILED");
    src_cold_fail(cold, err);
}

static void on_server_ended(void *arg, int status)
{
    struct src_cold_disk *disk = arg;

    (void)status; /* a copy that lost its server says so itself */
    gw_child_free(disk->server);
    disk->server = NULL;
}

/* Hold the serving process, so that it can be ended when nobody ever connects to it. */
static void adopt_server(struct src_cold *cold, struct src_cold_disk *disk)
{
    uint64_t ticks = 0;
    GW_AUTO_FREE char *text = gw_file_read(disk->pid_path, 32, NULL, NULL);
    long pid = text != NULL ? strtol(text, NULL, 10) : 0;

    if (pid > 1 && gw_process_start_ticks((pid_t)pid, &ticks, NULL) == 0)
        disk->server =
            gw_child_adopt(cold->daemon->loop, (pid_t)pid, ticks, on_server_ended, disk, NULL);
    (void)unlink(disk->pid_path);
}

static void on_starter_ended(void *arg, int status)
{
    struct src_cold *cold = arg;
    struct src_cold_disk *disk = &cold->disks[cold->n_exported];
    struct gw_error err = {0};

    gw_child_free(disk->starter);
    disk->starter = NULL;
    if (status != 0) {
        (void)gw_error_set(
            &err, GW_INTERNAL,
            "qemu-nbd could not export disk \"%s\" (status %d); see this agent's log",
            cold->begin.disks[cold->n_exported].name, status);
        fail(cold, &err);
        return;
    }
    adopt_server(cold, disk);
    cold->n_exported++;
    src_cold_export(cold);
}

static int make_paths(struct src_cold *cold, unsigned index, struct gw_error *err)
{
    struct src_cold_disk *disk = &cold->disks[index];
    const char *folder = cold->daemon->settings->daemon.data_dir;

    disk->socket_path = gw_strf("%s/%s-%u.nbd", folder, cold->guest->uuid, index);
    disk->pid_path = gw_strf("%s/%s-%u.pid", folder, cold->guest->uuid, index);
    if (disk->socket_path == NULL || disk->pid_path == NULL)
        return gw_error_set_nomem(err, "exporting a disk");
    (void)unlink(disk->socket_path);
    (void)unlink(disk->pid_path);
    return 0;
}

static int start_export(struct src_cold *cold, unsigned index, struct gw_error *err)
{
    struct src_cold_disk *disk = &cold->disks[index];
    const struct gw_guest_spec *spec = src_guest_spec(cold->guest, err);
    int i = spec != NULL ? gw_guest_spec_find_disk(spec, cold->begin.disks[index].name) : -1;

    if (i < 0)
        return spec == NULL ? -1
                            : gw_error_set(err, GW_INTERNAL, "disk %u is not in the spec", index);
    GW_AUTO_FREE char *file =
        gw_disk_find(&cold->daemon->host, spec->disks[i].pool, spec->disks[i].file, err);
    if (file == NULL || make_paths(cold, index, err) != 0)
        return -1;
    GW_AUTO_FREE char *socket = gw_strf("--socket=%s", disk->socket_path);
    GW_AUTO_FREE char *pid = gw_strf("--pid-file=%s", disk->pid_path);
    GW_AUTO_FREE char *format = gw_strf("--format=%s", gw_disk_format_name(spec->disks[i].format));
    char shared[24];
    (void)snprintf(shared, sizeof shared, "--shared=%d", GW_DISK_CONNECTIONS_MAX);
    if (socket == NULL || pid == NULL || format == NULL)
        return gw_error_set_nomem(err, "exporting a disk");
    const char *const argv[] = {cold->daemon->settings->qemu_nbd,
                                "--fork",
                                "--read-only",
                                shared,
                                format,
                                socket,
                                pid,
                                "--",
                                file,
                                NULL};
    const struct gw_spawn spawn = {
        .argv = argv, .stdout_fd = -1, .stderr_fd = -1, .is_detached = true};
    disk->starter = gw_child_spawn(cold->daemon->loop, &spawn, on_starter_ended, cold, err);
    return disk->starter != NULL ? 0 : -1;
}

void src_cold_export(struct src_cold *cold)
{
    struct gw_error err = {0};

    cold->stage = SRC_COLD_EXPORTING;
    if (cold->begin.n_disks == 0)
        src_cold_copied(cold);
    else if (cold->n_exported == cold->begin.n_disks)
        src_cold_copy(cold);
    else if (start_export(cold, cold->n_exported, &err) != 0)
        fail(cold, &err);
}

static void end_child(struct gw_child **child)
{
    if (*child != NULL)
        (void)gw_child_kill(*child, SIGTERM, NULL);
    gw_child_free(*child);
    *child = NULL;
}

void src_cold_end_exports(struct src_cold *cold)
{
    for (unsigned i = 0; i < cold->begin.n_disks; i++) {
        struct src_cold_disk *disk = &cold->disks[i];
        end_child(&disk->starter);
        end_child(&disk->server);
        if (disk->socket_path != NULL)
            (void)unlink(disk->socket_path);
        free(gw_steal(disk->socket_path));
        free(gw_steal(disk->pid_path));
    }
}
