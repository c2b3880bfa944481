#include "rpc/status.h"

#include <nng/nng.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

char *gw_rpc_unconst(const char *text)
{
    union {
        const char *in;
        char *out;
    } same = {.in = text};
    return same.out;
}

Godwit__V1__Status gw_rpc_status_from_error(const struct gw_error *err)
{
    Godwit__V1__Status status = GODWIT__V1__STATUS__INIT;
    if (!gw_error_is_set(err)) {
        status.code = GW_INTERNAL;
        status.message = gw_rpc_unconst("the service failed without saying why");
        return status;
    }
    status.code = (uint32_t)err->code;
    status.message = gw_rpc_unconst(err->message);
    status.reason = gw_rpc_unconst(err->reason);
    status.field = gw_rpc_unconst(err->field);
    return status;
}

static void copy_cut(char *buf, size_t size, const char *text)
{
    gw_utf8_copy_cut(buf, size, text ? text : "");
}

void gw_rpc_status_to_error(const Godwit__V1__Status *status, struct gw_error *err)
{
    gw_error_clear(err);
    if (!status || status->code == GW_OK)
        return;
    err->code = gw_code_from_number(status->code);
    err->where = "peer";
    copy_cut(err->message, sizeof err->message, status->message);
    copy_cut(err->reason, sizeof err->reason, status->reason);
    copy_cut(err->field, sizeof err->field, status->field);
}

static enum gw_code code_from_nng(int rv)
{
    switch (rv) {
    case NNG_ENOMEM:
    case NNG_ENOFILES:
    case NNG_ENOSPC:
        return GW_RESOURCE_EXHAUSTED;
    case NNG_EADDRINUSE:
    case NNG_EEXIST:
        return GW_ALREADY_EXISTS;
    case NNG_EADDRINVAL:
    case NNG_EINVAL:
        return GW_INVALID_ARGUMENT;
    case NNG_EPERM:
        return GW_PERMISSION_DENIED;
    case NNG_ENOTSUP:
        return GW_UNIMPLEMENTED;
    default:
        return GW_UNAVAILABLE;
    }
}

int gw_rpc_nng_error(struct gw_error *err, int rv, const char *fmt, ...)
{
    char what[GW_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    if (rv & NNG_ESYSERR)
        return gw_error_set_errno(err, rv & ~NNG_ESYSERR, "%s", what);
    return gw_error_set(err, code_from_nng(rv), "%s: %s", what, nng_strerror(rv));
}
