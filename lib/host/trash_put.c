/* Putting disk files into the trash.
 *
 * Order, for a crash between any two steps: the label is durable before the file gets its name in
 * the trash; it goes after the file has left. So there may be a label without a file, which is
 * swept away once it is old, but no file of ours without its label. */
#include "host/trash_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/disk_priv.h"

static int
write_label(int trash, const char *name, const struct gw_trash_label *label, struct gw_error *err)
{
    struct stat st;
    if (fstatat(trash, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return gw_error_set_errno(err, EEXIST, "can't put disk file %s into the trash as %s",
                                  label->file, name);
    gw_trash_label_remove(trash, name); /* of a try that ended before the rename */
    return gw_trash_label_write(trash, name, label, err);
}

/* 1: the file went away meanwhile, maybe by another call's hand and under this very name, whose
 * label must then stay. */
static int move_in(int dir, int trash, const struct gw_trash_label *label, struct gw_error *err)
{
    char name[GW_TRASH_NAME_MAX + 1];
    struct stat st;
    gw_trash_name(name, label);
    if (write_label(trash, name, label, err) < 0)
        return -1;
    if (gw_disk_rename_new(dir, label->file, trash, name) < 0) {
        int e = errno;
        if (fstatat(trash, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            gw_trash_label_remove(trash, name);
        return e == ENOENT
                   ? 1
                   : gw_error_set_errno(err, e, "can't put disk file %s into the trash as %s",
                                        label->file, name);
    }
    if (fsync(trash) < 0 || fsync(dir) < 0)
        return gw_error_set_errno(err, errno, "can't sync the trash of pool \"%s\"", label->pool);
    return 0;
}

int gw_trash_put(const struct gw_host *host,
                 const struct gw_trash_label *label,
                 char **out_path,
                 struct gw_error *err)
{
    struct gw_trash_label sized = *label;
    char name[GW_TRASH_NAME_MAX + 1];
    struct stat st;
    GW_AUTO_FREE char *path = gw_disk_path(host, label->pool, label->file, err);
    GW_AUTO_FD int dir = path ? gw_disk_open_pool(host, label->pool, err) : -1;
    GW_AUTO_FD int trash = dir >= 0 ? gw_trash_open(dir, label->pool, true, err) : -1;
    if (trash < 0)
        return -1;
    if (fstatat(dir, label->file, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT)
            return gw_error_set_errno(err, errno, "can't look at disk file %s", path);
        if (out_path)
            *out_path = NULL;
        return 0;
    }
    sized.size_bytes = st.st_size > 0 ? (uint64_t)st.st_size : 0;
    gw_trash_name(name, &sized);
    GW_AUTO_FREE char *to =
        gw_strf("%.*s.trash/%s", (int)(strlen(path) - strlen(label->file)), path, name);
    if (!to)
        return gw_error_set_nomem(err, "naming a file in the trash");
    int moved = move_in(dir, trash, &sized, err);
    if (moved < 0)
        return -1;
    if (out_path)
        *out_path = moved == 0 ? gw_steal(to) : NULL;
    return 0;
}
