/* Putting entries of the trash back into their pool, and away for good. A label goes after its
 * file (trash_put.c says why). */
#include "host/trash_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/disk_priv.h"

enum { RESTORED_NAMES_MAX = 100, SUFFIX_ROOM = 14 /* ".restored-100" */ };

/* ---- one entry, by id ---- */

struct by_id {
    const char *id;
    const struct gw_trash_claims *claims;
    int (*act)(struct by_id *by, const struct gw_trash_found *found, struct gw_error *err);
    struct gw_trash_entry entry;
    char *out_file;
    bool is_found;
    int result;
    struct gw_error error; /* of @act */
};

static int on_entry(void *arg, const struct gw_trash_found *found, struct gw_error *err)
{
    struct by_id *by = arg;
    (void)err;
    if (by->is_found || strcmp(found->entry->id, by->id) != 0)
        return 0;
    by->is_found = true;
    by->entry = *found->entry;
    by->result = by->act ? by->act(by, found, &by->error) : 0;
    return 0;
}

/* Look for the entry and do by->act with it. */
static int run(const struct gw_host *host, struct by_id *by, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    if (!gw_trash_id_is_valid(by->id)) {
        (void)gw_error_set(
            err, GW_INVALID_ARGUMENT,
            "id %s is not 16 lower-case hex digits; \"godwit trash list\" shows them",
            gw_error_quote(shown, by->id));
        return gw_error_field(err, "id");
    }
    int scanned = gw_trash_scan(host, on_entry, by, err);
    if (by->is_found) {
        if (err)
            *err = by->error;
        return by->result;
    }
    if (scanned < 0)
        return -1;
    (void)gw_error_set(err, GW_NOT_FOUND, "no entry %s in the trash of host \"%s\"", by->id,
                       host->settings->host_name);
    return gw_error_reason(err, "TRASH_NOT_FOUND");
}

int gw_trash_find(const struct gw_host *host,
                  const char *id,
                  struct gw_trash_entry *out,
                  struct gw_error *err)
{
    struct by_id by = {.id = id};
    int result = run(host, &by, err);
    if (result == 0)
        *out = by.entry;
    return result;
}

static int run_with_claims(const struct gw_host *host, struct by_id *by, struct gw_error *err)
{
    struct gw_trash_claims claims = {0};
    by->claims = &claims;
    int result = gw_trash_claims_load(host, &claims, err);
    if (result == 0)
        result = run(host, by, err);
    gw_trash_claims_fini(&claims);
    by->claims = NULL;
    return result;
}

/* ---- restore ---- */

/* The @n-th name to try; false when it is none a disk may have. */
static bool restored_name(char out[GW_FILE_NAME_MAX + 1], const char *file, unsigned n)
{
    if (n == 0)
        return gw_str_copy(out, GW_FILE_NAME_MAX + 1, file) == 0;
    size_t len = strlen(file);
    if (len > GW_FILE_NAME_MAX - SUFFIX_ROOM)
        len = GW_FILE_NAME_MAX - SUFFIX_ROOM;
    while (len > 1 && file[len - 1] == '.') /* no "..": plain names have none */
        len--;
    (void)snprintf(out, GW_FILE_NAME_MAX + 1, n == 1 ? "%.*s.restored" : "%.*s.restored-%u",
                   (int)len, file, n);
    return gw_file_name_is_valid(out);
}

static int
check_restorable(const struct by_id *by, const struct gw_trash_found *found, struct gw_error *err)
{
    const struct gw_trash_entry *entry = found->entry;
    if (!entry->is_known) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "entry %s of the trash has no readable label, so nobody knows whose it "
                           "is; it is file .trash/%s of pool \"%s\"",
                           entry->id, entry->name, entry->label.pool);
        return gw_error_reason(err, "TRASH_UNKNOWN");
    }
    if (found->st.st_nlink > 1) { /* a rename by two steps (NFS) ended between them */
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "entry %s of the trash has another name, too: it was put there or back "
                           "half; purge it, which leaves the other name",
                           entry->id);
        return gw_error_reason(err, "DISK_IN_USE");
    }
    if (gw_trash_check_unused(by->claims, found, err) < 0)
        return -1;
    return gw_trash_check_unheld(by->claims, entry, err);
}

