/* QEMUs that no record names. An agent that dies between starting one and journalling its pid
 * leaves it behind: paused, because only a QEMU on record is ever let run, but with the guest's
 * memory and disks. It is known by its standard output, which is qemu.log in the guest's folder. */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "guest.h"
#include "host/guest_dir.h"

/* The uuid in HOST_DIR/guests/UUID/qemu.log; -1: the process writes to another file. */
static int guest_of(const struct tgt_daemon *daemon, pid_t pid, char out[GW_UUID_LEN + 1])
{
    char path[64];
    char target[PATH_MAX];
    (void)snprintf(path, sizeof path, "/proc/%d/fd/1", (int)pid);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < (ssize_t)(sizeof GW_GUEST_QEMU_LOG + GW_UUID_LEN))
        return -1;
    target[n] = '\0';
    memcpy(out, target + n - (sizeof GW_GUEST_QEMU_LOG + GW_UUID_LEN), GW_UUID_LEN);
    out[GW_UUID_LEN] = '\0';
    GW_AUTO_FREE char *log = gw_guest_dir_path(&daemon->host, out, GW_GUEST_QEMU_LOG);
    return log && strcmp(log, target) == 0 ? 0 : -1;
}

static int read_record(const struct tgt_daemon *daemon,
                       const char *uuid,
                       const char *leaf,
                       struct gw_record *out)
{
    GW_AUTO_FREE char *path = gw_guest_dir_path(&daemon->host, uuid, leaf);
    return path ? gw_record_read(path, out, NULL) : -1;
}

/* Records that can't be read may name it. */
static bool is_named(const struct tgt_daemon *daemon, const char *uuid, pid_t pid)
{
    struct gw_record target;
    struct gw_record source;
    return read_record(daemon, uuid, GW_GUEST_TARGET_RECORD, &target) < 0 ||
           read_record(daemon, uuid, GW_GUEST_SOURCE_RECORD, &source) < 0 ||
           target.qemu_pid == pid || source.qemu_pid == pid;
}

void tgt_orphans_end(struct tgt_daemon *daemon)
{
    char uuid[GW_UUID_LEN + 1];
    DIR *dir = opendir("/proc");
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || guest_of(daemon, pid, uuid) < 0 || is_named(daemon, uuid, pid))
            continue;
        struct gw_log log = gw_log_with(&daemon->log, "guest", uuid);
        gw_log_warn(&log, "resume.orphan_ended", "pid=%d", (int)pid);
        (void)kill(pid, SIGKILL);
    }
    if (dir)
        closedir(dir);
}
