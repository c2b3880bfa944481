#ifndef GW_HOST_SETTINGS_H
#define GW_HOST_SETTINGS_H
/* The settings of a host's two agents: one struct and one table for both, so that one file can
 * serve both but for `data_dir` and `listen`. */

#include <stdint.h>

#include "base/config.h"
#include "base/error.h"
#include "daemon/daemon.h"

enum {
    /* sun_path has 108 bytes: HOST_DIR/guests/UUID/source.qmp and its NUL must fit */
    GW_HOST_DIR_MAX = 107 - 8 - 36 - 11,
};

struct gw_host_settings {
    struct gw_daemon_settings daemon; /* first: GW_DAEMON_KEYS() */
    char *host_name;
    char *host_dir;
    char *scheduler; /* url */
    char *listen;    /* url */
    char *management_address;
    char *migration_address;
    struct gw_config_list pools;   /* id:kind:path */
    struct gw_config_list bridges; /* interface names */
    char *boot_dir;
    char *boot_id_file;
    char *qemu;
    char *qemu_img;
    char *qemu_nbd;
    char *accelerator;              /* auto, tcg, kvm */
    uint64_t memory_bytes;          /* 0: all of the host's */
    uint64_t trash_retention_hours; /* 0: for ever */
    char *tls_ca;
    char *tls_cert_key;
    char *tls_server_name;
};

/* The table. Static storage. */
const struct gw_config_key *gw_host_settings_keys(size_t *out_n);
/* What the table cannot say: addresses, pools, bridges, the length of host_dir. Fits
 * struct gw_daemon_program.check. Touches no file. */
int gw_host_settings_check(const void *settings, struct gw_error *err);

#endif
