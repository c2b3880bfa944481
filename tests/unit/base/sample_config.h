#ifndef GW_TESTS_UNIT_BASE_SAMPLE_CONFIG_H
#define GW_TESTS_UNIT_BASE_SAMPLE_CONFIG_H
/* A settings table with one key of each type. */

#include "base/config.h"
#include "base/scope.h"

struct sample {
    char *folder;
    char *greeting;
    char *host;
    uint64_t limit;
    bool is_on;
    struct gw_config_list pools;
};

static const struct gw_config_key sample_keys[] = {
    {.key = "folder",
     .type = GW_CONFIG_PATH,
     .offset = offsetof(struct sample, folder),
     .help = "where things lie"},
    {.key = "greeting",
     .type = GW_CONFIG_TEXT,
     .offset = offsetof(struct sample, greeting),
     .otherwise = "hello there",
     .help = "what is said"},
    {.key = "host",
     .type = GW_CONFIG_NAME,
     .offset = offsetof(struct sample, host),
     .otherwise = "h1",
     .help = "name of the host"},
    {.key = "limit",
     .type = GW_CONFIG_U64,
     .offset = offsetof(struct sample, limit),
     .otherwise = "10",
     .min = 1,
     .max = 100,
     .help = "how many"},
    {.key = "is_on",
     .type = GW_CONFIG_BOOL,
     .offset = offsetof(struct sample, is_on),
     .otherwise = "false",
     .help = "whether"},
    {.key = "pool",
     .type = GW_CONFIG_LIST,
     .offset = offsetof(struct sample, pools),
     .help = "one pool"},
};

static inline int sample_parse(const char *text, struct sample *s, struct gw_error *err)
{
    return gw_config_parse(sample_keys, GW_ARRAY_LEN(sample_keys), "sample.conf", text, s, err);
}

static inline void sample_fini(struct sample *s)
{
    gw_config_fini(sample_keys, GW_ARRAY_LEN(sample_keys), s);
}

#endif
