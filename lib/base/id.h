#ifndef GW_BASE_ID_H
#define GW_BASE_ID_H
/* Random identifiers. The source of randomness is injected, so that the simulator repeats itself.
 */

#include <stddef.h>

#include "base/name.h"

struct gw_random {
    void (*fill)(void *arg, void *buf, size_t len); /* never fails */
    void *arg;
};

/* The kernel's getrandom(). Static storage. */
const struct gw_random *gw_random_system(void);

/* A version 4 uuid, lower case. */
void gw_uuid_make(const struct gw_random *random, char out[GW_UUID_LEN + 1]);
/* @n_digits lower-case hex digits and a NUL. */
void gw_hex_make(const struct gw_random *random, char *out, size_t n_digits);

#endif
