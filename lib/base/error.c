#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static void set_message(struct gw_error *err, const char *fmt, va_list args)
{
    (void)vsnprintf(err->message, sizeof err->message, fmt, args);
    gw_utf8_repair(err->message);
}

/* Append ": @text", as far as it fits. */
static void append(struct gw_error *err, const char *text)
{
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", text);
    gw_utf8_repair(err->message);
}

int gw_error_set_at(
    struct gw_error *err, const char *where, enum gw_code code, int sys_errno, const char *fmt, ...)
{
    if (!err)
        return -1;
    *err = (struct gw_error){.code = code, .sys_errno = sys_errno, .where = where};
    va_list args;
    va_start(args, fmt);
    set_message(err, fmt, args);
    va_end(args);
    return -1;
}

int gw_error_set_errno_at(
    struct gw_error *err, const char *where, int sys_errno, const char *fmt, ...)
{
    if (!err)
        return -1;
    *err = (struct gw_error){
        .code = gw_code_from_errno(sys_errno), .sys_errno = sys_errno, .where = where};
    va_list args;
    va_start(args, fmt);
    set_message(err, fmt, args);
    va_end(args);

    char text[128];
    append(err, strerror_r(sys_errno, text, sizeof text));
    return -1;
}

int gw_error_wrap(struct gw_error *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    char inner[GW_ERROR_MESSAGE_MAX];
    memcpy(inner, err->message, sizeof inner);
    va_list args;
    va_start(args, fmt);
    set_message(err, fmt, args);
    va_end(args);
    append(err, inner);
    return -1;
}

int gw_error_reason(struct gw_error *err, const char *reason)
{
    if (err)
        (void)snprintf(err->reason, sizeof err->reason, "%s", reason);
    return -1;
}

int gw_error_field(struct gw_error *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(err->field, sizeof err->field, fmt, args);
    va_end(args);
    gw_utf8_repair(err->field);
    return -1;
}

void gw_error_clear(struct gw_error *err)
{
    if (err)
        *err = (struct gw_error){0};
}

bool gw_error_is_set(const struct gw_error *err)
{
    return err && err->code != GW_OK;
}

enum gw_code gw_code_from_errno(int sys_errno)
{
    switch (sys_errno) {
    case ENOENT:
    case ENODEV:
        return GW_NOT_FOUND;
    case EEXIST:
    case EADDRINUSE:
        return GW_ALREADY_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return GW_PERMISSION_DENIED;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return GW_RESOURCE_EXHAUSTED;
    case EINVAL:
    case ENAMETOOLONG:
        return GW_INVALID_ARGUMENT;
    case ETIMEDOUT:
        return GW_DEADLINE_EXCEEDED;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOTCONN:
        return GW_UNAVAILABLE;
    case ECANCELED:
        return GW_CANCELLED;
    case EBUSY:
    case ENOTEMPTY:
    case ENOTDIR:
    case EISDIR:
        return GW_FAILED_PRECONDITION;
    default:
        return GW_INTERNAL;
    }
}

const char *gw_error_quote(char buf[GW_QUOTED_MAX], const char *text)
{
    enum { KEEP = 63 };
    size_t n = 0;
    buf[n++] = '"';
    for (; text && *text && n <= KEEP; text++) {
        unsigned char c = (unsigned char)*text;
        buf[n++] = (c < 0x20 || c == 0x7f || c == '"') ? '?' : (char)c;
    }
    if (text && *text) {
        memcpy(buf + n, "...", 3);
        n += 3;
    }
    buf[n++] = '"';
    buf[n] = '\0';
    gw_utf8_repair(buf);
    return buf;
}
