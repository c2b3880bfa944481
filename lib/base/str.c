#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

void gw_str_init(struct gw_str *s, size_t max_bytes)
{
    *s = (struct gw_str){.max_bytes = max_bytes};
}

void gw_str_fini(struct gw_str *s)
{
    if (!s)
        return;
    free(s->data);
    *s = (struct gw_str){.max_bytes = s->max_bytes};
}

void gw_str_reset(struct gw_str *s)
{
    s->len = 0;
    s->is_failed = false;
    if (s->data)
        s->data[0] = '\0';
}

bool gw_str_ok(const struct gw_str *s)
{
    return !s->is_failed;
}

const char *gw_str_text(const struct gw_str *s)
{
    return s->data ? s->data : "";
}

char *gw_str_take(struct gw_str *s)
{
    char *text = NULL;
    if (!s->is_failed)
        text = s->data ? s->data : calloc(1, 1);
    if (text == s->data)
        s->data = NULL;
    gw_str_fini(s);
    return text;
}

/* Make room for @extra bytes and the NUL. */
static bool reserve(struct gw_str *s, size_t extra)
{
    if (s->is_failed)
        return false;
    if (extra > s->max_bytes || s->len > s->max_bytes - extra) {
        s->is_failed = true;
        return false;
    }
    size_t need = s->len + extra + 1;
    if (need <= s->cap)
        return true;
    size_t cap = s->cap ? s->cap : FIRST_CAP;
    while (cap < need)
        cap *= 2;
    char *grown = realloc(s->data, cap);
    if (!grown) {
        s->is_failed = true;
        return false;
    }
    s->data = grown;
    s->cap = cap;
    return true;
}

void gw_str_append_bytes(struct gw_str *s, const void *bytes, size_t len)
{
    if (!reserve(s, len))
        return;
    if (len)
        memcpy(s->data + s->len, bytes, len);
    s->len += len;
    s->data[s->len] = '\0';
}

void gw_str_append(struct gw_str *s, const char *text)
{
    gw_str_append_bytes(s, text, strlen(text));
}

void gw_str_appendv(struct gw_str *s, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0)
        s->is_failed = true;
    else if (reserve(s, (size_t)n)) {
        (void)vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
        s->len += (size_t)n;
    }
    va_end(again);
}

void gw_str_appendf(struct gw_str *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    gw_str_appendv(s, fmt, args);
    va_end(args);
}

void gw_str_consume(struct gw_str *s, size_t len)
{
    if (len >= s->len) {
        s->len = 0;
        if (s->data)
            s->data[0] = '\0';
        return;
    }
    memmove(s->data, s->data + len, s->len - len + 1);
    s->len -= len;
}

char *gw_strf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = NULL;
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    return n < 0 ? NULL : text;
}

int gw_str_copy(char *buf, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (len >= size) {
        buf[0] = '\0';
        return -1;
    }
    memcpy(buf, text, len + 1);
    return 0;
}
