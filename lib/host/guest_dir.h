#ifndef GW_HOST_GUEST_DIR_H
#define GW_HOST_GUEST_DIR_H
/* HOST_DIR/guests/UUID/: what both agents keep of a guest.
 *     spec.json    the guest's spec                    written by the target
 *     target.rec   record of the target (record.h)     written by the target alone
 *     source.rec   record of the source                written by the source alone
 *     target.qmp, source.qmp   monitor sockets of the same QEMU, one owner each
 *     console.log  the guest's serial console
 *     qemu.log     what QEMU says on stderr
 * A guest is here when the folder is. */

#include <stddef.h>

#include "base/error.h"
#include "core/guest_spec.h"
#include "host/host.h"

#define GW_GUEST_SPEC_FILE "spec.json"
#define GW_GUEST_TARGET_RECORD "target.rec"
#define GW_GUEST_SOURCE_RECORD "source.rec"
#define GW_GUEST_TARGET_QMP "target.qmp"
#define GW_GUEST_SOURCE_QMP "source.qmp"
#define GW_GUEST_CONSOLE_LOG "console.log"
#define GW_GUEST_QEMU_LOG "qemu.log"

/* HOST_DIR/guests/UUID, or .../UUID/LEAF when @leaf is not NULL; malloc'd, NULL without memory.
 * @uuid must be valid (gw_uuid_is_valid), else NULL. */
char *gw_guest_dir_path(const struct gw_host *host, const char *uuid, const char *leaf);
/* Make the folder, mode 0700; one that is there is fine. */
int gw_guest_dir_make(const struct gw_host *host, const char *uuid, struct gw_error *err);
/* Remove the folder with all in it that the list above names (nothing else). One that is not there
 * is fine. */
int gw_guest_dir_remove(const struct gw_host *host, const char *uuid, struct gw_error *err);

struct gw_uuid_list {
    char (*items)[GW_UUID_LEN + 1];
    size_t n_items;
};
/* Every guest with a folder here, sorted. Names that are no uuid are left out. */
int gw_guest_dir_list(const struct gw_host *host, struct gw_uuid_list *out, struct gw_error *err);
void gw_uuid_list_fini(struct gw_uuid_list *list);

/* Write spec.json, synced. The folder must be there. */
int gw_guest_dir_save_spec(const struct gw_host *host,
                           const struct gw_guest_spec *spec,
                           struct gw_error *err);
/* Read it; to be freed by free(). Errors: NOT_FOUND, reason GUEST_NOT_FOUND; INVALID_ARGUMENT. */
struct gw_guest_spec *
gw_guest_dir_load_spec(const struct gw_host *host, const char *uuid, struct gw_error *err);
/* The last line(s) of qemu.log that fit @size, for an error message: control characters become
 * spaces. "" when there is nothing. */
void gw_guest_dir_qemu_words(const struct gw_host *host, const char *uuid, char *buf, size_t size);

#endif
