#ifndef TGT_ATTEMPT_H
#define TGT_ATTEMPT_H
/* Who is acting on what, as a plain struct (godwit.v1.Attempt). */

#include <stdint.h>

#include "base/name.h"

struct tgt_attempt {
    char guest_uuid[GW_UUID_LEN + 1];
    char migration_id[GW_NAME_MAX + 1]; /* letters, digits, '-', '_'; "": no migration */
    uint32_t attempt;                   /* from 1 */
    uint64_t epoch;                     /* from 1 */
};

#endif
