#ifndef GW_BASE_NAME_H
#define GW_BASE_NAME_H
/* The forms that names and ids from outside must have before they reach a path or a command. */

#include <stdbool.h>
#include <stddef.h>

enum {
    GW_NAME_MAX = 63,       /* guests, hosts, pools, bridges: a DNS label's length */
    GW_UUID_LEN = 36,       /* 8-4-4-4-12 lower-case hex */
    GW_FILE_NAME_MAX = 128, /* well under NAME_MAX 255 with our suffixes added */
};

/* A letter, then letters, digits, '-' and '_'; at most @max bytes. */
bool gw_name_is_valid(const char *name, size_t max);
/* A single path component: letters, digits, '.', '-', '_'; no leading dot or '-', no "..";
 * at most GW_FILE_NAME_MAX bytes. */
bool gw_file_name_is_valid(const char *name);
bool gw_uuid_is_valid(const char *text);
/* aa:bb:cc:dd:ee:ff, lower or upper case, unicast. */
bool gw_mac_is_valid(const char *text);

#endif
