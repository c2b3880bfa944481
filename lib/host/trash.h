#ifndef GW_HOST_TRASH_H
#define GW_HOST_TRASH_H
/* The trash of a host's pools: disk files that moved guests leave behind, and those of deleted
 * ones. In the folder POOL/.trash each has the name UUID-SECONDS-EPOCH-FILE, and beside it lies its
 * label, `.NAME.about`, which says what it is. An entry without a label that fits is `unknown`: it
 * is listed, and touched only by its exact id.
 *
 * Nothing here takes a path or a name from outside: an entry is asked for by its id, which is
 * computed from where it lies, and found by looking through the folders. A file that any guest of
 * this host has as a disk is never touched, whatever it is called.
 * Thread: any; all of it blocks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/guest_spec.h"
#include "host/host.h"

enum {
    GW_TRASH_ID_DIGITS = 16,
    GW_TRASH_NAME_MAX = 255,      /* bytes of a name in the folder: Linux' limit */
    GW_TRASH_LABEL_MAX = 4096,    /* bytes of a label: ours have under 700 */
    GW_TRASH_ENTRIES_MAX = 10000, /* looked at for a list, all pools together: 10 MiB of memory */
    GW_TRASH_HOURS_MAX = 24 * 365 * 100, /* a hundred years */
};

/* What a label says. */
struct gw_trash_label {
    char guest_uuid[GW_UUID_LEN + 1];
    char guest_name[GW_NAME_MAX + 1];      /* "": not known when it was put there */
    char disk[GW_GUEST_DISK_NAME_MAX + 1]; /* the same */
    char pool[GW_NAME_MAX + 1];
    char file[GW_FILE_NAME_MAX + 1];    /* its name in the pool */
    char migration_id[GW_NAME_MAX + 1]; /* "": the guest was deleted */
    uint64_t epoch;                     /* of the call that put it there */
    uint64_t trashed_at_s;              /* since 1970 */
    uint64_t size_bytes;                /* length of the file */
};

struct gw_trash_entry {
    char id[GW_TRASH_ID_DIGITS + 1];
    bool is_known;  /* false: of the label only pool and size_bytes are filled in */
    bool is_shared; /* the pool is: other hosts see the same entry under the same id */
    struct gw_trash_label label;
    char name[GW_TRASH_NAME_MAX + 1]; /* in the folder */
};

struct gw_trash_list {
    struct gw_trash_entry *items;
    size_t n_items, cap;
    size_t n_left_out; /* past GW_TRASH_ENTRIES_MAX */
};

/* Put POOL/FILE of @label into the pool's trash, under a label that is durable before. The size is
 * found out here. *out_path (malloc'd, may be NULL) tells where it went; a file that is not there
 * is fine: *out_path is NULL then. Errors: ALREADY_EXISTS that name is in the trash;
 * FAILED_PRECONDITION, reason POOL_UNUSABLE, the trash is a link or a file; others by errno. */
int gw_trash_put(const struct gw_host *host,
                 const struct gw_trash_label *label,
                 char **out_path,
                 struct gw_error *err);

/* What is in the trash of all pools, newest first, unknown entries last. Whatever could be read is
 * in @out also when it fails, which is for a pool that can't be looked at. */
int gw_trash_list(const struct gw_host *host, struct gw_trash_list *out, struct gw_error *err);
/* Add a copy. Errors: RESOURCE_EXHAUSTED. */
int gw_trash_list_add(struct gw_trash_list *list,
                      const struct gw_trash_entry *entry,
                      struct gw_error *err);
void gw_trash_list_fini(struct gw_trash_list *list);

/* 16 lower-case hex digits? */
bool gw_trash_id_is_valid(const char *id);
/* The entry @id. Errors: INVALID_ARGUMENT, field id; NOT_FOUND, reason TRASH_NOT_FOUND; those of a
 * pool that can't be looked at, when no other has it. */
int gw_trash_find(const struct gw_host *host,
                  const char *id,
                  struct gw_trash_entry *out,
                  struct gw_error *err);
/* Put the entry back into its pool, under @out_file: its name of old, or, where that is taken or
 * belongs to a disk of a guest that is or was here, that with `.restored` or `.restored-N` behind.
 * No file is ever overwritten. Errors: as for finding; FAILED_PRECONDITION, reason TRASH_UNKNOWN,
 * GUEST_HOLDS_DISK (the guest it came from has that disk here) or DISK_IN_USE; ALREADY_EXISTS,
 * reason DISK_EXISTS, all those names are taken; others by errno. */
int gw_trash_restore(const struct gw_host *host,
                     const char *id,
                     struct gw_trash_entry *out,
                     char out_file[GW_FILE_NAME_MAX + 1],
                     struct gw_error *err);
/* Remove exactly this entry for good. Errors: as for finding; FAILED_PRECONDITION, reason
 * DISK_IN_USE, or DISK_NOT_REGULAR for what is not a file. */
int gw_trash_purge(const struct gw_host *host,
                   const char *id,
                   struct gw_trash_entry *out,
                   struct gw_error *err);
/* Remove the known entries that were put there @hours or more before @now_s; unknown ones stay.
 * @out has what was removed, also when it fails on the way: it goes on with the others and tells of
 * the first failure. @hours: 1..GW_TRASH_HOURS_MAX. */
int gw_trash_purge_older(const struct gw_host *host,
                         uint64_t now_s,
                         uint32_t hours,
                         struct gw_trash_list *out,
                         struct gw_error *err);

#endif
