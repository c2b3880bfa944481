#ifndef GW_BASE_UTF8_H
#define GW_BASE_UTF8_H
/* UTF-8 (RFC 3629): is it, and making it so. */

#include <stdbool.h>
#include <stddef.h>

/* Length of the UTF-8 sequence at @s (1..4), or 0 when it is not one: overlong forms, surrogates
 * and what lies above U+10FFFF are not. */
size_t gw_utf8_sequence(const char *s, size_t len);
bool gw_utf8_is_valid(const char *s, size_t len);
/* Make @text UTF-8 in place: each byte that is none becomes '?', so its length stays. */
void gw_utf8_repair(char *text);
/* Copy of @text what fits @buf of @size bytes (at least 1) with its end: whole characters only.
 * Bytes that are no UTF-8 become '?'. */
void gw_utf8_copy_cut(char *buf, size_t size, const char *text);

#endif
