#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wire/json_priv.h"

/* google/protobuf/timestamp.proto: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z */
static const int64_t first_second = -62135596800;
static const int64_t last_second = 253402300799;
enum { NANOS = 1000 * 1000 * 1000 };

int gw_json_time_format(char buf[GW_JSON_TIME_MAX], int64_t seconds, int32_t nanos)
{
    if (seconds < first_second || seconds > last_second || nanos < 0 || nanos >= NANOS)
        return -1;
    time_t when = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&when, &tm))
        return -1;
    int n = snprintf(buf, GW_JSON_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
                     tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    size_t room = GW_JSON_TIME_MAX - (size_t)n;
    if (nanos == 0)
        (void)snprintf(buf + n, room, "Z");
    else if (nanos % 1000000 == 0)
        (void)snprintf(buf + n, room, ".%03dZ", nanos / 1000000);
    else if (nanos % 1000 == 0)
        (void)snprintf(buf + n, room, ".%06dZ", nanos / 1000);
    else
        (void)snprintf(buf + n, room, ".%09dZ", nanos);
    return 0;
}

/* Read exactly @n_digits digits; -1 when they are not there. */
static int take_number(const char **at, unsigned n_digits)
{
    int value = 0;
    for (unsigned i = 0; i < n_digits; i++) {
        char c = **at;
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
        (*at)++;
    }
    return value;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_date_time(const char **at, struct tm *tm)
{
    *tm = (struct tm){0};
    tm->tm_year = take_number(at, 4) - 1900;
    if (tm->tm_year < 1 - 1900 || !take_char(at, '-'))
        return false;
    tm->tm_mon = take_number(at, 2) - 1;
    if (tm->tm_mon < 0 || tm->tm_mon > 11 || !take_char(at, '-'))
        return false;
    tm->tm_mday = take_number(at, 2);
    if (tm->tm_mday < 1 || tm->tm_mday > 31 || !take_char(at, 'T'))
        return false;
    tm->tm_hour = take_number(at, 2);
    if (tm->tm_hour < 0 || tm->tm_hour > 23 || !take_char(at, ':'))
        return false;
    tm->tm_min = take_number(at, 2);
    if (tm->tm_min < 0 || tm->tm_min > 59 || !take_char(at, ':'))
        return false;
    tm->tm_sec = take_number(at, 2);
    return tm->tm_sec >= 0 && tm->tm_sec <= 59;
}

static bool take_fraction(const char **at, int32_t *out_nanos)
{
    *out_nanos = 0;
    if (!take_char(at, '.'))
        return true;
    int32_t nanos = 0;
    int32_t unit = NANOS / 10;
    for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10) {
        if (unit == 0)
            return false;
        nanos += (**at - '0') * unit;
    }
    *out_nanos = nanos;
    return unit != NANOS / 10;
}

/* "Z" or "+hh:mm"; the result is what to subtract. */
static bool take_zone(const char **at, int64_t *out_seconds)
{
    *out_seconds = 0;
    if (take_char(at, 'Z'))
        return true;
    int sign = **at == '-' ? -1 : 1;
    if (!take_char(at, '+') && !take_char(at, '-'))
        return false;
    int hours = take_number(at, 2);
    if (hours < 0 || hours > 23 || !take_char(at, ':'))
        return false;
    int minutes = take_number(at, 2);
    if (minutes < 0 || minutes > 59)
        return false;
    *out_seconds = (int64_t)sign * (hours * 3600 + minutes * 60);
    return true;
}

int gw_json_time_parse(const char *text, int64_t *out_seconds, int32_t *out_nanos)
{
    struct tm tm;
    int32_t nanos;
    int64_t zone;
    if (!take_date_time(&text, &tm) || !take_fraction(&text, &nanos) || !take_zone(&text, &zone) ||
        *text != '\0')
        return -1;
    int day = tm.tm_mday;
    int64_t seconds = (int64_t)timegm(&tm) - zone; /* timegm() turns February 30th into March */
    if (tm.tm_mday != day || seconds < first_second || seconds > last_second)
        return -1;
    *out_seconds = seconds;
    *out_nanos = nanos;
    return 0;
}
