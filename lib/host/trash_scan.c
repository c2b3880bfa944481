/* Looking through the trash folders. An entry's id is a hash of where it lies: nothing has to be
 * remembered, and what comes from outside is only ever compared. */
#include "host/trash_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/disk_priv.h"

#define TRASH ".trash"

/* A link in the folder's place could lead out of the pool. */
int gw_trash_open(int pool_dir, const char *pool, bool is_made, struct gw_error *err)
{
    if (is_made && mkdirat(pool_dir, TRASH, 0700) < 0 && errno != EEXIST)
        return gw_error_set_errno(err, errno, "can't make the trash folder of pool \"%s\"", pool);
    int fd = openat(pool_dir, TRASH, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 || (!is_made && errno == ENOENT))
        return fd;
    (void)gw_error_set_errno(err, errno,
                             "can't open the trash of pool \"%s\": " TRASH " must be a folder of "
                             "its own, not a link or a file",
                             pool);
    return gw_error_reason(err, "POOL_UNUSABLE");
}

/* 64-bit FNV-1a of POOL/NAME. */
static void make_id(char out[GW_TRASH_ID_DIGITS + 1], const char *pool, const char *name)
{
    const char *const parts[] = {pool, "/", name};
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < GW_ARRAY_LEN(parts); i++) {
        for (const char *p = parts[i]; *p; p++)
            hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    }
    (void)snprintf(out, GW_TRASH_ID_DIGITS + 1, "%016" PRIx64, hash);
}

bool gw_trash_id_is_valid(const char *id)
{
    return strlen(id) == GW_TRASH_ID_DIGITS && strspn(id, "0123456789abcdef") == GW_TRASH_ID_DIGITS;
}

/* The folder's own names and ours: labels, new ones included. */
static bool is_entry(const char *leaf)
{
    char about[GW_TRASH_NAME_MAX + 1];
    return strcmp(leaf, ".") != 0 && strcmp(leaf, "..") != 0 && !gw_trash_is_label(leaf, about);
}

static int look_at(const struct gw_trash_found *where,
                   const char *leaf,
                   gw_trash_fn fn,
                   void *arg,
                   struct gw_error *err)
{
    struct gw_trash_entry entry = {.is_shared = where->pool->kind == GW_HOST_POOL_SHARED};
    struct gw_trash_found found = *where;
    if (!is_entry(leaf) || gw_str_copy(entry.name, sizeof entry.name, leaf) < 0 ||
        fstatat(found.trash, leaf, &found.st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0; /* not ours to tell of, or just gone */
    make_id(entry.id, found.pool->id, leaf);
    entry.is_known = S_ISREG(found.st.st_mode) &&
                     gw_trash_label_read(found.trash, found.pool->id, leaf, &entry.label);
    (void)gw_str_copy(entry.label.pool, sizeof entry.label.pool, found.pool->id);
    entry.label.size_bytes = found.st.st_size > 0 ? (uint64_t)found.st.st_size : 0;
    found.entry = &entry;
    return fn(arg, &found, err);
}

/* readdir() of a descriptor that stays open beside. NULL: by errno. */
static DIR *read_folder(int trash)
{
    int fd = openat(trash, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir && fd >= 0)
        (void)close(fd);
    return dir;
}

static int scan_pool(const struct gw_host *host,
                     const struct gw_host_pool *pool,
                     gw_trash_fn fn,
                     void *arg,
                     struct gw_error *err)
{
    struct gw_error own = {0};
    int result = 0;
    GW_AUTO_FD int pool_dir = gw_disk_open_pool(host, pool->id, err);
    if (pool_dir < 0)
        return -1;
    GW_AUTO_FD int trash = gw_trash_open(pool_dir, pool->id, false, &own);
    if (trash < 0 && gw_error_is_set(&own) && err)
        *err = own;
    if (trash < 0)
        return gw_error_is_set(&own) ? -1 : 0;
    DIR *dir = read_folder(trash);
    if (!dir)
        return gw_error_set_errno(err, errno, "can't read the trash of pool \"%s\"", pool->id);
    struct gw_trash_found where = {.pool = pool, .pool_dir = pool_dir, .trash = trash};
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (look_at(&where, e->d_name, fn, arg, result ? NULL : err) < 0)
            result = -1;
    }
    (void)closedir(dir);
    return result;
}

int gw_trash_scan(const struct gw_host *host, gw_trash_fn fn, void *arg, struct gw_error *err)
{
    int result = 0;
    for (size_t i = 0; i < host->n_pools; i++) {
        if (scan_pool(host, &host->pools[i], fn, arg, result ? NULL : err) < 0)
            result = -1;
    }
    return result;
}

static void sweep(int trash, uint64_t before_s)
{
    char name[GW_TRASH_NAME_MAX + 1];
    DIR *dir = read_folder(trash);
    if (!dir)
        return;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        struct stat st;
        if (gw_trash_is_label(e->d_name, name) &&
            fstatat(trash, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
            fstatat(trash, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            st.st_mtime >= 0 && (uint64_t)st.st_mtime < before_s)
            (void)unlinkat(trash, e->d_name, 0);
    }
    (void)closedir(dir);
}

void gw_trash_sweep_labels(const struct gw_host *host, uint64_t before_s)
{
    for (size_t i = 0; i < host->n_pools; i++) {
        GW_AUTO_FD int pool_dir = gw_disk_open_pool(host, host->pools[i].id, NULL);
        GW_AUTO_FD int trash =
            pool_dir < 0 ? -1 : gw_trash_open(pool_dir, host->pools[i].id, false, NULL);
        if (trash >= 0)
            sweep(trash, before_s);
    }
}

/* ---- lists ---- */

int gw_trash_list_add(struct gw_trash_list *list,
                      const struct gw_trash_entry *entry,
                      struct gw_error *err)
{
    if (list->n_items == list->cap) {
        size_t more = list->cap ? list->cap * 2 : 16;
        void *grown = reallocarray(list->items, more, sizeof *list->items);
        if (!grown)
            return gw_error_set_nomem(err, "listing the trash");
        list->items = grown;
        list->cap = more;
    }
    list->items[list->n_items++] = *entry;
    return 0;
}

void gw_trash_list_fini(struct gw_trash_list *list)
{
    free(list->items);
    *list = (struct gw_trash_list){0};
}

static int on_listed(void *arg, const struct gw_trash_found *found, struct gw_error *err)
{
    struct gw_trash_list *list = arg;
    if (list->n_items < GW_TRASH_ENTRIES_MAX)
        return gw_trash_list_add(list, found->entry, err);
    list->n_left_out++;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct gw_trash_entry *x = a;
    const struct gw_trash_entry *y = b;
    if (x->is_known != y->is_known)
        return x->is_known ? -1 : 1;
    if (x->label.trashed_at_s != y->label.trashed_at_s)
        return x->label.trashed_at_s > y->label.trashed_at_s ? -1 : 1;
    return strcmp(x->name, y->name);
}

int gw_trash_list(const struct gw_host *host, struct gw_trash_list *out, struct gw_error *err)
{
    *out = (struct gw_trash_list){0};
    int result = gw_trash_scan(host, on_listed, out, err);
    if (out->n_items)
        qsort(out->items, out->n_items, sizeof *out->items, compare);
    return result;
}
