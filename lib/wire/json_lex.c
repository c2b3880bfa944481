/* Strings and numbers of RFC 8259, strictly. */
#include "wire/json_lex.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int gw_json_fail_here(const struct gw_json_lexer *p,
                      const struct gw_json_path *path,
                      const char *what)
{
    size_t line = 1;
    const char *start = p->text;
    for (const char *c = p->text; c < p->at && c < p->end; c++) {
        if (*c == '\n') {
            line++;
            start = c + 1;
        }
    }
    return gw_json_fail(p->err, path, "is not valid JSON at line %zu column %zu: %s", line,
                        (size_t)(p->at - start) + 1, what);
}

void gw_json_skip_space(struct gw_json_lexer *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
        p->at++;
}

bool gw_json_next_is(const struct gw_json_lexer *p, char c)
{
    return p->at < p->end && *p->at == c;
}

bool gw_json_take(struct gw_json_lexer *p, char c)
{
    if (!gw_json_next_is(p, c))
        return false;
    p->at++;
    return true;
}

static int take_hex4(struct gw_json_lexer *p, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        if (p->at >= p->end)
            return -1;
        char c = *p->at++;
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A' + 10);
        else
            return -1;
        value = value << 4 | digit;
    }
    *out = value;
    return 0;
}

static void append_utf8(struct gw_str *out, uint32_t c)
{
    char b[4];
    size_t n = 0;
    if (c < 0x80) {
        b[n++] = (char)c;
    } else if (c < 0x800) {
        b[n++] = (char)(0xc0 | c >> 6);
        b[n++] = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        b[n++] = (char)(0xe0 | c >> 12);
        b[n++] = (char)(0x80 | (c >> 6 & 63));
        b[n++] = (char)(0x80 | (c & 63));
    } else {
        b[n++] = (char)(0xf0 | c >> 18);
        b[n++] = (char)(0x80 | (c >> 12 & 63));
        b[n++] = (char)(0x80 | (c >> 6 & 63));
        b[n++] = (char)(0x80 | (c & 63));
    }
    gw_str_append_bytes(out, b, n);
}

/* After "\u": one escape, or two that make a surrogate pair. */
static int take_unicode(struct gw_json_lexer *p, struct gw_str *out)
{
    uint32_t c;
    if (take_hex4(p, &c) < 0)
        return -1;
    if (c == 0 || (c >= 0xdc00 && c <= 0xdfff))
        return -1;
    if (c >= 0xd800 && c <= 0xdbff) {
        uint32_t low;
        if (!gw_json_take(p, '\\') || !gw_json_take(p, 'u') || take_hex4(p, &low) < 0 ||
            low < 0xdc00 || low > 0xdfff)
            return -1;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, c);
    return 0;
}

static int take_escape(struct gw_json_lexer *p, struct gw_str *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (gw_json_take(p, 'u'))
        return take_unicode(p, out);
    const char *found = p->at < p->end && *p->at ? strchr(letters, *p->at) : NULL;
    if (!found)
        return -1;
    p->at++;
    gw_str_append_bytes(out, &meanings[found - letters], 1);
    return 0;
}

int gw_json_take_string(struct gw_json_lexer *p,
                        const struct gw_json_path *path,
                        struct gw_str *out)
{
    p->at++; /* the opening quote */
    while (p->at < p->end && *p->at != '"') {
        if (*p->at == '\\') {
            p->at++;
            if (take_escape(p, out) < 0)
                return gw_json_fail_here(p, path, "bad escape in a string");
            continue;
        }
        if ((unsigned char)*p->at < 0x20)
            return gw_json_fail_here(p, path, "control character in a string");
        size_t n = gw_utf8_sequence(p->at, (size_t)(p->end - p->at));
        if (n == 0)
            return gw_json_fail_here(p, path, "a string that is not UTF-8");
        gw_str_append_bytes(out, p->at, n);
        p->at += n;
    }
    if (!gw_json_take(p, '"'))
        return gw_json_fail_here(p, path, "a string without its end");
    return gw_str_ok(out) ? 0 : gw_error_set_nomem(p->err, "reading JSON");
}

static bool skip_digits(struct gw_json_lexer *p)
{
    const char *from = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return p->at > from;
}

/* Move over a number of the grammar; *@out_is_integer when it has neither fraction nor exponent. */
static int skip_number(struct gw_json_lexer *p, bool *out_is_integer)
{
    *out_is_integer = true;
    (void)gw_json_take(p, '-');
    if (!gw_json_take(p, '0') && !skip_digits(p))
        return -1;
    if (gw_json_take(p, '.')) {
        *out_is_integer = false;
        if (!skip_digits(p))
            return -1;
    }
    if (gw_json_take(p, 'e') || gw_json_take(p, 'E')) {
        *out_is_integer = false;
        if (!gw_json_take(p, '+'))
            (void)gw_json_take(p, '-');
        if (!skip_digits(p))
            return -1;
    }
    return 0;
}

static json_object *number_from_text(struct gw_json_lexer *p,
                                     const struct gw_json_path *path,
                                     const char *text,
                                     bool is_int)
{
    json_object *value = NULL;
    errno = 0;
    if (is_int) {
        if (text[0] == '-')
            value = json_object_new_int64(strtoll(text, NULL, 10));
        else
            value = json_object_new_uint64(strtoull(text, NULL, 10));
        if (errno == ERANGE) {
            json_object_put(value);
            gw_json_fail(p->err, path, "is a number beyond 64 bits: %.40s", text);
            return NULL;
        }
    } else {
        double number = strtod(text, NULL);
        if (!isfinite(number)) {
            gw_json_fail(p->err, path, "is a number too large: %.40s", text);
            return NULL;
        }
        value = json_object_new_double_s(number, text);
    }
    if (!value)
        gw_error_set_nomem(p->err, "reading JSON");
    return value;
}

json_object *gw_json_take_number(struct gw_json_lexer *p, const struct gw_json_path *path)
{
    enum { NUMBER_MAX = 64 }; /* a double's shortest exact form has 24 */
    const char *from = p->at;
    bool is_integer;
    if (skip_number(p, &is_integer) < 0 || p->at == from) {
        gw_json_fail_here(p, path, "expected a value");
        return NULL;
    }
    char text[NUMBER_MAX + 1];
    size_t len = (size_t)(p->at - from);
    if (len > NUMBER_MAX) {
        gw_json_fail(p->err, path, "is a number of %zu digits; at most %d are taken", len,
                     NUMBER_MAX);
        return NULL;
    }
    memcpy(text, from, len);
    text[len] = '\0';
    return number_from_text(p, path, text, is_integer);
}
