#ifndef GW_BASE_STR_H
#define GW_BASE_STR_H
/* A growing byte string with a maximum given at init. Appending past the maximum, or without
 * memory, makes it failed: later appends do nothing, and gw_str_ok() says so once at the end. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct gw_str {
    char *data; /* always ends in a NUL that does not count, or NULL while nothing was appended */
    size_t len;
    size_t cap;
    size_t max_bytes;
    bool is_failed;
};

void gw_str_init(struct gw_str *s, size_t max_bytes);
void gw_str_fini(struct gw_str *s);
/* Empty it, keep the memory, forget a failure. */
void gw_str_reset(struct gw_str *s);
bool gw_str_ok(const struct gw_str *s);
/* The text; "" when empty. Valid until the next change. */
const char *gw_str_text(const struct gw_str *s);
/* Hand the malloc'd text to the caller and become empty; NULL when failed. */
char *gw_str_take(struct gw_str *s);

void gw_str_append(struct gw_str *s, const char *text);
void gw_str_append_bytes(struct gw_str *s, const void *bytes, size_t len);
void gw_str_appendf(struct gw_str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gw_str_appendv(struct gw_str *s, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Remove @len bytes from the front. */
void gw_str_consume(struct gw_str *s, size_t len);

static inline void gw_scope_gw_str(struct gw_str *s)
{
    gw_str_fini(s);
}
/* For a struct gw_str in automatic storage. */
#define GW_AUTO_STR __attribute__((cleanup(gw_scope_gw_str))) struct gw_str

/* A malloc'd formatted string; NULL without memory. */
char *gw_strf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Copy @text into @buf of @size bytes. Returns 0, or -1 when it does not fit (@buf is then ""). */
int gw_str_copy(char *buf, size_t size, const char *text);

#endif
