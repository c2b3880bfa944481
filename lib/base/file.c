#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"

char *gw_file_read(const char *path, size_t max_bytes, size_t *out_len, struct gw_error *err)
{
    GW_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        gw_error_set_errno(err, errno, "can't open %s", path);
        return NULL;
    }
    GW_AUTO_STR text;
    gw_str_init(&text, max_bytes);
    char chunk[4096];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            break;
        if (n < 0) {
            if (errno == EINTR)
                continue;
            gw_error_set_errno(err, errno, "can't read %s", path);
            return NULL;
        }
        gw_str_append_bytes(&text, chunk, (size_t)n);
        if (!gw_str_ok(&text)) {
            gw_error_set(err, GW_RESOURCE_EXHAUSTED, "%s is larger than the limit of %zu bytes",
                         path, max_bytes);
            return NULL;
        }
    }
    if (out_len)
        *out_len = text.len;
    return gw_str_take(&text);
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

int gw_file_sync_folder(const char *path, struct gw_error *err)
{
    GW_AUTO_FREE char *folder = strdup(path);
    if (!folder)
        return gw_error_set_nomem(err, "naming a folder");
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    const char *name = !slash ? "." : (slash == folder ? "/" : folder);
    GW_AUTO_FD int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return gw_error_set_errno(err, errno, "can't sync folder %s", name);
    return 0;
}

int gw_file_replace(const char *path, const void *data, size_t len, struct gw_error *err)
{
    GW_AUTO_FREE char *beside = gw_strf("%s.new", path);
    if (!beside)
        return gw_error_set_nomem(err, "naming a file");
    GW_AUTO_FD int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return gw_error_set_errno(err, errno, "can't create %s", beside);
    if (write_all(fd, data, len) < 0 || fsync(fd) < 0 || rename(beside, path) < 0) {
        int e = errno;
        (void)unlink(beside);
        return gw_error_set_errno(err, e, "can't write %s", path);
    }
    return gw_file_sync_folder(path, err);
}

int gw_dir_make(const char *path, struct gw_error *err)
{
    if (!*path)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "a folder's path is empty");
    GW_AUTO_FREE char *part = strdup(path);
    if (!part)
        return gw_error_set_nomem(err, "naming a folder");
    for (char *at = part + 1;; at++) {
        if (*at && *at != '/')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return gw_error_set_errno(err, errno, "can't make folder %s", part);
        *at = kept;
        if (!kept)
            break;
    }
    struct stat st;
    if (stat(path, &st) < 0)
        return gw_error_set_errno(err, errno, "can't look at folder %s", path);
    if (!S_ISDIR(st.st_mode))
        return gw_error_set(err, GW_FAILED_PRECONDITION, "%s is not a folder", path);
    return 0;
}

int gw_file_lock(const char *path, int *out_fd, struct gw_error *err)
{
    GW_AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return gw_error_set_errno(err, errno, "can't open lock file %s", path);
    char owner[32] = "";
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return gw_error_set_errno(err, errno, "can't lock %s", path);
        ssize_t n = pread(fd, owner, sizeof owner - 1, 0);
        owner[n > 0 ? n : 0] = '\0';
        owner[strcspn(owner, "\n")] = '\0';
        return gw_error_set(err, GW_ALREADY_EXISTS,
                            "%s is held by another process (pid %s); stop it or use another folder",
                            path, owner[0] ? owner : "unknown");
    }
    int n = snprintf(owner, sizeof owner, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, owner, (size_t)n, 0) != n)
        return gw_error_set_errno(err, errno, "can't write lock file %s", path);
    *out_fd = gw_steal_fd(&fd);
    return 0;
}
