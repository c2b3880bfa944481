#ifndef GW_BASE_UTF8_H
#define GW_BASE_UTF8_H
/* Is it UTF-8 (RFC 3629)? */

#include <stdbool.h>
#include <stddef.h>

/* Length of the UTF-8 sequence at @s (1..4), or 0 when it is not one: overlong forms, surrogates
 * and what lies above U+10FFFF are not. */
size_t gw_utf8_sequence(const char *s, size_t len);
bool gw_utf8_is_valid(const char *s, size_t len);
/* Make @text UTF-8 in place: each byte that is none becomes '?', so its length stays. */
void gw_utf8_repair(char *text);

#endif
