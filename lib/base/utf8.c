#include "base/utf8.h"

#include <string.h>

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

size_t gw_utf8_sequence(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;
    if (len == 0)
        return 0;
    if (u[0] < 0x80)
        return 1;
    if (u[0] >= 0xc2 && u[0] <= 0xdf)
        return len >= 2 && is_tail(u[1]) ? 2 : 0;
    if (u[0] >= 0xe0 && u[0] <= 0xef) {
        if (len < 3 || !is_tail(u[1]) || !is_tail(u[2]))
            return 0;
        bool is_overlong = u[0] == 0xe0 && u[1] < 0xa0;
        bool is_surrogate = u[0] == 0xed && u[1] >= 0xa0;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    if (u[0] >= 0xf0 && u[0] <= 0xf4) {
        if (len < 4 || !is_tail(u[1]) || !is_tail(u[2]) || !is_tail(u[3]))
            return 0;
        bool is_overlong = u[0] == 0xf0 && u[1] < 0x90;
        bool is_too_high = u[0] == 0xf4 && u[1] > 0x8f;
        return is_overlong || is_too_high ? 0 : 4;
    }
    return 0;
}

bool gw_utf8_is_valid(const char *s, size_t len)
{
    while (len > 0) {
        size_t n = gw_utf8_sequence(s, len);
        if (n == 0)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

void gw_utf8_repair(char *text)
{
    for (size_t len = strlen(text); len > 0;) {
        size_t n = gw_utf8_sequence(text, len);
        if (n == 0) {
            *text = '?';
            n = 1;
        }
        text += n;
        len -= n;
    }
}

void gw_utf8_copy_cut(char *buf, size_t size, const char *text)
{
    size_t left = strlen(text);
    size_t len = 0;
    while (left > 0) {
        size_t n = gw_utf8_sequence(text, left);
        size_t step = n ? n : 1;
        if (len + step >= size)
            break;
        memcpy(buf + len, n ? text : "?", step);
        text += step;
        left -= step;
        len += step;
    }
    buf[len] = '\0';
}
