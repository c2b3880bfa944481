#ifndef CLI_CLI_H
#define CLI_CLI_H
/* The godwit command: what a verb is, and what it is given to work with.
 *
 * stdout is data, stderr is messages. Exit status: gw_code_exit_status() of what went wrong; 2 for
 * wrong usage; CLI_EXIT_INTERRUPTED for Ctrl-C. One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "godwit/client.h"

enum {
    CLI_OPERANDS_MAX = 2, /* most operands of one verb */
    CLI_GIVEN_MAX = 24,   /* options on one command line: more than there are */
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_INTERRUPTED = 130, /* as shells say for SIGINT */
};

/* Work that the scheduler hands on to a host and waits for: disks made, a guest booted or shut
 * down. */
enum { CLI_WORK_MS = 120000, CLI_WORK_MAX_MS = 3600 * 1000 };

struct cli_option {
    const char *name;  /* without the dashes */
    char letter;       /* 0: none */
    const char *value; /* what it takes, for help; NULL: it is a switch */
    const char *help;
};

struct cli_given {
    const struct cli_option *option;
    char *value;    /* NULL for a switch */
    bool is_global; /* not the verb's own */
};

struct cli_verb;

/* A command line taken apart; points into argv, whose texts are not changed: they are not const
 * only because protobuf-c's messages hold strings that aren't. */
struct cli_args {
    const struct cli_verb *verb; /* NULL: none was named */
    char *operands[CLI_OPERANDS_MAX];
    unsigned n_operands;
    struct cli_given given[CLI_GIVEN_MAX];
    unsigned n_given;
};

enum cli_format { CLI_TABLE, CLI_JSON };

struct cli_context {
    FILE *out;
    FILE *err;
    unsigned out_columns; /* of the terminal; 0: not a terminal */
    unsigned err_columns;
    enum cli_format format;
    const char *scheduler;
    struct gw_rpc_tls *tls;   /* NULL: none */
    uint32_t timeout_ms;      /* 0: not given */
    struct gw_client *client; /* opened by cli_client() */
    const struct cli_args *args;
};

/* Do the verb's work. 0; an exit status above 0 when all was said already; -1 and @err. */
typedef int (*cli_verb_fn)(struct cli_context *context, struct gw_error *err);

struct cli_verb {
    const char *words;    /* "host list" */
    const char *operands; /* "GUEST", "[ID]"; "" none */
    unsigned n_required;
    unsigned n_allowed;
    const struct cli_option *options; /* ends with a NULL name; NULL: none */
    const char *summary;
    cli_verb_fn run;
};

/* ---- verbs.c ---- */
extern const struct cli_verb cli_verbs[];
extern const size_t cli_n_verbs;
extern const struct cli_option cli_global_options[];
/* The verb of @n words, or NULL; *out_is_group when the words begin one. */
const struct cli_verb *cli_verb_find(char *const *words, unsigned n, bool *out_is_group);
/* Everything, or one verb (NULL: everything), to @out. */
void cli_help_print(FILE *out, const struct cli_verb *verb);

/* ---- context.c ---- */
/* The client, opened at first use, with a deadline of @work_ms or what --timeout says (0: the
 * default). NULL and @err. */
struct gw_client *cli_client(struct cli_context *context, uint32_t work_ms, struct gw_error *err);
void cli_message(const struct cli_context *context, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "godwit: ..." with reason and field, as far as the message doesn't hold them. */
void cli_failure(const struct cli_context *context, const struct gw_error *err);

/* ---- run.c ---- */
/* The whole command; returns the exit status. */
int cli_run(int argc, char *const *argv, FILE *out, FILE *err);

/* ---- the verbs ---- */
extern const struct cli_option cli_guest_create_options[];
extern const struct cli_option cli_guest_list_options[];
extern const struct cli_option cli_guest_stop_options[];
extern const struct cli_option cli_migrate_options[];
extern const struct cli_option cli_migration_list_options[];
extern const struct cli_option cli_migration_watch_options[];
extern const struct cli_option cli_trash_list_options[];
extern const struct cli_option cli_trash_restore_options[];
extern const struct cli_option cli_trash_purge_options[];
int cli_host_list(struct cli_context *context, struct gw_error *err);
int cli_host_show(struct cli_context *context, struct gw_error *err);
int cli_guest_create(struct cli_context *context, struct gw_error *err);
int cli_guest_start(struct cli_context *context, struct gw_error *err);
int cli_guest_stop(struct cli_context *context, struct gw_error *err);
int cli_guest_list(struct cli_context *context, struct gw_error *err);
int cli_guest_show(struct cli_context *context, struct gw_error *err);
int cli_guest_delete(struct cli_context *context, struct gw_error *err);
int cli_migrate(struct cli_context *context, struct gw_error *err);
int cli_migration_list(struct cli_context *context, struct gw_error *err);
int cli_migration_show(struct cli_context *context, struct gw_error *err);
int cli_migration_cancel(struct cli_context *context, struct gw_error *err);
int cli_migration_watch(struct cli_context *context, struct gw_error *err);
int cli_trash_list(struct cli_context *context, struct gw_error *err);
int cli_trash_restore(struct cli_context *context, struct gw_error *err);
int cli_trash_purge(struct cli_context *context, struct gw_error *err);
int cli_version(struct cli_context *context, struct gw_error *err);

#endif
