/* The witness's part of the kernel command line. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "witness/witness.h"

enum { WORD_MAX = 128, STRIPES_MAX = 1024 };

static int parse_size(const char *text, uint64_t *out)
{
    char *end;
    int shift = 0;

    errno = 0;
    *out = strtoull(text, &end, 10);
    if (*end == 'K')
        shift = 10;
    else if (*end == 'M')
        shift = 20;
    else if (*end == 'G')
        shift = 30;
    *out <<= shift;
    return errno != 0 || end == text || end[shift ? 1 : 0] != '\0' ? -1 : 0;
}

static int parse_peer(const char *text, struct sockaddr_in *out)
{
    char host[INET_ADDRSTRLEN];
    const char *colon = strchr(text, ':');
    uint64_t port;

    if (colon == NULL || (size_t)(colon - text) >= sizeof host ||
        parse_size(colon + 1, &port) < 0 || port == 0 || port > UINT16_MAX)
        return -1;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    out->sin_family = AF_INET;
    out->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &out->sin_addr) == 1 ? 0 : -1;
}

static int parse_word(const char *key, const char *value, struct wit_settings *out)
{
    uint64_t port;

    if (strcmp(key, "memory") == 0)
        return parse_size(value, &out->memory_bytes);
    if (strcmp(key, "rate") == 0)
        return parse_size(value, &out->memory_rate);
    if (strcmp(key, "still") == 0)
        return parse_size(value, &out->still_bytes);
    if (strcmp(key, "disk_rate") == 0)
        return parse_size(value, &out->disk_rate) < 0 || out->disk_rate == 0 ? -1 : 0;
    if (strcmp(key, "stripes") == 0)
        return parse_size(value, &out->disk_stripes) < 0 || out->disk_stripes == 0 ||
                       out->disk_stripes > STRIPES_MAX
                   ? -1
                   : 0;
    if (strcmp(key, "peer") == 0)
        return parse_peer(value, &out->peer);
    if (strcmp(key, "ip") == 0) /* the init script's */
        return 0;
    if (strcmp(key, "button") == 0) {
        out->is_deaf = strcmp(value, "ignore") == 0;
        return out->is_deaf ? 0 : -1;
    }
    if (strcmp(key, "disk") == 0)
        return snprintf(out->disk, sizeof out->disk, "%s", value) < (int)sizeof out->disk ? 0 : -1;
    if (strcmp(key, "tcp") != 0 || parse_size(value, &port) < 0 || port > UINT16_MAX)
        return -1;
    out->tcp_port = (uint16_t)port;
    return 0;
}

int wit_settings_parse(const char *cmdline, struct wit_settings *out)
{
    static const char prefix[] = "witness.";

    *out = (struct wit_settings){.memory_bytes = 64u << 20,
                                 .memory_rate = 16u << 20,
                                 .still_bytes = 64u << 20,
                                 .disk_rate = 100,
                                 .disk_stripes = 16,
                                 .disk = "/dev/vda",
                                 .tcp_port = 7002};
    if (parse_peer("10.90.3.1:7001", &out->peer) < 0)
        return -1;
    for (const char *at = cmdline; *at != '\0';) {
        size_t n = strcspn(at, " \n");
        char word[WORD_MAX], *equals;

        if (n > sizeof prefix - 1 && n < sizeof word &&
            memcmp(at, prefix, sizeof prefix - 1) == 0) {
            memcpy(word, at + sizeof prefix - 1, n - (sizeof prefix - 1));
            word[n - (sizeof prefix - 1)] = '\0';
            equals = strchr(word, '=');
            if (equals != NULL)
                *equals++ = '\0';
            if (equals == NULL || parse_word(word, equals, out) < 0) {
                fprintf(stderr, "witness: \"%.*s\" on the kernel command line is not valid\n",
                        (int)n, at);
                return -1;
            }
        }
        at += n + (at[n] != '\0');
    }
    return 0;
}
