#ifndef GWY_SETTINGS_H
#define GWY_SETTINGS_H
/* What the gateway's settings file may say. */

#include "daemon/daemon.h"

struct gwy_settings {
    struct gw_daemon_settings daemon;
    char *listen;    /* IP:PORT */
    char *scheduler; /* RPC url */
    char *tls_ca;    /* these three: "" unless the scheduler's url is tls+tcp */
    char *tls_cert_key;
    char *tls_server_name;
};

extern const struct gw_config_key gwy_keys[];
extern const size_t gwy_n_keys;

/* What the table can't say, of struct gwy_settings. Errors: INVALID_ARGUMENT. */
int gwy_settings_check(const void *settings, struct gw_error *err);

#endif
