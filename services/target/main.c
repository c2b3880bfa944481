#include "host/settings.h"
#include "target.h"

int main(int argc, char **argv)
{
    struct gw_daemon_program program = {
        .name = "godwit-target",
        .summary = "Brings guests up on its host: starts them, and receives those that move here.",
        .settings_size = sizeof(struct gw_host_settings),
        .check = gw_host_settings_check,
        .start = tgt_target_start,
        .stop = tgt_target_stop,
    };
    program.keys = gw_host_settings_keys(&program.n_keys);
    return gw_daemon_main(&program, argc, argv);
}
