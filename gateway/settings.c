#include "settings.h"

#include <string.h>

#include "base/scope.h"
#include "listen.h"

const struct gw_config_key gwy_keys[] = {
    GW_DAEMON_KEYS(struct gwy_settings),
    {.key = "listen",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct gwy_settings, listen),
     .otherwise = "127.0.0.1:8440",
     .help = "IP:PORT of the HTTP face, [IP]:PORT for IPv6; port 0 lets the system choose"},
    {.key = "scheduler",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct gwy_settings, scheduler),
     .otherwise = "ipc:///run/godwit/scheduler.sock",
     .help = "url of the scheduler: ipc:///PATH, tcp://IP:PORT or tls+tcp://NAME:PORT"},
    {.key = "tls_ca",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct gwy_settings, tls_ca),
     .otherwise = "",
     .help = "PEM file of the authority that the scheduler's certificate must come from"},
    {.key = "tls_cert_key",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct gwy_settings, tls_cert_key),
     .otherwise = "",
     .help = "PEM file with the gateway's own certificate and private key"},
    {.key = "tls_server_name",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct gwy_settings, tls_server_name),
     .otherwise = "",
     .help = "name that the scheduler's certificate must carry"},
};
const size_t gwy_n_keys = GW_ARRAY_LEN(gwy_keys);

int gwy_settings_check(const void *settings, struct gw_error *err)
{
    const struct gwy_settings *s = settings;
    struct gwy_address address;
    if (gwy_address_parse(s->listen, &address, err) < 0)
        return gw_error_wrap(err, "key listen");
    bool is_tls = strncmp(s->scheduler, "tls+tcp://", 10) == 0;
    if (is_tls && (!*s->tls_ca || !*s->tls_cert_key))
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "key scheduler is %s: set tls_ca and tls_cert_key too", s->scheduler);
    return 0;
}
