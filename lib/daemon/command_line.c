#include "daemon/daemon_priv.h"

#include <getopt.h>
#include <stdio.h>

#include "base/str.h"

enum { TEXT_MAX_BYTES = 64 * 1024 }; /* the table's help is a few KiB */

static int option_error(int found, char **argv, struct gw_error *err)
{
    char quoted[GW_QUOTED_MAX];
    gw_error_quote(quoted, argv[optind - 1]);
    if (found == ':')
        return gw_error_set(err, GW_INVALID_ARGUMENT, "option %s needs a file; try --help", quoted);
    return gw_error_set(err, GW_INVALID_ARGUMENT, "unknown option %s; try --help", quoted);
}

int gw_daemon_parse_command(int argc,
                            char **argv,
                            struct gw_daemon_command *out_command,
                            struct gw_error *err)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'k'},
        {"dump-config", no_argument, NULL, 'd'},  {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    struct gw_daemon_command command = {.mode = GW_DAEMON_RUN};
    opterr = 0;
    optind = 0; /* glibc: start anew */
    for (int found; (found = getopt_long(argc, argv, "+:c:hV", options, NULL)) != -1;) {
        switch (found) {
        case 'c':
            command.config_path = optarg;
            break;
        case 'k':
            command.mode = GW_DAEMON_CHECK;
            break;
        case 'd':
            command.mode = GW_DAEMON_DUMP_CONFIG;
            break;
        case 'V':
            command.mode = GW_DAEMON_VERSION;
            break;
        case 'h':
            command.mode = GW_DAEMON_HELP;
            break;
        default:
            return option_error(found, argv, err);
        }
    }
    if (optind < argc) {
        char quoted[GW_QUOTED_MAX];
        return gw_error_set(err, GW_INVALID_ARGUMENT, "unexpected argument %s; try --help",
                            gw_error_quote(quoted, argv[optind]));
    }
    *out_command = command;
    return 0;
}

char *gw_daemon_default_config_path(const struct gw_daemon_program *program)
{
    return gw_strf("/etc/godwit/%s.conf", program->name);
}

char *gw_daemon_help(const struct gw_daemon_program *program)
{
    struct gw_str out;
    gw_str_init(&out, TEXT_MAX_BYTES);
    gw_str_appendf(&out,
                   "%s: %s\n\n"
                   "usage: %s [--config FILE] [--check | --dump-config]\n\n"
                   "  -c, --config FILE  settings (default /etc/godwit/%s.conf)\n"
                   "      --check        check the settings and exit\n"
                   "      --dump-config  print the settings as they are in effect and exit;\n"
                   "                     without --config, a template with the defaults\n"
                   "  -V, --version      print the version and exit\n"
                   "  -h, --help         print this and exit\n\n"
                   "Settings, one `key = value` a line:\n",
                   program->name, program->summary, program->name, program->name);
    for (size_t i = 0; i < program->n_keys; i++) {
        const struct gw_config_key *key = &program->keys[i];
        gw_str_appendf(&out, "  %-22s %s", key->key, key->help);
        if (key->type == GW_CONFIG_LIST)
            gw_str_append(&out, " (repeatable)\n");
        else if (key->otherwise)
            gw_str_appendf(&out, " (default %s)\n", key->otherwise[0] ? key->otherwise : "empty");
        else
            gw_str_append(&out, " (required)\n");
    }
    return gw_str_take(&out);
}

char *gw_daemon_config_template(const struct gw_daemon_program *program)
{
    struct gw_str out;
    gw_str_init(&out, TEXT_MAX_BYTES);
    for (size_t i = 0; i < program->n_keys; i++) {
        const struct gw_config_key *key = &program->keys[i];
        gw_str_appendf(&out, "# %s\n", key->help);
        if (key->otherwise)
            gw_str_appendf(&out, "%s = %s\n", key->key, key->otherwise);
        else
            gw_str_appendf(&out, "# %s =\n", key->key);
    }
    return gw_str_take(&out);
}
