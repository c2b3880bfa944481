#ifndef GW_HOST_TRASH_PRIV_H
#define GW_HOST_TRASH_PRIV_H
/* What the files about the trash share. */

#include <sys/stat.h>

#include "host/trash.h"

enum { GW_TRASH_LABEL_NAME_MAX = GW_TRASH_NAME_MAX + 8 }; /* with dot and ".about" */

/* ---- labels (trash_label.c) ---- */

/* UUID-SECONDS-EPOCH-FILE. */
void gw_trash_name(char out[GW_TRASH_NAME_MAX + 1], const struct gw_trash_label *label);
/* .NAME.about */
void gw_trash_label_name(char out[GW_TRASH_LABEL_NAME_MAX + 1], const char *name);
/* Is @leaf a label's name? Then @out_name is the name of what it is about. */
bool gw_trash_is_label(const char *leaf, char out_name[GW_TRASH_NAME_MAX + 1]);
/* As a label's text, malloc'd, and back. Errors: INVALID_ARGUMENT. */
char *gw_trash_label_print(const struct gw_trash_label *label, struct gw_error *err);
int gw_trash_label_parse(const char *text, struct gw_trash_label *out, struct gw_error *err);
/* Write the label of @name into the open folder, synced with the folder. Errors: EEXIST is
 * ALREADY_EXISTS; others by errno. */
int gw_trash_label_write(int trash,
                         const char *name,
                         const struct gw_trash_label *label,
                         struct gw_error *err);
/* One that stays is swept away later. */
void gw_trash_label_remove(int trash, const char *name);
/* True when @name has a label that can be read and fits @pool and @name. */
bool gw_trash_label_read(int trash, const char *pool, const char *name, struct gw_trash_label *out);

/* ---- looking through the folders (trash_scan.c) ---- */

/* The trash of an open pool; -1 with @err not set when there is none and @is_made is false. */
int gw_trash_open(int pool_dir, const char *pool, bool is_made, struct gw_error *err);

struct gw_trash_found {
    const struct gw_host_pool *pool;
    int pool_dir, trash; /* open folders, borrowed */
    const struct gw_trash_entry *entry;
    struct stat st; /* of the entry itself, links not followed */
};
/* Called for each entry. @err is for -1, which is remembered; the scan goes on. */
typedef int (*gw_trash_fn)(void *arg, const struct gw_trash_found *found, struct gw_error *err);
/* Errors: the first, of a pool or of @fn; all pools are looked at in any case. */
int gw_trash_scan(const struct gw_host *host, gw_trash_fn fn, void *arg, struct gw_error *err);
/* Remove labels whose file is gone, when they were written before @before_s: a crash between two
 * steps of putting, restoring or purging leaves one. */
void gw_trash_sweep_labels(const struct gw_host *host, uint64_t before_s);
/* ---- what guests of this host have (trash_guests.c) ---- */

struct gw_trash_claim {
    char guest_uuid[GW_UUID_LEN + 1];
    char disk[GW_GUEST_DISK_NAME_MAX + 1];
    char pool[GW_NAME_MAX + 1];
    char file[GW_FILE_NAME_MAX + 1];
    bool is_held; /* the guest is this host's, or comes */
    bool is_there;
    dev_t device; /* of the file, when it is there */
    ino_t inode;
};
struct gw_trash_claims {
    struct gw_trash_claim *items;
    size_t n_items, cap;
};
/* The disks that specs of guests with a folder here name. Errors: a spec or record that can't be
 * read: then nobody knows what must not be touched. */
int gw_trash_claims_load(const struct gw_host *host,
                         struct gw_trash_claims *out,
                         struct gw_error *err);
void gw_trash_claims_fini(struct gw_trash_claims *claims);
/* Refuse a file that is some guest's disk. Errors: FAILED_PRECONDITION, reason DISK_IN_USE. */
int gw_trash_check_unused(const struct gw_trash_claims *claims,
                          const struct gw_trash_found *found,
                          struct gw_error *err);
/* Refuse when the guest it came from has that disk here. Errors: FAILED_PRECONDITION, reason
 * GUEST_HOLDS_DISK. */
int gw_trash_check_unheld(const struct gw_trash_claims *claims,
                          const struct gw_trash_entry *entry,
                          struct gw_error *err);
/* Does some guest's spec name POOL/FILE? */
bool gw_trash_is_named(const struct gw_trash_claims *claims, const char *pool, const char *file);

#endif
