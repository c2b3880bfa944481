/* godwit-gateway: HTTP/JSON for portals and curl. */
#include "base/str.h"
#include "daemon/daemon.h"
#include "gateway.h"

static int
start(const struct gw_daemon *daemon, void **out_state, char **out_status, struct gw_error *err)
{
    struct gwy_gateway *gateway =
        gwy_gateway_start(daemon->loop, &daemon->log, daemon->settings, err);
    if (!gateway)
        return -1;
    *out_status = gw_strf("listening on %s", gateway->url);
    if (!*out_status) {
        gwy_gateway_stop(gateway);
        return gw_error_set_nomem(err, "starting the gateway");
    }
    *out_state = gateway;
    return 0;
}

static void stop(void *state)
{
    gwy_gateway_stop(state);
}

int main(int argc, char **argv)
{
    struct gw_daemon_program program = {
        .name = "godwit-gateway",
        .summary = "Answers HTTP with what the scheduler says.",
        .keys = gwy_keys,
        .n_keys = gwy_n_keys,
        .settings_size = sizeof(struct gwy_settings),
        .check = gwy_settings_check,
        .start = start,
        .stop = stop,
    };
    return gw_daemon_main(&program, argc, argv);
}
