/* The whole command, from its arguments to its exit status. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "args.h"
#include "numbers.h"
#include "rpc/rpc.h"

static const char default_scheduler[] = "ipc:///run/godwit/scheduler.sock";

/* Columns of the terminal behind @file; 0: none. */
static unsigned columns_of(FILE *file)
{
    struct winsize size = {0};
    enum { COLUMNS_DEFAULT = 80, COLUMNS_MIN = 20 };
    int fd = fileno(file);
    if (fd < 0 || !isatty(fd))
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return COLUMNS_DEFAULT;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

static int take_format(struct cli_context *context, struct gw_error *err)
{
    const char *text = cli_args_global_text(context->args, "output");
    char quoted[GW_QUOTED_MAX];
    if (!text || strcmp(text, "table") == 0)
        context->format = CLI_TABLE;
    else if (strcmp(text, "json") == 0)
        context->format = CLI_JSON;
    else
        return cli_usage(err, "--output must be table or json, not %s",
                         gw_error_quote(quoted, text));
    return 0;
}

static int take_tls(struct cli_context *context, struct gw_rpc_tls *tls, struct gw_error *err)
{
    tls->ca_file = cli_args_global_text(context->args, "tls-ca");
    tls->cert_key_file = cli_args_global_text(context->args, "tls-cert-key");
    tls->server_name = cli_args_global_text(context->args, "tls-server-name");
    if (strncmp(context->scheduler, "tls+tcp://", 10) != 0)
        return 0;
    if (!tls->ca_file || !tls->cert_key_file)
        return cli_usage(err, "%s needs --tls-ca and --tls-cert-key", context->scheduler);
    context->tls = tls;
    return 0;
}

static int take_globals(struct cli_context *context, struct gw_rpc_tls *tls, struct gw_error *err)
{
    const char *url = cli_args_global_text(context->args, "scheduler");
    if (!url)
        url = getenv("GODWIT_SCHEDULER");
    context->scheduler = url && *url ? url : default_scheduler;
    if (take_format(context, err) < 0 || take_tls(context, tls, err) < 0)
        return -1;
    return cli_take_seconds("timeout", cli_args_global_text(context->args, "timeout"),
                            &context->timeout_ms, err);
}

static int print_help(struct cli_context *context, const struct cli_args *args)
{
    const struct cli_verb *verb = args->verb;
    bool is_group = false;
    if (verb && !verb->run) {
        verb = cli_verb_find(args->operands, args->n_operands, &is_group);
        if (!verb && !is_group && args->n_operands > 0) {
            cli_message(context, "there is no such verb; godwit help lists all");
            return CLI_EXIT_USAGE;
        }
    }
    cli_help_print(context->out, verb);
    return 0;
}

static int report(const struct cli_context *context, const struct gw_error *err)
{
    const struct cli_verb *verb = context->args->verb;
    cli_failure(context, err);
    if (err->code == GW_UNAVAILABLE && strstr(err->message, context->scheduler))
        cli_message(context, "is godwit-scheduler running there? --scheduler URL names another");
    if (strcmp(err->reason, "USAGE") == 0)
        cli_message(context, "see godwit help%s%s", verb ? " " : "", verb ? verb->words : "");
    return gw_code_exit_status(err->code);
}

static int run_verb(struct cli_context *context)
{
    struct gw_error err = {0};
    struct gw_rpc_tls tls = {0};
    int ret = take_globals(context, &tls, &err);
    if (ret == 0)
        ret = context->args->verb->run(context, &err);
    gw_client_close(context->client);
    return ret < 0 ? report(context, &err) : ret;
}

int cli_run(int argc, char *const *argv, FILE *out, FILE *err)
{
    struct cli_args args;
    struct gw_error why = {0};
    struct cli_context context = {.out = out,
                                  .err = err,
                                  .scheduler = default_scheduler,
                                  .out_columns = columns_of(out),
                                  .err_columns = columns_of(err),
                                  .args = &args};
    int status = 0;
    if (cli_args_parse(argc, argv, &args, &why) < 0)
        return report(&context, &why);
    if (cli_args_global_has(&args, "version"))
        (void)fprintf(out, "godwit %s\n", GW_VERSION);
    else if (cli_args_global_has(&args, "help") || !args.verb->run)
        status = print_help(&context, &args);
    else
        status = run_verb(&context);
    if (fflush(out) != 0 || ferror(out)) {
        cli_message(&context, "can't write to stdout");
        return status ? status : gw_code_exit_status(GW_INTERNAL);
    }
    return status;
}
