#include "base/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/name.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/utf8.h"

static void *field_of(void *settings, const struct gw_config_key *key)
{
    return (char *)settings + key->offset;
}

static const void *field_of_const(const void *settings, const struct gw_config_key *key)
{
    return (const char *)settings + key->offset;
}

static int set_u64(const struct gw_config_key *key, const char *value, uint64_t *out)
{
    if (value[0] < '0' || value[0] > '9')
        return -1; /* strtoull would take a sign */
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    if (errno || *end || n < key->min || n > key->max)
        return -1;
    *out = n;
    return 0;
}

static bool text_is_clean(const char *value)
{
    if (!gw_utf8_is_valid(value, strlen(value)))
        return false; /* these texts go to peers, who refuse it */
    for (; *value; value++) {
        if ((unsigned char)*value < 0x20 || *value == 0x7f)
            return false;
    }
    return true;
}

static bool text_fits(const struct gw_config_key *key, const char *value)
{
    if (!text_is_clean(value))
        return false;
    if (key->type == GW_CONFIG_NAME)
        return gw_name_is_valid(value, GW_NAME_MAX);
    if (key->type == GW_CONFIG_PATH)
        return value[0] == '/';
    return true;
}

static int set_text(char **slot, const char *value, struct gw_error *err)
{
    char *copy = strdup(value);
    if (!copy)
        return gw_error_set_nomem(err, "reading settings");
    free(*slot);
    *slot = copy;
    return 0;
}

static int add_item(const struct gw_config_key *key,
                    struct gw_config_list *list,
                    const char *value,
                    struct gw_error *err)
{
    if (list->n_items == GW_CONFIG_LIST_MAX)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "key %s stands on more than %d lines",
                            key->key, GW_CONFIG_LIST_MAX);
    char **grown = realloc(list->items, (list->n_items + 1) * sizeof *grown);
    if (!grown)
        return gw_error_set_nomem(err, "reading settings");
    list->items = grown;
    list->items[list->n_items] = NULL;
    if (set_text(&list->items[list->n_items], value, err) < 0)
        return -1;
    list->n_items++;
    return 0;
}

static int reject(const struct gw_config_key *key, const char *value, struct gw_error *err)
{
    char quoted[GW_QUOTED_MAX];
    gw_error_quote(quoted, value);
    switch (key->type) {
    case GW_CONFIG_U64:
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "key %s must be a whole number from %llu to %llu, not %s", key->key,
                            (unsigned long long)key->min, (unsigned long long)key->max, quoted);
    case GW_CONFIG_BOOL:
        return gw_error_set(err, GW_INVALID_ARGUMENT, "key %s must be true or false, not %s",
                            key->key, quoted);
    case GW_CONFIG_PATH:
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "key %s must be an absolute path in UTF-8, not %s", key->key, quoted);
    case GW_CONFIG_NAME:
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "key %s must be a letter, then letters, digits, '-' or '_', at most %d "
                            "in all, not %s",
                            key->key, GW_NAME_MAX, quoted);
    case GW_CONFIG_TEXT:
    case GW_CONFIG_LIST:
        break;
    }
    return gw_error_set(err, GW_INVALID_ARGUMENT,
                        "key %s must be UTF-8 text without control characters, not %s", key->key,
                        quoted);
}

static int
set_value(const struct gw_config_key *key, const char *value, void *settings, struct gw_error *err)
{
    void *field = field_of(settings, key);
    switch (key->type) {
    case GW_CONFIG_U64:
        return set_u64(key, value, field) < 0 ? reject(key, value, err) : 0;
    case GW_CONFIG_BOOL:
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return reject(key, value, err);
        *(bool *)field = value[0] == 't';
        return 0;
    case GW_CONFIG_LIST:
        return text_fits(key, value) ? add_item(key, field, value, err) : reject(key, value, err);
    case GW_CONFIG_TEXT:
    case GW_CONFIG_NAME:
    case GW_CONFIG_PATH:
        break;
    }
    return text_fits(key, value) ? set_text(field, value, err) : reject(key, value, err);
}

static const struct gw_config_key *
find_key(const struct gw_config_key *keys, size_t n_keys, const char *word)
{
    for (size_t i = 0; i < n_keys; i++) {
        if (strcmp(keys[i].key, word) == 0)
            return &keys[i];
    }
    return NULL;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]))
        text[--len] = '\0';
    return text;
}

