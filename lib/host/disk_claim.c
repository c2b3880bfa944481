/* Names of disk files, taken before there is a disk. The claim is a file that says whose it is, and
 * it gets its name by a link, whole and at once: of two that want a name one gets it, also over NFS
 * (whose lost answers a look at the file makes good), and an agent that died right after knows its
 * own again. */
#include "host/disk_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"

/* @text fits every claim, @draft the name of the file that becomes one. */
struct claim {
    char text[2 * GW_UUID_LEN + 32];
    char draft[2 * GW_UUID_LEN + 32];
};

static struct claim claim_of(const struct gw_host *host, const char *uuid)
{
    struct claim claim;
    (void)snprintf(claim.text, sizeof claim.text, "guest %s on host %s\n", uuid, host->id);
    (void)snprintf(claim.draft, sizeof claim.draft, ".godwit-claim-%s-%s", uuid, host->id);
    return claim;
}

static bool is_ours(int dir, const char *file, const struct claim *claim)
{
    char found[sizeof claim->text + 1];
    size_t len = strlen(claim->text);
    GW_AUTO_FD int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && read(fd, found, sizeof found) == (ssize_t)len &&
           memcmp(found, claim->text, len) == 0;
}

/* One left behind by a crash may be another name of a disk by now: it is never written to. */
static int write_draft(int dir, const struct claim *claim)
{
    size_t len = strlen(claim->text);
    (void)unlinkat(dir, claim->draft, 0);
    GW_AUTO_FD int fd = openat(dir, claim->draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, claim->text, len);
    if (n >= 0 && n < (ssize_t)len)
        errno = ENOSPC;
    return n == (ssize_t)len ? fsync(fd) : -1;
}

char *gw_disk_claim(const struct gw_host *host,
                    const char *pool,
                    const char *file,
                    const char *uuid,
                    struct gw_error *err)
{
    const struct claim claim = claim_of(host, uuid);
    GW_AUTO_FREE char *path = gw_disk_path(host, pool, file, err);
    GW_AUTO_FD int dir = path ? gw_disk_open_pool(host, pool, err) : -1;
    if (dir < 0)
        return NULL;
    bool is_linked = write_draft(dir, &claim) == 0 && linkat(dir, claim.draft, dir, file, 0) == 0;
    int e = is_linked ? 0 : errno;
    (void)unlinkat(dir, claim.draft, 0);
    if (e == 0 || (e == EEXIST && is_ours(dir, file, &claim)))
        return gw_steal(path);
    (void)(e == EEXIST ? gw_disk_exists(path, err)
                       : gw_error_set_errno(err, e, "can't make disk file %s", path));
    return NULL;
}

int gw_disk_unclaim(const struct gw_host *host,
                    const char *pool,
                    const char *file,
                    const char *uuid,
                    struct gw_error *err)
{
    const struct claim claim = claim_of(host, uuid);
    GW_AUTO_FREE char *path = gw_disk_path(host, pool, file, err);
    GW_AUTO_FD int dir = path ? gw_disk_open_pool(host, pool, err) : -1;
    if (dir < 0)
        return -1;
    (void)unlinkat(dir, claim.draft, 0);
    if (is_ours(dir, file, &claim) && unlinkat(dir, file, 0) < 0)
        return gw_error_set_errno(err, errno, "can't remove disk file %s", path);
    return 0;
}