static int restore(struct by_id *by, const struct gw_trash_found *found, struct gw_error *err)
{
    const struct gw_trash_label *label = &found->entry->label;
    if (check_restorable(by, found, err) < 0)
        return -1;
    int e = EEXIST;
    for (unsigned n = 0; e == EEXIST && n < RESTORED_NAMES_MAX; n++) {
        if (!restored_name(by->out_file, label->file, n) ||
            gw_trash_is_named(by->claims, label->pool, by->out_file))
            continue;
        e = gw_disk_rename_new(found->trash, found->entry->name, found->pool_dir, by->out_file) == 0
                ? 0
                : errno;
    }
    if (e == 0 && (fsync(found->pool_dir) < 0 || fsync(found->trash) < 0))
        e = errno;
    if (e == EEXIST) {
        (void)gw_error_set(err, GW_ALREADY_EXISTS,
                           "%s of pool \"%s\" and %d names like it are taken; move some away",
                           label->file, label->pool, RESTORED_NAMES_MAX - 1);
        return gw_error_reason(err, "DISK_EXISTS");
    }
    if (e)
        return gw_error_set_errno(err, e, "can't put entry %s of the trash back into pool \"%s\"",
                                  found->entry->id, label->pool);
    gw_trash_label_remove(found->trash, found->entry->name);
    return 0;
}

int gw_trash_restore(const struct gw_host *host,
                     const char *id,
                     struct gw_trash_entry *out,
                     char out_file[GW_FILE_NAME_MAX + 1],
                     struct gw_error *err)
{
    char file[GW_FILE_NAME_MAX + 1];
    struct by_id by = {.id = id, .act = restore, .out_file = file};
    if (run_with_claims(host, &by, err) < 0)
        return -1;
    *out = by.entry;
    memcpy(out_file, file, sizeof file);
    return 0;
}

/* ---- purge ---- */

static int remove_entry(const struct gw_trash_claims *claims,
                        const struct gw_trash_found *found,
                        struct gw_error *err)
{
    if (!S_ISREG(found->st.st_mode)) {
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "entry %s of the trash is not a regular file; look at .trash/%s of pool "
                           "\"%s\" yourself",
                           found->entry->id, found->entry->name, found->pool->id);
        return gw_error_reason(err, "DISK_NOT_REGULAR");
    }
    if (gw_trash_check_unused(claims, found, err) < 0)
        return -1;
    if (unlinkat(found->trash, found->entry->name, 0) < 0 && errno != ENOENT)
        return gw_error_set_errno(err, errno, "can't purge entry %s of the trash of pool \"%s\"",
                                  found->entry->id, found->pool->id);
    (void)fsync(found->trash); /* the label must not go first */
    gw_trash_label_remove(found->trash, found->entry->name);
    return 0;
}

static int purge(struct by_id *by, const struct gw_trash_found *found, struct gw_error *err)
{
    return remove_entry(by->claims, found, err);
}

int gw_trash_purge(const struct gw_host *host,
                   const char *id,
                   struct gw_trash_entry *out,
                   struct gw_error *err)
{
    struct by_id by = {.id = id, .act = purge};
    if (run_with_claims(host, &by, err) < 0)
        return -1;
    *out = by.entry;
    return 0;
}

struct by_age {
    uint64_t before_s; /* what was put there then or earlier goes */
    struct gw_trash_claims claims;
    struct gw_trash_list *out;
};

static int on_aged(void *arg, const struct gw_trash_found *found, struct gw_error *err)
{
    struct by_age *by = arg;
    const struct gw_trash_entry *entry = found->entry;
    if (!entry->is_known || entry->label.trashed_at_s > by->before_s)
        return 0;
    if (remove_entry(&by->claims, found, err) < 0)
        return -1;
    return gw_trash_list_add(by->out, entry, err);
}

int gw_trash_purge_older(const struct gw_host *host,
                         uint64_t now_s,
                         uint32_t hours,
                         struct gw_trash_list *out,
                         struct gw_error *err)
{
    uint64_t age_s = (uint64_t)hours * 3600;
    struct by_age by = {.before_s = now_s > age_s ? now_s - age_s : 0, .out = out};
    *out = (struct gw_trash_list){0};
    if (hours == 0 || hours > GW_TRASH_HOURS_MAX) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "an age of %" PRIu32 " hours is not 1..%d",
                           hours, GW_TRASH_HOURS_MAX);
        return gw_error_field(err, "older_than_hours");
    }
    int result = gw_trash_claims_load(host, &by.claims, err);
    if (result == 0) {
        result = gw_trash_scan(host, on_aged, &by, err);
        gw_trash_sweep_labels(host, by.before_s);
    }
    gw_trash_claims_fini(&by.claims);
    return result;
}
