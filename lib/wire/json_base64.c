#include <stdlib.h>
#include <string.h>

#include "wire/json_priv.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *gw_json_base64_encode(const uint8_t *data, size_t len)
{
    char *text = malloc((len + 2) / 3 * 4 + 1);
    if (!text)
        return NULL;
    char *at = text;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)data[i] << 16;
        if (left > 1)
            bits |= (uint32_t)data[i + 1] << 8;
        if (left > 2)
            bits |= data[i + 2];
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        *at++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? alphabet[bits & 63] : '=';
    }
    *at = '\0';
    return text;
}

static int digit_of(char c)
{
    if (c == '-')
        c = '+';
    if (c == '_')
        c = '/';
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

int gw_json_base64_decode(const char *text, size_t len, ProtobufCBinaryData *out)
{
    size_t n_digits = len;
    while (n_digits > 0 && len - n_digits < 2 && text[n_digits - 1] == '=')
        n_digits--;
    bool is_padded = n_digits != len;
    if (n_digits % 4 == 1 || (is_padded && len % 4 != 0))
        return -1;
    *out = (ProtobufCBinaryData){0};
    if (n_digits == 0)
        return len == 0 ? 0 : -1;
    uint8_t *data = malloc(n_digits / 4 * 3 + 3);
    if (!data)
        return -2;
    uint32_t bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < n_digits; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0) {
            free(data);
            return -1;
        }
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 0)
            continue;
        unsigned shift = (unsigned)(6 - 2 * (i % 4));
        data[n++] = (uint8_t)(bits >> shift);
    }
    *out = (ProtobufCBinaryData){.len = n, .data = data};
    return 0;
}
