#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 }; /* under PIPE_BUF, so that lines of two threads never mix */

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void gw_log_init(struct gw_log *log, int fd, enum gw_log_level level, const struct gw_clock *clock)
{
    *log = (struct gw_log){.level = level, .fd = fd, .clock = clock};
}

struct gw_log gw_log_none(void)
{
    return (struct gw_log){.level = GW_LOG_ERROR, .fd = -1};
}

struct gw_log gw_log_with(const struct gw_log *parent, const char *key, const char *value)
{
    struct gw_log child = *parent;
    size_t used = strlen(child.context);
    (void)snprintf(child.context + used, sizeof child.context - used, " %s=%s", key, value);
    return child;
}

int gw_log_level_parse(const char *word, enum gw_log_level *out_level)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(word, level_names[i]) == 0) {
            *out_level = (enum gw_log_level)i;
            return 0;
        }
    }
    return -1;
}

static int put_time(char *line, size_t size, const struct gw_clock *clock)
{
    uint64_t now_us = gw_clock_wall_us(clock);
    time_t seconds = (time_t)(now_us / 1000000u);
    struct tm utc;
    if (!gmtime_r(&seconds, &utc))
        return 0;
    return snprintf(line, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", utc.tm_year + 1900,
                    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                    (unsigned)(now_us / 1000u % 1000u));
}

void gw_log_event(
    const struct gw_log *log, enum gw_log_level level, const char *name, const char *fmt, ...)
{
    if (!log || log->fd < 0 || level > log->level)
        return;
    char line[LINE_MAX_BYTES];
    size_t room = sizeof line - 1; /* one byte kept for the newline */
    int n = put_time(line, room, log->clock);
    n += snprintf(line + n, room - (size_t)n, " %s %s%s ", level_names[level], name, log->context);
    if ((size_t)n < room) {
        va_list args;
        va_start(args, fmt);
        int m = vsnprintf(line + n, room - (size_t)n, fmt, args);
        va_end(args);
        n += m > 0 ? m : 0;
    }
    size_t len = (size_t)n < room ? (size_t)n : room - 1;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20)
            line[i] = '?'; /* nothing from outside may start a line of its own */
    }
    line[len++] = '\n';
    ssize_t written = write(log->fd, line, len);
    (void)written; /* a log that can't be written has nowhere to say so */
}

void gw_log_failure(const struct gw_log *log,
                    enum gw_log_level level,
                    const char *name,
                    const struct gw_error *err)
{
    const char *slash = err->where ? strrchr(err->where, '/') : NULL;
    gw_log_event(log, level, name, "code=%s at=%s message=\"%s\"", gw_code_name(err->code),
                 slash ? slash + 1 : (err->where ? err->where : "?"), err->message);
}
