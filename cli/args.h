#ifndef CLI_ARGS_H
#define CLI_ARGS_H
/* The command line, by the tables of verbs and options. Options may stand anywhere; after the verb,
 * its own come before the global ones of the same name. Errors: INVALID_ARGUMENT, reason USAGE. */

#include "cli.h"

/* Take @argv apart. @out->verb is set as soon as it is known, also on failure. */
int cli_args_parse(int argc, char *const *argv, struct cli_args *out, struct gw_error *err);
/* Is the option @name given, the verb's or (cli_args_global_*) the global one? */
bool cli_args_has(const struct cli_args *args, const char *name);
bool cli_args_global_has(const struct cli_args *args, const char *name);
/* Its value; NULL: not given. */
char *cli_args_text(const struct cli_args *args, const char *name);
char *cli_args_global_text(const struct cli_args *args, const char *name);

/* A usage error. Returns -1. */
#define cli_usage(err, ...)                                                                        \
    (gw_error_set((err), GW_INVALID_ARGUMENT, __VA_ARGS__), gw_error_reason((err), "USAGE"))

#endif
