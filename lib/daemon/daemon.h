#ifndef GW_DAEMON_DAEMON_H
#define GW_DAEMON_DAEMON_H
/* What every Godwit daemon does alike: command line (--config FILE, by default
 * /etc/godwit/NAME.conf; --check, --dump-config, --version, --help), umask 0077, SIGPIPE ignored,
 * settings, log, the lock on its data folder, SIGTERM/SIGINT, readiness (sd_notify's protocol:
 * READY=1 and STATUS to $NOTIFY_SOCKET), exit status. */

#include <stddef.h>

#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "loop/loop.h"

struct gw_daemon {
    struct gw_loop *loop;
    struct gw_log log;
    void *settings; /* the program's own struct, filled */
};

/* Settings every program has: put these rows first in its table with GW_DAEMON_KEYS(struct x),
 * whose first member is `struct gw_daemon_settings daemon`. */
struct gw_daemon_settings {
    char *data_dir;  /* the daemon's own folder: lock, store, records */
    char *log_level; /* error, warn, info, debug */
};

#define GW_DAEMON_KEYS(settings_type)                                                              \
    {.key = "data_dir",                                                                            \
     .type = GW_CONFIG_PATH,                                                                       \
     .offset = offsetof(settings_type, daemon.data_dir),                                           \
     .help = "folder for this program's durable state, an absolute path"},                         \
    {                                                                                              \
        .key = "log_level", .type = GW_CONFIG_TEXT,                                                \
        .offset = offsetof(settings_type, daemon.log_level), .otherwise = "info",                  \
        .help = "error, warn, info or debug"                                                       \
    }

struct gw_daemon_program {
    const char *name;    /* godwit-source; also names the lock file NAME.lock in data_dir */
    const char *summary; /* one sentence for --help */
    const struct gw_config_key *keys;
    size_t n_keys;
    size_t settings_size;
    /* Checks beyond the table's, also for --check. May be NULL. */
    int (*check)(const void *settings, struct gw_error *err);
    /* Build the program on the loop; *out_state goes to stop(). The daemon is told ready when this
     * returns 0 with *out_status malloc'd (e.g. "listening on http://127.0.0.1:8440"), freed here.
     */
    int (*start)(const struct gw_daemon *daemon,
                 void **out_state,
                 char **out_status,
                 struct gw_error *err);
    /* Take it down; called once, after start() succeeded, when the loop has ended. */
    void (*stop)(void *state);
};

/* The whole of main(): returns the exit status (gw_code_exit_status() of what went wrong; 0 after
 * SIGTERM or SIGINT). Every failure is one line on stderr: "NAME: message". */
int gw_daemon_main(const struct gw_daemon_program *program, int argc, char **argv);

#endif
