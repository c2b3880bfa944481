/* Which disk files guests of this host have, so that the trash keeps its hands off them. */
#include "host/trash_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/disk.h"
#include "host/guest_dir.h"
#include "host/may_run.h"
#include "host/record.h"

static int read_record(const struct gw_host *host,
                       const char *uuid,
                       const char *leaf,
                       struct gw_record *out,
                       struct gw_error *err)
{
    GW_AUTO_FREE char *path = gw_guest_dir_path(host, uuid, leaf);
    if (!path)
        return gw_error_set_nomem(err, "looking at guests");
    return gw_record_read(path, out, err);
}

/* One that was not even made whole counts as held: its disks may be its own. */
static int
is_held(const struct gw_host *host, const char *uuid, bool *out_is_held, struct gw_error *err)
{
    struct gw_record target = {0};
    struct gw_record source = {0};
    if (read_record(host, uuid, GW_GUEST_TARGET_RECORD, &target, err) < 0 ||
        read_record(host, uuid, GW_GUEST_SOURCE_RECORD, &source, err) < 0)
        return -1;
    *out_is_held = gw_is_holder(&target, &source) || target.state == GW_RECORD_NONE ||
                   target.state == GW_RECORD_INCOMING || source.state == GW_RECORD_RELINQUISHED;
    return 0;
}

static void find_file(const struct gw_host *host, struct gw_trash_claim *claim)
{
    struct stat st;
    GW_AUTO_FREE char *path = gw_disk_find(host, claim->pool, claim->file, NULL);
    claim->is_there = path && stat(path, &st) == 0;
    if (!claim->is_there)
        return;
    claim->device = st.st_dev;
    claim->inode = st.st_ino;
}

static int grow(struct gw_trash_claims *claims, size_t n, struct gw_error *err)
{
    if (claims->n_items + n <= claims->cap)
        return 0;
    size_t cap = (claims->cap + n) * 2;
    void *grown = reallocarray(claims->items, cap, sizeof *claims->items);
    if (!grown)
        return gw_error_set_nomem(err, "looking at guests");
    claims->items = grown;
    claims->cap = cap;
    return 0;
}

static int add_guest(const struct gw_host *host,
                     const char *uuid,
                     struct gw_trash_claims *claims,
                     struct gw_error *err)
{
    struct gw_error own = {0};
    bool held = false;
    GW_AUTO_FREE struct gw_guest_spec *spec = gw_guest_dir_load_spec(host, uuid, &own);
    if (!spec && own.code == GW_NOT_FOUND)
        return 0; /* being made, or being removed: without disks either way */
    if (!spec && err)
        *err = own;
    if (!spec || is_held(host, uuid, &held, err) < 0 || grow(claims, spec->n_disks, err) < 0)
        return gw_error_wrap(err, "guest %s: nobody knows which disks are in use", uuid);
    for (size_t i = 0; i < spec->n_disks; i++) {
        const struct gw_guest_disk *disk = &spec->disks[i];
        struct gw_trash_claim *claim = &claims->items[claims->n_items++];
        *claim = (struct gw_trash_claim){.is_held = held};
        (void)gw_str_copy(claim->guest_uuid, sizeof claim->guest_uuid, uuid);
        (void)gw_str_copy(claim->disk, sizeof claim->disk, disk->name);
        (void)gw_str_copy(claim->pool, sizeof claim->pool, disk->pool);
        (void)gw_str_copy(claim->file, sizeof claim->file, disk->file);
        find_file(host, claim);
    }
    return 0;
}

int gw_trash_claims_load(const struct gw_host *host,
                         struct gw_trash_claims *out,
                         struct gw_error *err)
{
    struct gw_uuid_list guests = {0};
    *out = (struct gw_trash_claims){0};
    int result = gw_guest_dir_list(host, &guests, err);
    for (size_t i = 0; result == 0 && i < guests.n_items; i++)
        result = add_guest(host, guests.items[i], out, err);
    gw_uuid_list_fini(&guests);
    return result;
}

void gw_trash_claims_fini(struct gw_trash_claims *claims)
{
    free(claims->items);
    *claims = (struct gw_trash_claims){0};
}

int gw_trash_check_unused(const struct gw_trash_claims *claims,
                          const struct gw_trash_found *found,
                          struct gw_error *err)
{
    for (size_t i = 0; i < claims->n_items; i++) {
        const struct gw_trash_claim *claim = &claims->items[i];
        if (!claim->is_there || claim->device != found->st.st_dev ||
            claim->inode != found->st.st_ino)
            continue;
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "entry %s of the trash is disk \"%s\" of guest %s, %s/%s; it stays",
                           found->entry->id, claim->disk, claim->guest_uuid, claim->pool,
                           claim->file);
        return gw_error_reason(err, "DISK_IN_USE");
    }
    return 0;
}

int gw_trash_check_unheld(const struct gw_trash_claims *claims,
                          const struct gw_trash_entry *entry,
                          struct gw_error *err)
{
    const struct gw_trash_label *l = &entry->label;
    for (size_t i = 0; i < claims->n_items; i++) {
        const struct gw_trash_claim *claim = &claims->items[i];
        bool is_same = strcmp(claim->disk, l->disk) == 0 ||
                       (strcmp(claim->pool, l->pool) == 0 && strcmp(claim->file, l->file) == 0);
        if (!claim->is_held || !is_same || strcmp(claim->guest_uuid, l->guest_uuid) != 0)
            continue;
        (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                           "guest %s has its disk \"%s\" on this host; move the guest away before "
                           "an older copy of the disk is put back here",
                           claim->guest_uuid, claim->disk);
        return gw_error_reason(err, "GUEST_HOLDS_DISK");
    }
    return 0;
}

bool gw_trash_is_named(const struct gw_trash_claims *claims, const char *pool, const char *file)
{
    for (size_t i = 0; i < claims->n_items; i++) {
        if (strcmp(claims->items[i].pool, pool) == 0 && strcmp(claims->items[i].file, file) == 0)
            return true;
    }
    return false;
}
