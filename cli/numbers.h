#ifndef CLI_NUMBERS_H
#define CLI_NUMBERS_H
/* Values of options that are numbers. @name is the option's, for messages; a @text of NULL (not
 * given) leaves *out as it was. Errors: INVALID_ARGUMENT, reason USAGE. */

#include <stdint.h>

#include "base/error.h"

/* A whole number, @min..@max. */
int cli_take_number(const char *name,
                    const char *text,
                    uint32_t min,
                    uint32_t max,
                    uint32_t *out,
                    struct gw_error *err);
/* A cursor of the event stream: a whole number. */
int cli_take_cursor(const char *name, const char *text, uint64_t *out, struct gw_error *err);
/* Whole seconds, 1..3600, as milliseconds. */
int cli_take_seconds(const char *name, const char *text, uint32_t *out_ms, struct gw_error *err);
/* Bytes: a whole number, with K, M, G, T (powers of 1000) or Ki, Mi, Gi, Ti (of 1024). */
int cli_take_bytes(const char *name, const char *text, uint64_t *out, struct gw_error *err);

#endif
