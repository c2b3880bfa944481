/* Starting QEMU. What it is to have is opened here and inherited: it never opens a socket or a
 * network device itself. Every path is resolved first, so that a missing file is told by name and
 * not by QEMU. All of it is given back when the start fails. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/guest_dir.h"
#include "host/qemu.h"
#include "host/tap.h"

enum { N_FDS_MAX = GW_GUEST_NICS_MAX + 2 };

struct bundle {
    struct gw_qemu_plan plan;
    char *disk_paths[GW_GUEST_DISKS_MAX];
    char *kernel;
    char *initrd;
    char *firmware;
    char *console;
    int fds[N_FDS_MAX]; /* to be inherited */
    size_t n_fds;
    int log_fd;
};

static void bundle_fini(struct bundle *b)
{
    for (size_t i = 0; i < GW_GUEST_DISKS_MAX; i++)
        free(b->disk_paths[i]);
    free(b->kernel);
    free(b->initrd);
    free(b->firmware);
    free(b->console);
    for (size_t i = 0; i < b->n_fds; i++)
        close(b->fds[i]);
    if (b->log_fd >= 0)
        close(b->log_fd);
}

/* A listening monitor socket in the guest's folder, in place of any left behind. */
static int listen_monitor(const struct tgt_guest *guest,
                          const char *leaf,
                          struct bundle *b,
                          int *out_fd,
                          struct gw_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    GW_AUTO_FREE char *path = gw_guest_dir_path(&guest->daemon->host, guest->uuid, leaf);
    if (!path || gw_str_copy(address.sun_path, sizeof address.sun_path, path) < 0)
        return gw_error_set_nomem(err, "naming a monitor socket");
    (void)unlink(path);
    GW_AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(path, 0600) < 0 || listen(fd, 1) < 0)
        return gw_error_set_errno(err, errno, "can't make monitor socket %s", path);
    *out_fd = b->fds[b->n_fds++] = gw_steal_fd(&fd);
    return 0;
}

static int open_log(const struct tgt_guest *guest, struct bundle *b, struct gw_error *err)
{
    GW_AUTO_FREE char *path =
        gw_guest_dir_path(&guest->daemon->host, guest->uuid, GW_GUEST_QEMU_LOG);
    if (!path)
        return gw_error_set_nomem(err, "naming QEMU's log");
    b->log_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return b->log_fd < 0 ? gw_error_set_errno(err, errno, "can't open %s", path) : 0;
}

static int find_disks(const struct tgt_guest *guest, struct bundle *b, struct gw_error *err)
{
    for (size_t i = 0; i < guest->spec->n_disks; i++) {
        char file[GW_DISK_FILE_MAX + 1];
        bool is_copied = (guest->record.now.disks_copied >> i) & 1;
        if (b->plan.is_export && !is_copied)
            continue;
        tgt_disk_file(guest, i, file);
        b->disk_paths[i] =
            gw_disk_find(&guest->daemon->host, guest->spec->disks[i].pool, file, err);
        if (!b->disk_paths[i])
            return -1;
        b->plan.disk_paths[i] = b->disk_paths[i];
    }
    return 0;
}

static int find_boot_file(const struct tgt_guest *guest,
                          const char *file,
                          char **slot,
                          const char **out,
                          struct gw_error *err)
{
    if (!file[0])
        return 0;
    *slot = gw_host_boot_file(&guest->daemon->host, file, err);
    *out = *slot;
    return *slot ? 0 : -1;
}

static int find_boot_files(const struct tgt_guest *guest, struct bundle *b, struct gw_error *err)
{
    const struct gw_guest_spec *spec = guest->spec;
    if (find_boot_file(guest, spec->kernel, &b->kernel, &b->plan.kernel_path, err) < 0 ||
        find_boot_file(guest, spec->initrd, &b->initrd, &b->plan.initrd_path, err) < 0)
        return -1;
    return find_boot_file(guest, spec->firmware, &b->firmware, &b->plan.firmware_path, err);
}

static int open_taps(const struct tgt_guest *guest, struct bundle *b, struct gw_error *err)
{
    for (size_t i = 0; i < guest->spec->n_nics; i++) {
        const char *bridge = guest->spec->nics[i].bridge;
        int fd = -1;
        if (gw_host_check_bridge(&guest->daemon->host, bridge, err) < 0 ||
            gw_tap_open(bridge, &fd, err) < 0)
            return -1;
        b->plan.tap_fds[i] = b->fds[b->n_fds++] = fd;
    }
    return 0;
}

static int fill_machine(const struct tgt_guest *guest, struct bundle *b, struct gw_error *err)
{
    const struct gw_host_facts *facts = tgt_facts(guest->daemon, err);
    if (!facts)
        return -1;
    b->plan.accelerator = facts->accelerator;
    b->console = gw_guest_dir_path(&guest->daemon->host, guest->uuid, GW_GUEST_CONSOLE_LOG);
    b->plan.console_path = b->console;
    if (!b->console)
        return gw_error_set_nomem(err, "naming the console log");
    if (find_boot_files(guest, b, err) < 0 || open_taps(guest, b, err) < 0)
        return -1;
    return listen_monitor(guest, GW_GUEST_SOURCE_QMP, b, &b->plan.source_qmp_fd, err);
}

static struct gw_child *spawn(const struct tgt_guest *guest,
                              const struct bundle *b,
                              gw_child_fn fn,
                              void *arg,
                              struct gw_error *err)
{
    struct gw_argv argv;
    if (gw_qemu_argv(&b->plan, &argv, err) < 0)
        return NULL;
    const struct gw_spawn plan = {.argv = (const char *const *)argv.items,
                                  .cwd = "/",
                                  .stdout_fd = b->log_fd,
                                  .stderr_fd = b->log_fd,
                                  .keep_fds = b->fds,
                                  .n_keep_fds = b->n_fds,
                                  .is_detached = true};
    struct gw_child *child = gw_child_spawn(guest->daemon->loop, &plan, fn, arg, err);
    gw_argv_fini(&argv);
    return child;
}

struct gw_child *tgt_launch(struct tgt_guest *guest,
                            enum tgt_launch launch,
                            gw_child_fn fn,
                            void *arg,
                            struct gw_error *err)
{
    struct bundle b = {.plan = {.qemu = guest->daemon->settings->qemu,
                                .is_export = launch == TGT_LAUNCH_EXPORT,
                                .is_incoming = launch == TGT_LAUNCH_INCOMING,
                                .source_qmp_fd = -1,
                                .target_qmp_fd = -1},
                       .log_fd = -1};
    struct gw_child *child = NULL;
    b.plan.spec = tgt_guest_spec(guest, err);
    if (b.plan.spec && find_disks(guest, &b, err) == 0 &&
        (b.plan.is_export || fill_machine(guest, &b, err) == 0) &&
        listen_monitor(guest, GW_GUEST_TARGET_QMP, &b, &b.plan.target_qmp_fd, err) == 0 &&
        open_log(guest, &b, err) == 0)
        child = spawn(guest, &b, fn, arg, err);
    bundle_fini(&b);
    return child;
}
