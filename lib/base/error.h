#ifndef GW_BASE_ERROR_H
#define GW_BASE_ERROR_H
/* Errors as values. What can fail returns 0 / -1 (or NULL) and takes a `struct gw_error *` last,
 * owned by the caller. It is raised once, where it happens, and wrapped going up with what the
 * caller was doing; whoever handles it logs it, once. Passing NULL is allowed everywhere.
 * Texts are cut to their limits and are always UTF-8, as they travel in protobuf strings: what is
 * not, or was cut in the middle of a character, becomes '?'. */

#include <stdbool.h>

#include "base/code.h"

enum {
    GW_ERROR_MESSAGE_MAX = 512, /* a sentence with two quoted names of 63 bytes and a path */
    GW_ERROR_REASON_MAX = 48,   /* longest stable reason code, with its end */
    GW_ERROR_FIELD_MAX = 96,    /* spec.disks[31].size_bytes and longer */
};

struct gw_error {
    enum gw_code code;                  /* GW_OK: no error was set */
    int sys_errno;                      /* 0: not from a system call */
    const char *where;                  /* "file.c:line" where it was raised */
    char reason[GW_ERROR_REASON_MAX];   /* stable, upper case; may be empty */
    char field[GW_ERROR_FIELD_MAX];     /* offending request field; may be empty */
    char message[GW_ERROR_MESSAGE_MAX]; /* lower case, no full stop; names object, number, remedy */
};

#define GW_ERROR_STR_(x) #x
#define GW_ERROR_STR(x) GW_ERROR_STR_(x)
#define GW_ERROR_HERE __FILE__ ":" GW_ERROR_STR(__LINE__)

/* Raise an error: sets every field of @err and returns -1, so `return gw_error_set(...)` works. */
#define gw_error_set(err, code, ...) gw_error_set_at((err), GW_ERROR_HERE, (code), 0, __VA_ARGS__)
/* The same from errno @e: the code follows from @e, ": <text of e>" is appended. */
#define gw_error_set_errno(err, e, ...)                                                            \
    gw_error_set_errno_at((err), GW_ERROR_HERE, (e), __VA_ARGS__)
/* Out of memory while doing @what. */
#define gw_error_set_nomem(err, what)                                                              \
    gw_error_set((err), GW_RESOURCE_EXHAUSTED, "out of memory %s", (what))

int gw_error_set_at(
    struct gw_error *err, const char *where, enum gw_code code, int sys_errno, const char *fmt, ...)
    __attribute__((format(printf, 5, 6), cold));
int gw_error_set_errno_at(struct gw_error *err,
                          const char *where,
                          int sys_errno,
                          const char *fmt,
                          ...) __attribute__((format(printf, 4, 5), cold));

/* Put "<text>: " in front of the message, keeping the rest. Returns -1. */
int gw_error_wrap(struct gw_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), cold));
/* Name the stable reason code of an error already set. Returns -1. */
int gw_error_reason(struct gw_error *err, const char *reason);
/* Name the offending request field of an error already set. Returns -1. */
int gw_error_field(struct gw_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Forget: back to GW_OK. */
void gw_error_clear(struct gw_error *err);
/* True when @err holds an error. */
bool gw_error_is_set(const struct gw_error *err);

/* The code that stands for a system call's errno. */
enum gw_code gw_code_from_errno(int sys_errno);

/* Copy @text for use inside a message: control characters, quotes and what is not UTF-8 become '?',
 * longer than 63 bytes is cut with "..."; the result lies in @buf, which is returned. For strings
 * from outside. */
enum { GW_QUOTED_MAX = 72 };
const char *gw_error_quote(char buf[GW_QUOTED_MAX], const char *text);

#endif
