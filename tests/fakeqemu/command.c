#include "command.h"

#include <string.h>

#include "base/scope.h"

static const struct fq_command commands[] = {
    {"qmp_capabilities", "enable:a?", false, fq_cmd_capabilities},
    {"query-version", "", false, fq_cmd_query_version},
    {"query-status", "", false, fq_cmd_query_status},
    {"query-name", "", false, fq_cmd_query_name},
    {"query-uuid", "", false, fq_cmd_query_uuid},
    {"stop", "", false, fq_cmd_stop},
    {"cont", "", false, fq_cmd_cont},
    {"quit", "", false, fq_cmd_quit},
    {"system_reset", "", false, fq_cmd_system_reset},
    {"system_powerdown", "", false, fq_cmd_system_powerdown},
    {"getfd", "fdname:s", false, fq_cmd_getfd},
    {"closefd", "fdname:s", false, fq_cmd_closefd},
    {"announce-self", "*", false, fq_cmd_announce_self},
    {"yank", "instances:a", true, fq_cmd_yank},
    {"query-yank", "", false, fq_cmd_query_yank},

    {"blockdev-add", "driver:s node-name:s? *", false, fq_cmd_blockdev_add},
    {"blockdev-del", "node-name:s", false, fq_cmd_blockdev_del},
    {"query-named-block-nodes", "flat:b?", false, fq_cmd_query_nodes},
    {"blockdev-mirror",
     "job-id:s? device:s target:s sync:s speed:i? copy-mode:s? on-source-error:s? "
     "on-target-error:s? auto-dismiss:b? auto-finalize:b?",
     false, fq_cmd_mirror},
    {"block-job-cancel", "device:s force:b?", false, fq_cmd_block_job_cancel},
    {"job-cancel", "id:s", false, fq_cmd_job_cancel},
    {"job-dismiss", "id:s", false, fq_cmd_job_dismiss},
    {"query-jobs", "", false, fq_cmd_query_jobs},
    {"query-block-jobs", "", false, fq_cmd_query_block_jobs},

    {"nbd-server-start", "addr:o tls-creds:s? tls-authz:s? max-connections:i?", false,
     fq_cmd_nbd_start},
    {"nbd-server-stop", "", false, fq_cmd_nbd_stop},
    {"block-export-add", "type:s id:s node-name:s name:s? writable:b? writethrough:b?", false,
     fq_cmd_export_add},
    {"block-export-del", "id:s mode:s?", false, fq_cmd_export_del},
    {"query-block-exports", "", false, fq_cmd_query_exports},

    {"query-migrate-capabilities", "", false, fq_cmd_query_capabilities},
    {"migrate-set-capabilities", "capabilities:a", false, fq_cmd_set_capabilities},
    {"query-migrate-parameters", "", false, fq_cmd_query_parameters},
    {"migrate-set-parameters", "*", false, fq_cmd_set_parameters},
    {"query-migrate", "", false, fq_cmd_query_migrate},
    {"migrate", "uri:s resume:b? detach:b?", false, fq_cmd_migrate},
    {"migrate_cancel", "", false, fq_cmd_migrate_cancel},
    {"migrate-continue", "state:s", false, fq_cmd_migrate_continue},
    {"migrate-incoming", "uri:s", false, fq_cmd_migrate_incoming},
    {"migrate-start-postcopy", "", false, fq_cmd_start_postcopy},
    {"migrate-pause", "", true, fq_cmd_migrate_pause},
    {"migrate-recover", "uri:s", true, fq_cmd_migrate_recover},
};

const struct fq_command *fq_command_find(const char *name)
{
    for (size_t i = 0; i < GW_ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* One word of the table. */
struct word {
    char name[32];
    char type;
    bool is_optional;
};

/* The next word of *spec; false at the end. A "*" has type '*'. */
static bool next_word(const char **spec, struct word *out)
{
    *spec += strspn(*spec, " ");
    size_t len = strcspn(*spec, " :");
    if (len == 0 || len >= sizeof out->name)
        return false;
    memcpy(out->name, *spec, len);
    out->name[len] = '\0';
    *spec += len;
    out->type = '*';
    out->is_optional = true;
    if (**spec != ':')
        return true;
    out->type = (*spec)[1];
    out->is_optional = (*spec)[2] == '?';
    *spec += out->is_optional ? 3 : 2;
    return true;
}

static const char *wrong_type(json_object *value, char type)
{
    static const struct {
        char type;
        enum json_type json;
        const char *name;
    } types[] = {{'s', json_type_string, "string"},
                 {'b', json_type_boolean, "boolean"},
                 {'i', json_type_int, "integer"},
                 {'o', json_type_object, "object"},
                 {'a', json_type_array, "array"}};
    for (size_t i = 0; i < GW_ARRAY_LEN(types); i++) {
        if (types[i].type == type && !json_object_is_type(value, types[i].json))
            return types[i].name;
    }
    return NULL;
}

static char *check_member(const struct word *word, json_object *args)
{
    json_object *value = fq_get(args, word->name);
    if (!value)
        return word->is_optional ? NULL : gw_strf("Parameter '%s' is missing", word->name);
    const char *expected = wrong_type(value, word->type);
    return expected ? gw_strf("Invalid parameter type for '%s', expected: %s", word->name, expected)
                    : NULL;
}

static bool is_known(const char *spec, const char *name)
{
    struct word word;
    while (next_word(&spec, &word)) {
        if (word.type == '*' || strcmp(word.name, name) == 0)
            return true;
    }
    return false;
}

char *fq_command_check(const struct fq_command *command, json_object *args)
{
    struct word word;
    const char *spec = command->args;
    while (next_word(&spec, &word)) {
        char *wrong = word.type == '*' ? NULL : check_member(&word, args);
        if (wrong)
            return wrong;
    }
    if (!args)
        return NULL;
    json_object_object_foreach(args, key, value)
    {
        (void)value;
        if (!is_known(command->args, key))
            return gw_strf("Parameter '%s' is unexpected", key);
    }
    return NULL;
}