/* One line that is neither empty nor a comment. */
static int parse_line(const struct gw_config_key *keys,
                      size_t n_keys,
                      char *line,
                      bool *is_seen,
                      void *settings,
                      struct gw_error *err)
{
    char quoted[GW_QUOTED_MAX];
    char *equals = strchr(line, '=');
    if (!equals)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "expected 'key = value', not %s",
                            gw_error_quote(quoted, line));
    *equals = '\0';
    const char *word = trim(line);
    const struct gw_config_key *key = find_key(keys, n_keys, word);
    if (!key)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "unknown key %s; --dump-config lists the known ones",
                            gw_error_quote(quoted, word));
    if (is_seen[key - keys] && key->type != GW_CONFIG_LIST)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "key %s stands twice", key->key);
    is_seen[key - keys] = true;
    return set_value(key, trim(equals + 1), settings, err);
}

static int fill_defaults(const struct gw_config_key *keys,
                         size_t n_keys,
                         const bool *is_seen,
                         const char *name,
                         void *settings,
                         struct gw_error *err)
{
    for (size_t i = 0; i < n_keys; i++) {
        if (is_seen[i] || (keys[i].type == GW_CONFIG_LIST && !keys[i].otherwise))
            continue;
        if (!keys[i].otherwise)
            return gw_error_set(err, GW_INVALID_ARGUMENT, "%s: key %s is missing", name,
                                keys[i].key);
        if (set_value(&keys[i], keys[i].otherwise, settings, err) < 0)
            return gw_error_wrap(err, "default of %s", keys[i].key);
    }
    return 0;
}

int gw_config_parse(const struct gw_config_key *keys,
                    size_t n_keys,
                    const char *name,
                    const char *text,
                    void *settings,
                    struct gw_error *err)
{
    GW_AUTO_FREE char *copy = strdup(text);
    GW_AUTO_FREE bool *is_seen = calloc(n_keys ? n_keys : 1, sizeof *is_seen);
    if (!copy || !is_seen)
        return gw_error_set_nomem(err, "reading settings");
    unsigned line_number = 0;
    for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
        line_number++;
        line = trim(line);
        if (!*line || *line == '#')
            continue;
        if (parse_line(keys, n_keys, line, is_seen, settings, err) < 0)
            return gw_error_wrap(err, "%s:%u", name, line_number);
    }
    return fill_defaults(keys, n_keys, is_seen, name, settings, err);
}

int gw_config_load(const struct gw_config_key *keys,
                   size_t n_keys,
                   const char *path,
                   void *settings,
                   struct gw_error *err)
{
    size_t len = 0;
    GW_AUTO_FREE char *text = gw_file_read(path, GW_CONFIG_FILE_MAX, &len, err);
    if (!text)
        return -1;
    if (strlen(text) != len)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "%s holds a NUL byte", path);
    return gw_config_parse(keys, n_keys, path, text, settings, err);
}

static void dump_key(struct gw_str *out, const struct gw_config_key *key, const void *settings)
{
    const void *field = field_of_const(settings, key);
    gw_str_appendf(out, "# %s\n", key->help);
    switch (key->type) {
    case GW_CONFIG_U64:
        gw_str_appendf(out, "%s = %llu\n", key->key, (unsigned long long)*(const uint64_t *)field);
        return;
    case GW_CONFIG_BOOL:
        gw_str_appendf(out, "%s = %s\n", key->key, *(const bool *)field ? "true" : "false");
        return;
    case GW_CONFIG_LIST: {
        const struct gw_config_list *list = field;
        for (size_t i = 0; i < list->n_items; i++)
            gw_str_appendf(out, "%s = %s\n", key->key, list->items[i]);
        return;
    }
    case GW_CONFIG_TEXT:
    case GW_CONFIG_NAME:
    case GW_CONFIG_PATH:
        break;
    }
    const char *text = *(char *const *)field;
    gw_str_appendf(out, "%s = %s\n", key->key, text ? text : "");
}

char *gw_config_dump(const struct gw_config_key *keys, size_t n_keys, const void *settings)
{
    struct gw_str out;
    gw_str_init(&out, (size_t)2 * GW_CONFIG_FILE_MAX);
    for (size_t i = 0; i < n_keys; i++)
        dump_key(&out, &keys[i], settings);
    return gw_str_take(&out);
}

void gw_config_fini(const struct gw_config_key *keys, size_t n_keys, void *settings)
{
    for (size_t i = 0; i < n_keys; i++) {
        void *field = field_of(settings, &keys[i]);
        if (keys[i].type == GW_CONFIG_LIST) {
            struct gw_config_list *list = field;
            for (size_t j = 0; j < list->n_items; j++)
                free(list->items[j]);
            free(list->items);
            *list = (struct gw_config_list){0};
        } else if (keys[i].type != GW_CONFIG_U64 && keys[i].type != GW_CONFIG_BOOL) {
            free(*(char **)field);
            *(char **)field = NULL;
        }
    }
}
