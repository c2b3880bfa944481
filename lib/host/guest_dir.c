#include "host/guest_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "wire/guest_spec.h"

enum {
    SPEC_MAX_BYTES = 256 * 1024, /* a spec at all its limits is under 100 KiB */
    QEMU_WORDS_READ = 1024,      /* enough of the log's end for any buffer we are given */
};

static const char *const leaves[] = {
    GW_GUEST_SPEC_FILE,     (GW_GUEST_SPEC_FILE ".new"), GW_GUEST_TARGET_RECORD,
    GW_GUEST_SOURCE_RECORD, GW_GUEST_TARGET_QMP,         GW_GUEST_SOURCE_QMP,
    GW_GUEST_CONSOLE_LOG,   GW_GUEST_QEMU_LOG,
};

char *gw_guest_dir_path(const struct gw_host *host, const char *uuid, const char *leaf)
{
    if (!gw_uuid_is_valid(uuid))
        return NULL;
    return gw_strf("%s/guests/%s%s%s", host->settings->host_dir, uuid, leaf ? "/" : "",
                   leaf ? leaf : "");
}

static char *
path_of(const struct gw_host *host, const char *uuid, const char *leaf, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    char *path = gw_guest_dir_path(host, uuid, leaf);
    if (!path && !gw_uuid_is_valid(uuid))
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "guest %s is not named by a uuid",
                           gw_error_quote(shown, uuid));
    else if (!path)
        (void)gw_error_set_nomem(err, "naming a guest's folder");
    return path;
}

int gw_guest_dir_make(const struct gw_host *host, const char *uuid, struct gw_error *err)
{
    GW_AUTO_FREE char *path = path_of(host, uuid, NULL, err);
    return path ? gw_dir_make(path, err) : -1;
}

int gw_guest_dir_remove(const struct gw_host *host, const char *uuid, struct gw_error *err)
{
    GW_AUTO_FREE char *path = path_of(host, uuid, NULL, err);
    if (!path)
        return -1;
    GW_AUTO_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0)
        return errno == ENOENT ? 0 : gw_error_set_errno(err, errno, "can't open %s", path);
    for (size_t i = 0; i < GW_ARRAY_LEN(leaves); i++) {
        if (unlinkat(dir, leaves[i], 0) < 0 && errno != ENOENT)
            return gw_error_set_errno(err, errno, "can't remove %s/%s", path, leaves[i]);
    }
    if (rmdir(path) < 0)
        return gw_error_set_errno(err, errno, "can't remove folder %s", path);
    return 0;
}

static int compare_uuids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int add_uuid(struct gw_uuid_list *list, size_t *cap, const char *uuid)
{
    if (list->n_items == *cap) {
        size_t more = *cap ? *cap * 2 : 16;
        void *grown = reallocarray(list->items, more, sizeof *list->items);
        if (!grown)
            return -1;
        list->items = grown;
        *cap = more;
    }
    return gw_str_copy(list->items[list->n_items++], sizeof *list->items, uuid);
}

int gw_guest_dir_list(const struct gw_host *host, struct gw_uuid_list *out, struct gw_error *err)
{
    GW_AUTO_FREE char *path = gw_strf("%s/guests", host->settings->host_dir);
    DIR *dir = path ? opendir(path) : NULL;
    if (!dir)
        return gw_error_set_errno(err, errno, "can't read %s/guests", host->settings->host_dir);
    struct gw_uuid_list list = {0};
    size_t cap = 0;
    int failed = 0;
    for (struct dirent *entry = readdir(dir); entry && !failed; entry = readdir(dir)) {
        if (gw_uuid_is_valid(entry->d_name))
            failed = add_uuid(&list, &cap, entry->d_name);
    }
    closedir(dir);
    if (failed) {
        gw_uuid_list_fini(&list);
        return gw_error_set_nomem(err, "listing guests");
    }
    if (list.n_items)
        qsort(list.items, list.n_items, sizeof *list.items, compare_uuids);
    *out = list;
    return 0;
}

void gw_uuid_list_fini(struct gw_uuid_list *list)
{
    if (!list)
        return;
    free(list->items);
    *list = (struct gw_uuid_list){0};
}

int gw_guest_dir_save_spec(const struct gw_host *host,
                           const struct gw_guest_spec *spec,
                           struct gw_error *err)
{
    GW_AUTO_FREE char *path = path_of(host, spec->uuid, GW_GUEST_SPEC_FILE, err);
    GW_AUTO_FREE char *text = path ? gw_wire_guest_spec_to_text(spec, err) : NULL;
    return text ? gw_file_replace(path, text, strlen(text), err) : -1;
}

struct gw_guest_spec *
gw_guest_dir_load_spec(const struct gw_host *host, const char *uuid, struct gw_error *err)
{
    struct gw_error why = {0};
    size_t len = 0;
    GW_AUTO_FREE char *path = path_of(host, uuid, GW_GUEST_SPEC_FILE, err);
    if (!path)
        return NULL;
    GW_AUTO_FREE char *text = gw_file_read(path, SPEC_MAX_BYTES, &len, &why);
    if (!text && why.code == GW_NOT_FOUND) {
        (void)gw_error_set(err, GW_NOT_FOUND, "host \"%s\" has no guest %s",
                           host->settings->host_name, uuid);
        (void)gw_error_reason(err, "GUEST_NOT_FOUND");
        return NULL;
    }
    if (!text) {
        if (err)
            *err = why;
        return NULL;
    }
    struct gw_guest_spec *spec = gw_wire_guest_spec_from_text(text, len, err);
    if (!spec)
        (void)gw_error_wrap(err, "%s", path);
    return spec;
}

void gw_guest_dir_qemu_words(const struct gw_host *host, const char *uuid, char *buf, size_t size)
{
    buf[0] = '\0';
    GW_AUTO_FREE char *path = gw_guest_dir_path(host, uuid, GW_GUEST_QEMU_LOG);
    GW_AUTO_FD int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    char text[QEMU_WORDS_READ];
    off_t end = lseek(fd, 0, SEEK_END);
    size_t want = size - 1 < sizeof text ? size - 1 : sizeof text;
    off_t from = end > (off_t)want ? end - (off_t)want : 0;
    ssize_t n = pread(fd, text, want, from);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    size_t len = 0;
    for (ssize_t i = 0; i < n; i++)
        buf[len++] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
    buf[len] = '\0';
}
