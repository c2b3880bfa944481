#include "base/id.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

static void system_fill(void *arg, void *buf, size_t len)
{
    (void)arg;
    uint8_t *at = buf;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            abort(); /* Linux promises it once seeded; without it no id is safe */
        }
        at += n;
        len -= (size_t)n;
    }
}

const struct gw_random *gw_random_system(void)
{
    static const struct gw_random random = {.fill = system_fill};
    return &random;
}

static char hex_digit(unsigned value)
{
    return "0123456789abcdef"[value & 15u];
}

void gw_hex_make(const struct gw_random *random, char *out, size_t n_digits)
{
    for (size_t i = 0; i < n_digits; i++) {
        uint8_t byte = 0;
        random->fill(random->arg, &byte, 1);
        out[i] = hex_digit(byte);
    }
    out[n_digits] = '\0';
}

void gw_uuid_make(const struct gw_random *random, char out[GW_UUID_LEN + 1])
{
    uint8_t raw[16];
    random->fill(random->arg, raw, sizeof raw);
    raw[6] = (uint8_t)((raw[6] & 0x0f) | 0x40); /* RFC 9562: version 4 */
    raw[8] = (uint8_t)((raw[8] & 0x3f) | 0x80); /* RFC 9562: variant */
    size_t at = 0;
    for (size_t i = 0; i < sizeof raw; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = hex_digit((unsigned)raw[i] >> 4);
        out[at++] = hex_digit(raw[i]);
    }
    out[at] = '\0';
}
