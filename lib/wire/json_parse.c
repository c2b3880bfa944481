/* A strict RFC 8259 parser that builds json-c objects.
 *
 * json-c's own tokener, even in its strict mode, takes the last of two equal keys in silence and
 * cuts numbers that are too large; both would let a request mean something else than it says. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "wire/json_priv.h"

struct parser {
    const char *text;
    const char *at;
    const char *end;
    struct gw_error *err;
};

static json_object *
parse_value(struct parser *p, const struct gw_json_path *path, unsigned depth, bool *out_is_null);

/* Raise an error of the grammar, with line and column for the person who typed it. */
static int fail_here(const struct parser *p, const struct gw_json_path *path, const char *what)
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

static void skip_space(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
        p->at++;
}

static bool next_is(const struct parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

static bool take(struct parser *p, char c)
{
    if (!next_is(p, c))
        return false;
    p->at++;
    return true;
}

static int take_hex4(struct parser *p, uint32_t *out)
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
static int take_unicode(struct parser *p, struct gw_str *out)
{
    uint32_t c;
    if (take_hex4(p, &c) < 0)
        return -1;
    if (c == 0 || (c >= 0xdc00 && c <= 0xdfff))
        return -1;
    if (c >= 0xd800 && c <= 0xdbff) {
        uint32_t low;
        if (!take(p, '\\') || !take(p, 'u') || take_hex4(p, &low) < 0 || low < 0xdc00 ||
            low > 0xdfff)
            return -1;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, c);
    return 0;
}

static int take_escape(struct parser *p, struct gw_str *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (take(p, 'u'))
        return take_unicode(p, out);
    const char *found = p->at < p->end && *p->at ? strchr(letters, *p->at) : NULL;
    if (!found)
        return -1;
    p->at++;
    gw_str_append_bytes(out, &meanings[found - letters], 1);
    return 0;
}

static int parse_string(struct parser *p, const struct gw_json_path *path, struct gw_str *out)
{
    p->at++; /* the opening quote */
    while (p->at < p->end && *p->at != '"') {
        if (*p->at == '\\') {
            p->at++;
            if (take_escape(p, out) < 0)
                return fail_here(p, path, "bad escape in a string");
            continue;
        }
        if ((unsigned char)*p->at < 0x20)
            return fail_here(p, path, "control character in a string");
        size_t n = gw_utf8_sequence(p->at, (size_t)(p->end - p->at));
        if (n == 0)
            return fail_here(p, path, "a string that is not UTF-8");
        gw_str_append_bytes(out, p->at, n);
        p->at += n;
    }
    if (!take(p, '"'))
        return fail_here(p, path, "a string without its end");
    return gw_str_ok(out) ? 0 : gw_error_set_nomem(p->err, "reading JSON");
}

static bool skip_digits(struct parser *p)
{
    const char *from = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return p->at > from;
}

/* Move over a number of the grammar; *@out_is_integer when it has neither fraction nor exponent. */
static int skip_number(struct parser *p, bool *out_is_integer)
{
    *out_is_integer = true;
    (void)take(p, '-');
    if (!take(p, '0') && !skip_digits(p))
        return -1;
    if (take(p, '.')) {
        *out_is_integer = false;
        if (!skip_digits(p))
            return -1;
    }
    if (take(p, 'e') || take(p, 'E')) {
        *out_is_integer = false;
        if (!take(p, '+'))
            (void)take(p, '-');
        if (!skip_digits(p))
            return -1;
    }
    return 0;
}

static json_object *
number_from_text(struct parser *p, const struct gw_json_path *path, const char *text, bool is_int)
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

static json_object *parse_number(struct parser *p, const struct gw_json_path *path)
{
    enum { NUMBER_MAX = 64 }; /* a double's shortest exact form has 24 */
    const char *from = p->at;
    bool is_integer;
    if (skip_number(p, &is_integer) < 0 || p->at == from) {
        fail_here(p, path, "expected a value");
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

static json_object *parse_array(struct parser *p, const struct gw_json_path *path, unsigned depth)
{
    json_object *array = json_object_new_array();
    struct gw_json_path step = {.up = path};
    p->at++;
    skip_space(p);
    if (take(p, ']'))
        return array;
    for (;; step.index++) {
        bool is_null;
        json_object *value = parse_value(p, &step, depth + 1, &is_null);
        if (!value && !is_null)
            break;
        if (!array || json_object_array_add(array, value) < 0) {
            json_object_put(value);
            gw_error_set_nomem(p->err, "reading JSON");
            break;
        }
        skip_space(p);
        if (take(p, ']'))
            return array;
        if (!take(p, ',')) {
            fail_here(p, path, "expected ',' or ']'");
            break;
        }
    }
    json_object_put(array);
    return NULL;
}

/* One "key": value. */
static int
parse_member(struct parser *p, const struct gw_json_path *path, unsigned depth, json_object *object)
{
    skip_space(p);
    if (!next_is(p, '"'))
        return fail_here(p, path, "expected a key in quotes");
    GW_AUTO_STR key;
    gw_str_init(&key, (size_t)(p->end - p->at));
    if (parse_string(p, path, &key) < 0)
        return -1;
    struct gw_json_path step = {.up = path, .key = gw_str_text(&key)};
    if (json_object_object_get_ex(object, step.key, NULL))
        return gw_json_fail(p->err, &step, "is there twice");
    skip_space(p);
    if (!take(p, ':'))
        return fail_here(p, &step, "expected ':'");
    bool is_null;
    json_object *value = parse_value(p, &step, depth + 1, &is_null);
    if (!value && !is_null)
        return -1;
    if (json_object_object_add(object, step.key, value) < 0) {
        json_object_put(value);
        return gw_error_set_nomem(p->err, "reading JSON");
    }
    return 0;
}

static json_object *parse_object(struct parser *p, const struct gw_json_path *path, unsigned depth)
{
    json_object *object = json_object_new_object();
    if (!object) {
        gw_error_set_nomem(p->err, "reading JSON");
        return NULL;
    }
    p->at++;
    skip_space(p);
    if (take(p, '}'))
        return object;
    while (parse_member(p, path, depth, object) == 0) {
        skip_space(p);
        if (take(p, '}'))
            return object;
        if (!take(p, ',')) {
            fail_here(p, path, "expected ',' or '}'");
            break;
        }
    }
    json_object_put(object);
    return NULL;
}

static bool take_word(struct parser *p, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len) != 0)
        return false;
    p->at += len;
    return true;
}

static json_object *
parse_value(struct parser *p, const struct gw_json_path *path, unsigned depth, bool *out_is_null)
{
    *out_is_null = false;
    skip_space(p);
    if (depth > GW_JSON_DEPTH_MAX) {
        gw_json_fail(p->err, path, "is nested deeper than %d levels", GW_JSON_DEPTH_MAX);
        return NULL;
    }
    if (next_is(p, '{'))
        return parse_object(p, path, depth);
    if (next_is(p, '['))
        return parse_array(p, path, depth);
    if (next_is(p, '"')) {
        GW_AUTO_STR text;
        gw_str_init(&text, (size_t)(p->end - p->at));
        if (parse_string(p, path, &text) < 0)
            return NULL;
        return json_object_new_string_len(gw_str_text(&text), (int)text.len);
    }
    if (take_word(p, "true"))
        return json_object_new_boolean(1);
    if (take_word(p, "false"))
        return json_object_new_boolean(0);
    if (take_word(p, "null")) {
        *out_is_null = true;
        return NULL;
    }
    return parse_number(p, path);
}

json_object *gw_json_parse(const char *text, size_t len, struct gw_error *err)
{
    struct gw_error why = {0};
    struct parser p = {.text = text, .at = text, .end = text + len, .err = &why};
    json_object *object = NULL;
    skip_space(&p);
    if (next_is(&p, '{'))
        object = parse_object(&p, NULL, 1);
    else
        fail_here(&p, NULL, "expected an object");
    skip_space(&p);
    if (object && p.at != p.end) {
        fail_here(&p, NULL, "something follows the object");
        json_object_put(object);
        object = NULL;
    }
    if (!object && !gw_error_is_set(&why)) /* json-c says so by NULL alone */
        gw_error_set_nomem(&why, "reading JSON");
    if (!object && err)
        *err = why;
    return object;
}
