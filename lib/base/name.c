#include "base/name.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool gw_name_is_valid(const char *name, size_t max)
{
    if (!name || !is_letter(name[0]))
        return false;
    size_t n = 0;
    for (; name[n]; n++) {
        if (n == max)
            return false;
        if (!is_letter(name[n]) && !is_digit(name[n]) && name[n] != '-' && name[n] != '_')
            return false;
    }
    return true;
}

bool gw_file_name_is_valid(const char *name)
{
    if (!name || !(is_letter(name[0]) || is_digit(name[0]) || name[0] == '_'))
        return false;
    size_t n = 0;
    for (; name[n]; n++) {
        if (n == GW_FILE_NAME_MAX)
            return false;
        if (!is_letter(name[n]) && !is_digit(name[n]) && !strchr(".-_", name[n]))
            return false;
    }
    return strstr(name, "..") == NULL;
}

bool gw_uuid_is_valid(const char *text)
{
    if (!text || strlen(text) != GW_UUID_LEN)
        return false;
    for (size_t i = 0; i < GW_UUID_LEN; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : !(is_hex(text[i]) && !(text[i] >= 'A' && text[i] <= 'F')))
            return false;
    }
    return true;
}

bool gw_mac_is_valid(const char *text)
{
    if (!text || strlen(text) != 17)
        return false;
    for (size_t i = 0; i < 17; i++) {
        if (i % 3 == 2 ? text[i] != ':' : !is_hex(text[i]))
            return false;
    }
    /* The lowest bit of the first octet marks a group address. */
    return strchr("02468aceACE", text[1]) != NULL;
}
