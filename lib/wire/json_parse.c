/* A strict RFC 8259 parser that builds json-c objects.
 *
 * json-c's own tokener, even in its strict mode, takes the last of two equal keys in silence and
 * cuts numbers that are too large; both would let a request mean something else than it says. */
#include <string.h>

#include "wire/json_lex.h"

static json_object *parse_value(struct gw_json_lexer *p,
                                const struct gw_json_path *path,
                                unsigned depth,
                                bool *out_is_null);

static json_object *
parse_array(struct gw_json_lexer *p, const struct gw_json_path *path, unsigned depth)
{
    json_object *array = json_object_new_array();
    struct gw_json_path step = {.up = path};
    p->at++;
    gw_json_skip_space(p);
    if (gw_json_take(p, ']'))
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
        gw_json_skip_space(p);
        if (gw_json_take(p, ']'))
            return array;
        if (!gw_json_take(p, ',')) {
            gw_json_fail_here(p, path, "expected ',' or ']'");
            break;
        }
    }
    json_object_put(array);
    return NULL;
}

/* One "key": value. */
static int parse_member(struct gw_json_lexer *p,
                        const struct gw_json_path *path,
                        unsigned depth,
                        json_object *object)
{
    gw_json_skip_space(p);
    if (!gw_json_next_is(p, '"'))
        return gw_json_fail_here(p, path, "expected a key in quotes");
    GW_AUTO_STR key;
    gw_str_init(&key, (size_t)(p->end - p->at));
    if (gw_json_take_string(p, path, &key) < 0)
        return -1;
    struct gw_json_path step = {.up = path, .key = gw_str_text(&key)};
    if (json_object_object_get_ex(object, step.key, NULL))
        return gw_json_fail(p->err, &step, "is there twice");
    gw_json_skip_space(p);
    if (!gw_json_take(p, ':'))
        return gw_json_fail_here(p, &step, "expected ':'");
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

static json_object *
parse_object(struct gw_json_lexer *p, const struct gw_json_path *path, unsigned depth)
{
    json_object *object = json_object_new_object();
    if (!object) {
        gw_error_set_nomem(p->err, "reading JSON");
        return NULL;
    }
    p->at++;
    gw_json_skip_space(p);
    if (gw_json_take(p, '}'))
        return object;
    while (parse_member(p, path, depth, object) == 0) {
        gw_json_skip_space(p);
        if (gw_json_take(p, '}'))
            return object;
        if (!gw_json_take(p, ',')) {
            gw_json_fail_here(p, path, "expected ',' or '}'");
            break;
        }
    }
    json_object_put(object);
    return NULL;
}

static bool take_word(struct gw_json_lexer *p, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len) != 0)
        return false;
    p->at += len;
    return true;
}

static json_object *parse_value(struct gw_json_lexer *p,
                                const struct gw_json_path *path,
                                unsigned depth,
                                bool *out_is_null)
{
    *out_is_null = false;
    gw_json_skip_space(p);
    if (depth > GW_JSON_DEPTH_MAX) {
        gw_json_fail(p->err, path, "is nested deeper than %d levels", GW_JSON_DEPTH_MAX);
        return NULL;
    }
    if (++p->n_values > GW_JSON_VALUES_MAX) {
        gw_json_fail(p->err, path, "is one value too many: a text may hold %d", GW_JSON_VALUES_MAX);
        return NULL;
    }
    if (gw_json_next_is(p, '{'))
        return parse_object(p, path, depth);
    if (gw_json_next_is(p, '['))
        return parse_array(p, path, depth);
    if (gw_json_next_is(p, '"')) {
        GW_AUTO_STR text;
        gw_str_init(&text, (size_t)(p->end - p->at));
        if (gw_json_take_string(p, path, &text) < 0)
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
    return gw_json_take_number(p, path);
}

json_object *gw_json_parse(const char *text, size_t len, struct gw_error *err)
{
    struct gw_error why = {0};
    struct gw_json_lexer p = {.text = text, .at = text, .end = text + len, .err = &why};
    json_object *object = NULL;
    gw_json_skip_space(&p);
    if (gw_json_next_is(&p, '{'))
        object = parse_object(&p, NULL, 1);
    else
        gw_json_fail_here(&p, NULL, "expected an object");
    gw_json_skip_space(&p);
    if (object && p.at != p.end) {
        gw_json_fail_here(&p, NULL, "something follows the object");
        json_object_put(object);
        object = NULL;
    }
    if (!object && !gw_error_is_set(&why)) /* json-c says so by NULL alone */
        gw_error_set_nomem(&why, "reading JSON");
    if (!object && err)
        *err = why;
    return object;
}
