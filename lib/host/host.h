#ifndef GW_HOST_HOST_H
#define GW_HOST_HOST_H
/* A host as its agents see it: settings made usable, identity, boot. Read-only after init, so it
 * may be read from any thread. */

#include <stdint.h>

#include "base/error.h"
#include "base/name.h"
#include "host/settings.h"

enum gw_host_pool_kind { GW_HOST_POOL_LOCAL = 1, GW_HOST_POOL_SHARED = 2 };
enum gw_accelerator { GW_ACCELERATOR_NONE, GW_ACCELERATOR_TCG, GW_ACCELERATOR_KVM };

struct gw_host_pool {
    char id[GW_NAME_MAX + 1];
    enum gw_host_pool_kind kind;
    const char *path; /* absolute; inside the settings' list */
};

struct gw_host {
    const struct gw_host_settings *settings;
    char id[GW_UUID_LEN + 1];      /* HOST_DIR/host-id */
    char boot_id[GW_UUID_LEN + 1]; /* of the running kernel */
    struct gw_host_pool pools[GW_CONFIG_LIST_MAX];
    size_t n_pools;
};

/* Make HOST_DIR and HOST_DIR/guests, make or read host-id (whichever agent is first makes it), read
 * the boot id, take the pools apart. @settings must outlive @host; they passed
 * gw_host_settings_check(). Errors: by cause, with the path. */
int gw_host_init(struct gw_host *host,
                 const struct gw_host_settings *settings,
                 struct gw_error *err);

/* The pool called @id. Errors: NOT_FOUND, reason POOL_NOT_FOUND. */
const struct gw_host_pool *
gw_host_find_pool(const struct gw_host *host, const char *id, struct gw_error *err);
/* Whether settings name the bridge @name. Errors: NOT_FOUND, reason BRIDGE_NOT_FOUND. */
int gw_host_check_bridge(const struct gw_host *host, const char *name, struct gw_error *err);
/* A file of the boot folder, malloc'd. Errors: NOT_FOUND, reason BOOT_FILE_NOT_FOUND. */
char *gw_host_boot_file(const struct gw_host *host, const char *file, struct gw_error *err);

/* One entry of `pool`: id:kind:path. Errors: INVALID_ARGUMENT. */
int gw_host_pool_parse(const char *text, struct gw_host_pool *out, struct gw_error *err);

#endif
