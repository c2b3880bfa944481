#ifndef GW_DAEMON_DAEMON_PRIV_H
#define GW_DAEMON_DAEMON_PRIV_H
/* The steps of gw_daemon_main(), each of which a test can take alone. */

#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/daemon.h"

enum gw_daemon_mode {
    GW_DAEMON_RUN,
    GW_DAEMON_CHECK,
    GW_DAEMON_DUMP_CONFIG,
    GW_DAEMON_VERSION,
    GW_DAEMON_HELP,
};

struct gw_daemon_command {
    enum gw_daemon_mode mode;
    const char *config_path; /* into argv; NULL: not given */
};

/* Errors: INVALID_ARGUMENT unknown option, missing or extra argument. */
int gw_daemon_parse_command(int argc,
                            char **argv,
                            struct gw_daemon_command *out_command,
                            struct gw_error *err);
/* Text of --help, malloc'd; NULL without memory. */
char *gw_daemon_help(const struct gw_daemon_program *program);
/* A settings file with every key and its default, required ones as comments; malloc'd. */
char *gw_daemon_config_template(const struct gw_daemon_program *program);
/* The settings file that is read without --config; malloc'd. */
char *gw_daemon_default_config_path(const struct gw_daemon_program *program);

/* Where readiness is told: the protocol of sd_notify(3). All zero: nobody asked. */
struct gw_notify {
    struct sockaddr_un address;
    socklen_t address_len;
};

/* Take the socket out of $NOTIFY_SOCKET, and out of the environment, so that children don't speak
 * for this program. Errors: INVALID_ARGUMENT not a path or an abstract name. */
int gw_notify_init(struct gw_notify *notify, struct gw_error *err);
/* Send @text (lines of KEY=value). Does not block. Errors: by errno. */
int gw_notify_send(const struct gw_notify *notify, const char *text, struct gw_error *err);

#endif
