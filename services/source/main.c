#include "daemon/daemon.h"
#include "host/settings.h"
#include "source.h"

int main(int argc, char **argv)
{
    struct gw_daemon_program program = {
        .name = "godwit-source",
        .summary = "takes guests away from this host, and keeps watch over those that run here",
        .settings_size = sizeof(struct gw_host_settings),
        .check = gw_host_settings_check,
        .start = src_source_start,
        .stop = src_source_stop,
    };

    program.keys = gw_host_settings_keys(&program.n_keys);
    return gw_daemon_main(&program, argc, argv);
}
