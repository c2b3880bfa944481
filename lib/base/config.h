#ifndef GW_BASE_CONFIG_H
#define GW_BASE_CONFIG_H
/* A program's settings from one table, which drives parsing, --dump-config, --check and the man
 * page. Files are lines of `key = value`; '#' starts a comment line; a repeatable key may stand on
 * several lines; an unknown key is an error. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum gw_config_type {
    GW_CONFIG_TEXT, /* char *: UTF-8 text without control characters */
    GW_CONFIG_NAME, /* char *: gw_name_is_valid() */
    GW_CONFIG_PATH, /* char *: an absolute path */
    GW_CONFIG_LIST, /* struct gw_config_list: repeatable text */
    GW_CONFIG_U64,  /* uint64_t */
    GW_CONFIG_BOOL, /* bool: true or false */
};

struct gw_config_list {
    char **items;
    size_t n_items;
};

struct gw_config_key {
    const char *key;
    enum gw_config_type type;
    size_t offset;         /* of the field in the program's settings struct */
    const char *otherwise; /* default as it would stand in a file; NULL: the key is required,
                              except a list, which is then empty */
    uint64_t min, max;     /* U64 only */
    const char *help;      /* one sentence with the unit */
};

enum {
    GW_CONFIG_FILE_MAX = 64 * 1024, /* bytes of a settings file: a thousand long lines */
    GW_CONFIG_LIST_MAX = 64,        /* lines of one repeatable key: pools and bridges of a host */
};

/* Fill @settings (zeroed by the caller) from @text. @name is used in messages: "NAME:LINE: ...".
 * On failure @settings holds what was parsed so far; gw_config_fini() releases it either way.
 * Errors: INVALID_ARGUMENT, with key and line. */
int gw_config_parse(const struct gw_config_key *keys,
                    size_t n_keys,
                    const char *name,
                    const char *text,
                    void *settings,
                    struct gw_error *err);
/* The same from a file. Errors: those of gw_file_read() and gw_config_parse(). */
int gw_config_load(const struct gw_config_key *keys,
                   size_t n_keys,
                   const char *path,
                   void *settings,
                   struct gw_error *err);
/* Print @settings as a file that parses to the same; malloc'd. NULL without memory. */
char *gw_config_dump(const struct gw_config_key *keys, size_t n_keys, const void *settings);
void gw_config_fini(const struct gw_config_key *keys, size_t n_keys, void *settings);

#endif
