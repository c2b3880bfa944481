/* Values of options that are numbers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "base/scope.h"
#include "numbers.h"

enum { SECONDS_MAX = 3600, MS_PER_S = 1000 };

static int parse_u64(const char *text, char **out_end, uint64_t *out)
{
    if (text[0] < '0' || text[0] > '9')
        return -1; /* strtoull would take a sign */
    errno = 0;
    unsigned long long n = strtoull(text, out_end, 10);
    *out = n;
    return errno ? -1 : 0;
}

static int parse_bytes(const char *text, uint64_t *out)
{
    static const struct {
        const char *suffix;
        uint64_t factor;
    } units[] = {
        {"", 1},
        {"K", 1000ULL},
        {"M", 1000ULL * 1000},
        {"G", 1000ULL * 1000 * 1000},
        {"T", 1000ULL * 1000 * 1000 * 1000},
        {"Ki", 1ULL << 10},
        {"Mi", 1ULL << 20},
        {"Gi", 1ULL << 30},
        {"Ti", 1ULL << 40},
    };
    char *end = NULL;
    uint64_t n = 0;
    if (parse_u64(text, &end, &n) < 0)
        return -1;
    for (size_t i = 0; i < GW_ARRAY_LEN(units); i++) {
        uint64_t bytes = 0;
        if (strcmp(end, units[i].suffix) != 0)
            continue;
        if (__builtin_mul_overflow(n, units[i].factor, &bytes))
            return -1;
        *out = bytes;
        return 0;
    }
    return -1;
}

int cli_take_number(const char *name,
                    const char *text,
                    uint32_t min,
                    uint32_t max,
                    uint32_t *out,
                    struct gw_error *err)
{
    char *end = NULL;
    uint64_t n = 0;
    if (!text)
        return 0;
    if (parse_u64(text, &end, &n) == 0 && *end == '\0' && n >= min && n <= max) {
        *out = (uint32_t)n;
        return 0;
    }
    char quoted[GW_QUOTED_MAX];
    return cli_usage(err, "--%s must be a whole number from %u to %u, not %s", name, min, max,
                     gw_error_quote(quoted, text));
}

int cli_take_cursor(const char *name, const char *text, uint64_t *out, struct gw_error *err)
{
    char *end = NULL;
    uint64_t n = 0;
    if (!text)
        return 0;
    if (parse_u64(text, &end, &n) == 0 && *end == '\0') {
        *out = n;
        return 0;
    }
    char quoted[GW_QUOTED_MAX];
    return cli_usage(err, "--%s must be the cursor of an event, a whole number, not %s", name,
                     gw_error_quote(quoted, text));
}

int cli_take_seconds(const char *name, const char *text, uint32_t *out_ms, struct gw_error *err)
{
    uint32_t seconds = 0;
    if (cli_take_number(name, text, 1, SECONDS_MAX, &seconds, err) < 0)
        return -1;
    if (text)
        *out_ms = seconds * MS_PER_S;
    return 0;
}

int cli_take_bytes(const char *name, const char *text, uint64_t *out, struct gw_error *err)
{
    if (!text || parse_bytes(text, out) == 0)
        return 0;
    char quoted[GW_QUOTED_MAX];
    return cli_usage(err, "--%s must be bytes, e.g. 104857600, 100M or 100Mi, not %s", name,
                     gw_error_quote(quoted, text));
}
