#include "human.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char *cli_human_bytes(char buf[CLI_HUMAN_MAX], uint64_t bytes)
{
    static const char units[] = "KMGTPE";
    if (bytes < 1024) {
        (void)snprintf(buf, CLI_HUMAN_MAX, "%llu B", (unsigned long long)bytes);
        return buf;
    }
    double value = (double)bytes / 1024;
    size_t unit = 0;
    while (value >= 1023.95 && unit + 2 < sizeof units) { /* 1023.95 would print as 1024.0 */
        value /= 1024;
        unit++;
    }
    int digits = value >= 99.95 ? 0 : 1;
    (void)snprintf(buf, CLI_HUMAN_MAX, "%.*f %ciB", digits, value, units[unit]);
    return buf;
}

const char *cli_human_rate(char buf[CLI_HUMAN_MAX], uint64_t bytes_per_s)
{
    char size[CLI_HUMAN_MAX];
    (void)snprintf(buf, CLI_HUMAN_MAX, "%.40s/s", cli_human_bytes(size, bytes_per_s));
    return buf;
}

const char *cli_human_us(char buf[CLI_HUMAN_MAX], uint64_t us)
{
    enum { MS = 1000, S = 1000 * 1000 };
    unsigned long long s = us / S;
    if (us < 10 * MS)
        (void)snprintf(buf, CLI_HUMAN_MAX, "%.1f ms", (double)us / MS);
    else if (us < S)
        (void)snprintf(buf, CLI_HUMAN_MAX, "%llu ms", (unsigned long long)us / MS);
    else if (s < 60)
        (void)snprintf(buf, CLI_HUMAN_MAX, "%.2f s", (double)us / S);
    else if (s < 3600)
        (void)snprintf(buf, CLI_HUMAN_MAX, "%llum%02llus", s / 60, s % 60);
    else
        (void)snprintf(buf, CLI_HUMAN_MAX, "%lluh%02llum", s / 3600, s % 3600 / 60);
    return buf;
}

const char *
cli_human_age(char buf[CLI_HUMAN_MAX], const Google__Protobuf__Timestamp *at, int64_t now_s)
{
    if (!at) {
        (void)snprintf(buf, CLI_HUMAN_MAX, "-");
        return buf;
    }
    long long age = now_s > at->seconds ? now_s - at->seconds : 0;
    if (age < 120)
        (void)snprintf(buf, CLI_HUMAN_MAX, "%llds", age);
    else if (age < 2 * 3600)
        (void)snprintf(buf, CLI_HUMAN_MAX, "%lldm", age / 60);
    else if (age < 2 * 86400)
        (void)snprintf(buf, CLI_HUMAN_MAX, "%lldh", age / 3600);
    else
        (void)snprintf(buf, CLI_HUMAN_MAX, "%lldd", age / 86400);
    return buf;
}

/* Every enum of ours has PREFIX_UNSPECIFIED = 0; the prefix is what its names share. */
static size_t prefix_of(const ProtobufCEnumDescriptor *type)
{
    static const char zero[] = "UNSPECIFIED";
    const ProtobufCEnumValue *first = protobuf_c_enum_descriptor_get_value(type, 0);
    size_t len = first ? strlen(first->name) : 0;
    size_t tail = sizeof zero - 1;
    return len > tail && strcmp(first->name + len - tail, zero) == 0 ? len - tail : 0;
}

const char *cli_human_enum(char buf[CLI_HUMAN_MAX], const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
    if (value == 0) {
        (void)snprintf(buf, CLI_HUMAN_MAX, "-");
        return buf;
    }
    if (!found) {
        (void)snprintf(buf, CLI_HUMAN_MAX, "value %d", value);
        return buf;
    }
    (void)snprintf(buf, CLI_HUMAN_MAX, "%s", found->name + prefix_of(type));
    for (char *c = buf; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return buf;
}
