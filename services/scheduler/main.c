/* godwit-scheduler: settings, and nothing else. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "daemon/daemon.h"
#include "scheduler.h"

struct settings {
    struct gw_daemon_settings daemon;
    struct gw_config_list listen;
    uint64_t heartbeat_interval_ms;
    uint64_t host_silent_after_ms;
    char *tls_ca;
    char *tls_cert_key;
    char *tls_server_name;
};

static const struct gw_config_key keys[] = {
    GW_DAEMON_KEYS(struct settings),
    {.key = "listen",
     .type = GW_CONFIG_LIST,
     .offset = offsetof(struct settings, listen),
     .help = "address to serve at: ipc:///PATH, tcp://IP:PORT or tls+tcp://IP:PORT; repeatable"},
    {.key = "heartbeat_interval_ms",
     .type = GW_CONFIG_U64,
     .offset = offsetof(struct settings, heartbeat_interval_ms),
     .otherwise = "1000",
     .min = 10,
     .max = 60000,
     .help = "milliseconds between two heartbeats of an agent"},
    {.key = "host_silent_after_ms",
     .type = GW_CONFIG_U64,
     .offset = offsetof(struct settings, host_silent_after_ms),
     .otherwise = "5000",
     .min = 20,
     .max = 600000,
     .help = "milliseconds without a heartbeat after which a host counts as silent"},
    {.key = "tls_ca",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct settings, tls_ca),
     .otherwise = "",
     .help = "PEM file of the certificates that peers on tls+tcp addresses must be signed by"},
    {.key = "tls_cert_key",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct settings, tls_cert_key),
     .otherwise = "",
     .help = "PEM file of this program's certificate followed by its private key"},
    {.key = "tls_server_name",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct settings, tls_server_name),
     .otherwise = "",
     .help = "name that the certificates of the agents must carry"},
};

struct program {
    struct scheduler *scheduler;
    struct gw_rpc_tls tls;
};

static int check(const void *settings, struct gw_error *err)
{
    const struct settings *s = settings;
    if (s->listen.n_items == 0)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "key listen is missing: name at least one address");
    if (s->host_silent_after_ms < 2 * s->heartbeat_interval_ms)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "host_silent_after_ms must be at least twice heartbeat_interval_ms, or "
                            "one late heartbeat makes a host silent");
    return 0;
}

static int
listen_all(struct program *p, const struct settings *s, struct gw_str *status, struct gw_error *err)
{
    gw_str_append(status, "listening on");
    for (size_t i = 0; i < s->listen.n_items; i++) {
        if (sch_scheduler_listen(p->scheduler, s->listen.items[i], err) < 0)
            return -1;
        gw_str_appendf(status, " %s", gw_rpc_server_url(p->scheduler->server, (unsigned)i));
    }
    return 0;
}

static void stop(void *state)
{
    struct program *p = state;
    sch_scheduler_free(p->scheduler);
    free(p);
}

static int
start(const struct gw_daemon *daemon, void **out_state, char **out_status, struct gw_error *err)
{
    enum { STATUS_MAX = 8192 };
    const struct settings *s = daemon->settings;
    GW_AUTO_FREE char *store_path = gw_strf("%s/scheduler.db", s->daemon.data_dir);
    GW_AUTO_STR status;
    gw_str_init(&status, STATUS_MAX);
    struct program *p = calloc(1, sizeof *p);
    if (!p || !store_path) {
        free(p);
        return gw_error_set_nomem(err, "starting");
    }
    p->tls = (struct gw_rpc_tls){.ca_file = s->tls_ca,
                                 .cert_key_file = s->tls_cert_key,
                                 .server_name = s->tls_server_name[0] ? s->tls_server_name : NULL};
    struct sch_options options = {.store_path = store_path,
                                  .heartbeat_interval_ms = (uint32_t)s->heartbeat_interval_ms,
                                  .host_silent_after_ms = (uint32_t)s->host_silent_after_ms,
                                  .clock = gw_clock_system(),
                                  .random = gw_random_system(),
                                  .tls = s->tls_ca[0] ? &p->tls : NULL};
    p->scheduler = sch_scheduler_new(daemon->loop, &daemon->log, &options, err);
    if (!p->scheduler || listen_all(p, s, &status, err) < 0) {
        stop(p);
        return -1;
    }
    *out_status = gw_str_take(&status);
    *out_state = p;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct gw_daemon_program program = {
        .name = "godwit-scheduler",
        .summary = "decides which guest runs where, and carries its moves through",
        .keys = keys,
        .n_keys = GW_ARRAY_LEN(keys),
        .settings_size = sizeof(struct settings),
        .check = check,
        .start = start,
        .stop = stop,
    };
    return gw_daemon_main(&program, argc, argv);
}
