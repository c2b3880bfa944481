#ifndef GW_WIRE_JSON_LEX_H
#define GW_WIRE_JSON_LEX_H
/* The words of JSON text: what json_parse.c puts together. */

#include "wire/json_priv.h"

struct gw_json_lexer {
    const char *text;
    const char *at;
    const char *end;
    struct gw_error *err;
    size_t n_values; /* begun so far */
};

/* Raise an error of the grammar, with line and column for the person who typed it. Returns -1. */
int gw_json_fail_here(const struct gw_json_lexer *p,
                      const struct gw_json_path *path,
                      const char *what);
void gw_json_skip_space(struct gw_json_lexer *p);
bool gw_json_next_is(const struct gw_json_lexer *p, char c);
/* Move over @c if it is next. */
bool gw_json_take(struct gw_json_lexer *p, char c);
/* At an opening quote: append the string's text to @out. */
int gw_json_take_string(struct gw_json_lexer *p,
                        const struct gw_json_path *path,
                        struct gw_str *out);
/* A new number; NULL with err set when there is none, or (err not set) no memory. */
json_object *gw_json_take_number(struct gw_json_lexer *p, const struct gw_json_path *path);

#endif
