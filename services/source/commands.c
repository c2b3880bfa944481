#include "commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"

void src_job_id(char out[SRC_JOB_ID_MAX + 1], const struct src_attempt *attempt, const char *disk)
{
    (void)snprintf(out, SRC_JOB_ID_MAX + 1, SRC_JOB_PREFIX "%s-%" PRIu32 "-%.*s",
                   attempt->migration_id, attempt->attempt, GW_GUEST_DISK_NAME_MAX, disk);
}

void src_nbd_node_name(char out[SRC_NODE_NAME_MAX + 1],
                       const struct src_attempt *attempt,
                       unsigned index)
{
    (void)snprintf(out, SRC_NODE_NAME_MAX + 1, SRC_NODE_PREFIX "%.8s-%" PRIu32 "-%u",
                   attempt->migration_id, attempt->attempt, index % 100);
}

static void put_text(json_object *object, const char *key, const char *value)
{
    (void)json_object_object_add(object, key, json_object_new_string(value));
}

static void put_u64(json_object *object, const char *key, uint64_t value)
{
    (void)json_object_object_add(object, key, json_object_new_uint64(value));
}

static void put_bool(json_object *object, const char *key, bool value)
{
    (void)json_object_object_add(object, key, json_object_new_boolean(value));
}

json_object *
src_args_nbd_node(const char *node, const char *host, uint32_t port, const char *export_name)
{
    json_object *args = json_object_new_object();
    json_object *server = json_object_new_object();
    char port_text[12];

    (void)snprintf(port_text, sizeof port_text, "%" PRIu32, port);
    put_text(server, "type", "inet");
    put_text(server, "host", host);
    put_text(server, "port", port_text);
    put_text(args, "driver", "nbd");
    put_text(args, "node-name", node);
    (void)json_object_object_add(args, "server", server);
    put_text(args, "export", export_name);
    put_u64(args, "open-timeout", SRC_NBD_OPEN_S);
    put_text(args, "discard", "unmap"); /* what is not allocated here need not be there */
    return args;
}

/* auto-dismiss off: an ended job stays to be asked how it ended, also by an agent that was
 * restarted meanwhile. */
json_object *src_args_mirror(const struct src_mirror *mirror)
{
    json_object *args = json_object_new_object();

    put_text(args, "job-id", mirror->job_id);
    put_text(args, "device", mirror->node);
    put_text(args, "target", mirror->target);
    put_text(args, "sync", "full");
    put_text(args, "copy-mode", "background");
    put_text(args, "on-source-error", "report");
    put_text(args, "on-target-error", "report");
    put_u64(args, "speed", mirror->speed_bps);
    put_bool(args, "auto-dismiss", false);
    return args;
}

static bool is_offered(json_object *offered, const char *name)
{
    size_t n =
        json_object_is_type(offered, json_type_array) ? json_object_array_length(offered) : 0;

    for (size_t i = 0; i < n; i++) {
        const char *word = src_json_text(json_object_array_get_idx(offered, i), "capability");
        if (word != NULL && strcmp(word, name) == 0)
            return true;
    }
    return false;
}

json_object *src_args_capabilities(json_object *offered, const char **out_missing)
{
    static const struct {
        const char *name;
        bool is_needed;
    } wanted[] = {
        {"return-path", true},         {"pause-before-switchover", true}, {"events", true},
        {"late-block-activate", true}, {"validate-uuid", false},
    };
    json_object *args = json_object_new_object();
    json_object *list = json_object_new_array();

    *out_missing = NULL;
    for (size_t i = 0; i < GW_ARRAY_LEN(wanted); i++) {
        if (!is_offered(offered, wanted[i].name)) {
            if (wanted[i].is_needed && *out_missing == NULL)
                *out_missing = wanted[i].name;
            continue;
        }
        json_object *item = json_object_new_object();
        put_text(item, "capability", wanted[i].name);
        put_bool(item, "state", true);
        (void)json_object_array_add(list, item);
    }
    (void)json_object_object_add(args, "capabilities", list);
    return args;
}

json_object *src_args_parameters(uint64_t bandwidth_bps, uint32_t downtime_ms)
{
    const uint64_t unlimited = UINT64_C(1)
                               << 50; /* QEMU's default is 128 MiB/s; 0 is none at all */
    json_object *args = json_object_new_object();

    put_u64(args, "max-bandwidth", bandwidth_bps != 0 ? bandwidth_bps : unlimited);
    put_u64(args, "downtime-limit", downtime_ms != 0 ? downtime_ms : 300);
    return args;
}

json_object *src_args_job_cancel(const char *job_id, bool force)
{
    json_object *args = src_args_one("device", job_id);

    put_bool(args, "force", force);
    return args;
}

json_object *src_args_one(const char *key, const char *value)
{
    json_object *args = json_object_new_object();

    put_text(args, key, value);
    return args;
}

static json_object *yank(json_object *instance)
{
    json_object *args = json_object_new_object();
    json_object *list = json_object_new_array();

    (void)json_object_array_add(list, instance);
    (void)json_object_object_add(args, "instances", list);
    return args;
}

json_object *src_args_yank_migration(void)
{
    return yank(src_args_one("type", "migration"));
}

json_object *src_args_yank_node(const char *node)
{
    json_object *instance = src_args_one("type", "block-node");

    put_text(instance, "node-name", node);
    return yank(instance);
}

const char *src_json_text(json_object *object, const char *key)
{
    json_object *value = NULL;

    if (object == NULL || !json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

uint64_t src_json_u64(json_object *object, const char *key)
{
    json_object *value = NULL;

    if (object == NULL || !json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, key, &value))
        return 0;
    return json_object_get_uint64(value);
}
