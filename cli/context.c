#include <stdarg.h>
#include <string.h>

#include "cli.h"

struct gw_client *cli_client(struct cli_context *context, uint32_t work_ms, struct gw_error *err)
{
    if (!context->client)
        context->client = gw_client_open(context->scheduler, context->tls, err);
    if (!context->client)
        return NULL;
    uint32_t deadline_ms = work_ms ? work_ms : GW_CLIENT_DEADLINE_MS;
    gw_client_set_deadline(context->client,
                           context->timeout_ms ? context->timeout_ms : deadline_ms);
    return context->client;
}

void cli_message(const struct cli_context *context, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)fputs("godwit: ", context->err);
    (void)vfprintf(context->err, fmt, args);
    (void)fputc('\n', context->err);
    va_end(args);
    (void)fflush(context->err);
}

void cli_failure(const struct cli_context *context, const struct gw_error *err)
{
    bool has_field = err->field[0] && !strstr(err->message, err->field);
    bool has_reason = err->reason[0] && strcmp(err->reason, "USAGE") != 0;
    cli_message(context, "%s%s%s%s%s%s%s", has_field ? "field " : "", has_field ? err->field : "",
                has_field ? ": " : "", err->message, has_reason ? " [" : "",
                has_reason ? err->reason : "", has_reason ? "]" : "");
}
