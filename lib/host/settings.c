#include "host/settings.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/name.h"
#include "base/scope.h"
#include "core/guest_spec.h"
#include "host/host.h"
#include "host/trash.h"

#define AT(member) offsetof(struct gw_host_settings, member)

static const struct gw_config_key keys[] = {
    GW_DAEMON_KEYS(struct gw_host_settings),
    {.key = "host_name",
     .type = GW_CONFIG_NAME,
     .offset = AT(host_name),
     .help = "name of this host in the cluster"},
    {.key = "host_dir",
     .type = GW_CONFIG_PATH,
     .offset = AT(host_dir),
     .help = "folder that both agents of this host share, at most 52 bytes"},
    {.key = "scheduler",
     .type = GW_CONFIG_TEXT,
     .offset = AT(scheduler),
     .help = "url of the scheduler, e.g. tcp://192.0.2.1:7400"},
    {.key = "listen",
     .type = GW_CONFIG_TEXT,
     .offset = AT(listen),
     .help = "url where this agent answers, e.g. tcp://192.0.2.11:7401; port 0: any"},
    {.key = "management_address",
     .type = GW_CONFIG_TEXT,
     .offset = AT(management_address),
     .help = "IP address of this host for management"},
    {.key = "migration_address",
     .type = GW_CONFIG_TEXT,
     .offset = AT(migration_address),
     .help = "IP address of this host that memory and disk traffic uses"},
    {.key = "pool",
     .type = GW_CONFIG_LIST,
     .offset = AT(pools),
     .help = "storage pool as id:kind:path, kind local or shared; may stand on several lines"},
    {.key = "bridge",
     .type = GW_CONFIG_LIST,
     .offset = AT(bridges),
     .help = "bridge that guests may join; may stand on several lines"},
    {.key = "boot_dir",
     .type = GW_CONFIG_PATH,
     .offset = AT(boot_dir),
     .otherwise = "/var/lib/godwit/boot",
     .help = "folder of kernels, initrds and firmware that guests may name"},
    {.key = "boot_id_file",
     .type = GW_CONFIG_PATH,
     .offset = AT(boot_id_file),
     .otherwise = "/proc/sys/kernel/random/boot_id",
     .help = "file with the id of the running kernel's boot"},
    {.key = "qemu",
     .type = GW_CONFIG_PATH,
     .offset = AT(qemu),
     .otherwise = "/usr/bin/qemu-system-x86_64",
     .help = "QEMU's program"},
    {.key = "qemu_img",
     .type = GW_CONFIG_PATH,
     .offset = AT(qemu_img),
     .otherwise = "/usr/bin/qemu-img",
     .help = "QEMU's image tool"},
    {.key = "qemu_nbd",
     .type = GW_CONFIG_PATH,
     .offset = AT(qemu_nbd),
     .otherwise = "/usr/bin/qemu-nbd",
     .help = "QEMU's NBD server"},
    {.key = "accelerator",
     .type = GW_CONFIG_TEXT,
     .offset = AT(accelerator),
     .otherwise = "auto",
     .help = "auto (KVM where it really works), tcg or kvm"},
    {.key = "memory_bytes",
     .type = GW_CONFIG_U64,
     .offset = AT(memory_bytes),
     .otherwise = "0",
     .min = 0,
     .max = GW_GUEST_MEMORY_MAX_BYTES,
     .help = "memory for guests in bytes; 0: all of this host's"},
    {.key = "trash_retention_hours",
     .type = GW_CONFIG_U64,
     .offset = AT(trash_retention_hours),
     .otherwise = "168",
     .min = 0,
     .max = GW_TRASH_HOURS_MAX,
     .help = "hours that disk files stay in the trash of the pools; 0: for ever"},
    {.key = "tls_ca",
     .type = GW_CONFIG_TEXT,
     .offset = AT(tls_ca),
     .otherwise = "",
     .help = "PEM file of the authority that signs the peers, for tls+tcp urls"},
    {.key = "tls_cert_key",
     .type = GW_CONFIG_TEXT,
     .offset = AT(tls_cert_key),
     .otherwise = "",
     .help = "PEM file of this agent's certificate followed by its key, for tls+tcp urls"},
    {.key = "tls_server_name",
     .type = GW_CONFIG_TEXT,
     .offset = AT(tls_server_name),
     .otherwise = "",
     .help = "name that the scheduler's certificate carries, for tls+tcp urls"},
};

const struct gw_config_key *gw_host_settings_keys(size_t *out_n)
{
    *out_n = GW_ARRAY_LEN(keys);
    return keys;
}

static int check_address(const char *text, const char *key, struct gw_error *err)
{
    unsigned char buf[sizeof(struct in6_addr)];
    char shown[GW_QUOTED_MAX];
    if (inet_pton(AF_INET, text, buf) == 1 || inet_pton(AF_INET6, text, buf) == 1)
        return 0;
    return gw_error_set(err, GW_INVALID_ARGUMENT, "%s is %s, not an IP address", key,
                        gw_error_quote(shown, text));
}

static int check_pools(const struct gw_config_list *pools, struct gw_error *err)
{
    struct gw_host_pool pool;
    struct gw_host_pool other;
    for (size_t i = 0; i < pools->n_items; i++) {
        if (gw_host_pool_parse(pools->items[i], &pool, err) < 0)
            return -1;
        for (size_t j = 0; j < i; j++) {
            if (gw_host_pool_parse(pools->items[j], &other, err) < 0)
                return -1;
            if (strcmp(pool.id, other.id) == 0)
                return gw_error_set(err, GW_INVALID_ARGUMENT,
                                    "pool \"%s\" stands twice; give each pool its own id", pool.id);
        }
    }
    return 0;
}

static int check_bridges(const struct gw_config_list *bridges, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    for (size_t i = 0; i < bridges->n_items; i++) {
        const char *name = bridges->items[i];
        if (!gw_file_name_is_valid(name) || strlen(name) > GW_GUEST_BRIDGE_NAME_MAX)
            return gw_error_set(err, GW_INVALID_ARGUMENT,
                                "bridge %s is not the name of a network interface",
                                gw_error_quote(shown, name));
    }
    return 0;
}

int gw_host_settings_check(const void *settings, struct gw_error *err)
{
    const struct gw_host_settings *s = settings;
    char shown[GW_QUOTED_MAX];
    if (strlen(s->host_dir) > GW_HOST_DIR_MAX)
        return gw_error_set(
            err, GW_INVALID_ARGUMENT,
            "host_dir has %zu bytes, more than %d: monitor sockets lie in it, and a "
            "socket's path has at most 107",
            strlen(s->host_dir), GW_HOST_DIR_MAX);
    if (strcmp(s->accelerator, "auto") != 0 && strcmp(s->accelerator, "tcg") != 0 &&
        strcmp(s->accelerator, "kvm") != 0)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "accelerator is %s: use auto, tcg or kvm",
                            gw_error_quote(shown, s->accelerator));
    if (check_address(s->management_address, "management_address", err) < 0 ||
        check_address(s->migration_address, "migration_address", err) < 0 ||
        check_pools(&s->pools, err) < 0)
        return -1;
    return check_bridges(&s->bridges, err);
}
