/* Files in pools. What lies in a pool's folder is looked up beneath that folder by the kernel
 * (openat2 with RESOLVE_BENEATH), so a link that someone left there leads nowhere. */
#include "host/disk_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

/* gw_file_name_is_valid() with a larger limit of length. */
static bool is_plain_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(name);
    return len > 0 && len <= GW_DISK_FILE_MAX && strspn(name, allowed) == len && name[0] != '.' &&
           name[0] != '-' && !strstr(name, "..");
}

void gw_disk_part_name(char out[GW_DISK_FILE_MAX + 1],
                       const char *file,
                       const char *migration_id,
                       uint32_t attempt)
{
    (void)snprintf(out, GW_DISK_FILE_MAX + 1, "%s.%s.%" PRIu32 ".part", file, migration_id,
                   attempt);
}

char *
gw_disk_path(const struct gw_host *host, const char *pool, const char *file, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    const struct gw_host_pool *found = gw_host_find_pool(host, pool, err);
    if (!found)
        return NULL;
    if (!is_plain_name(file)) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "disk file %s is not a plain file name",
                           gw_error_quote(shown, file));
        return NULL;
    }
    char *path = gw_strf("%s/%s", found->path, file);
    if (!path)
        (void)gw_error_set_nomem(err, "naming a disk file");
    return path;
}

int gw_disk_open_pool(const struct gw_host *host, const char *pool, struct gw_error *err)
{
    const struct gw_host_pool *found = gw_host_find_pool(host, pool, err);
    if (!found)
        return -1;
    int fd = open(found->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        (void)gw_error_set_errno(err, errno, "can't open pool \"%s\" at %s", pool, found->path);
        (void)gw_error_reason(err, "POOL_UNUSABLE");
    }
    return fd;
}

static int open_beneath(int dir, const char *name, int flags)
{
    const struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                                 .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
}

static int check_regular(int fd, const char *path, struct gw_error *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return gw_error_set_errno(err, errno, "can't look at disk file %s", path);
    if (S_ISREG(st.st_mode))
        return 0;
    (void)gw_error_set(err, GW_FAILED_PRECONDITION, "disk %s is not a regular file", path);
    return gw_error_reason(err, "DISK_NOT_REGULAR");
}

static int refuse_open(const char *path, int e, struct gw_error *err)
{
    if (e == EXDEV || e == ELOOP) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "disk file %s is a link that leads out of its pool; put the file itself "
                           "there",
                           path);
        return gw_error_reason(err, "DISK_OUTSIDE_POOL");
    }
    (void)gw_error_set_errno(err, e, "can't open disk file %s", path);
    return e == ENOENT ? gw_error_reason(err, "DISK_NOT_FOUND") : -1;
}

char *
gw_disk_find(const struct gw_host *host, const char *pool, const char *file, struct gw_error *err)
{
    GW_AUTO_FREE char *path = gw_disk_path(host, pool, file, err);
    GW_AUTO_FD int dir = path ? gw_disk_open_pool(host, pool, err) : -1;
    if (dir < 0)
        return NULL;
    GW_AUTO_FD int fd = open_beneath(dir, file, O_PATH);
    if (fd < 0) {
        (void)refuse_open(path, errno, err);
        return NULL;
    }
    return check_regular(fd, path, err) < 0 ? NULL : gw_steal(path);
}

int gw_disk_exists(const char *path, struct gw_error *err)
{
    (void)gw_error_set(err, GW_ALREADY_EXISTS,
                       "disk file %s is there already; give the disk another file name or move "
                       "that file away",
                       path);
    return gw_error_reason(err, "DISK_EXISTS");
}

int gw_disk_remove(const struct gw_host *host,
                   const char *pool,
                   const char *file,
                   struct gw_error *err)
{
    GW_AUTO_FREE char *path = gw_disk_path(host, pool, file, err);
    if (!path)
        return -1;
    if (unlink(path) < 0 && errno != ENOENT)
        return gw_error_set_errno(err, errno, "can't remove disk file %s", path);
    return 0;
}

int gw_disk_rename_new(int from_dir, const char *from, int to_dir, const char *to)
{
    if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL || linkat(from_dir, from, to_dir, to, 0) < 0)
        return -1;
    return unlinkat(from_dir, from, 0);
}

int gw_disk_rename(const struct gw_host *host,
                   const char *pool,
                   const char *from,
                   const char *to,
                   struct gw_error *err)
{
    GW_AUTO_FREE char *to_path = gw_disk_path(host, pool, to, err);
    GW_AUTO_FD int dir = to_path ? gw_disk_open_pool(host, pool, err) : -1;
    if (dir < 0)
        return -1;
    GW_AUTO_FD int fd = open_beneath(dir, from, O_RDONLY);
    int failed =
        fd < 0 || fsync(fd) < 0 || gw_disk_rename_new(dir, from, dir, to) < 0 || fsync(dir) < 0;
    if (failed && errno == EEXIST)
        return gw_disk_exists(to_path, err);
    if (failed)
        return gw_error_set_errno(err, errno, "can't put disk file \"%s\" in place as %s", from,
                                  to_path);
    return 0;
}

void gw_disk_node_name(char out[GW_NODE_NAME_MAX + 1], const char *name)
{
    (void)snprintf(out, GW_NODE_NAME_MAX + 1, "disk-%.*s", GW_GUEST_DISK_NAME_MAX, name);
}

void gw_file_node_name(char out[GW_NODE_NAME_MAX + 1], const char *name)
{
    (void)snprintf(out, GW_NODE_NAME_MAX + 1, "file-%.*s", GW_GUEST_DISK_NAME_MAX, name);
}

static bool is_token(const char *token)
{
    return strlen(token) == 32 && strspn(token, "0123456789abcdef") == 32;
}

char *
gw_probe_path(const struct gw_host *host, const char *pool, const char *token, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    if (!is_token(token)) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                           "probe token %s is not 32 lower-case hex digits",
                           gw_error_quote(shown, token));
        (void)gw_error_field(err, "token");
        return NULL;
    }
    const struct gw_host_pool *found = gw_host_find_pool(host, pool, err);
    if (!found)
        return NULL;
    if (found->kind != GW_HOST_POOL_SHARED) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION, "pool \"%s\" of host \"%s\" is not shared",
                           pool, host->settings->host_name);
        (void)gw_error_reason(err, "POOL_NOT_SHARED");
        return NULL;
    }
    char *path = gw_strf("%s/.godwit-probe-%s", found->path, token);
    if (!path)
        (void)gw_error_set_nomem(err, "naming a probe file");
    return path;
}
