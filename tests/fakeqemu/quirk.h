#ifndef FQ_QUIRK_H
#define FQ_QUIRK_H
/* What is to go wrong, and where. Words of the form NAME[:POINT][=MS][@WHO], separated by commas or
 * white space, come from the environment (GW_FAKE_QEMU) and from a file (GW_FAKE_QEMU_CONTROL) that
 * is read again each time, so that a test can change its mind. '#' starts a comment in the file.
 * docs/fake-qemu.md lists names and points. Thread: any, after init. */

#include <stdbool.h>
#include <stdint.h>

enum { FQ_HOST_MAX = 64 };

struct fq_quirks {
    const char *fixed;      /* of the environment; "" */
    const char *path;       /* of the file; NULL: none */
    const char *role;       /* "source", "target" or "export" */
    char host[FQ_HOST_MAX]; /* name of this QEMU's host; "" unknown */
};

/* Read the environment. @role outlives it. Ends the program when a quirk is called what none is. */
void fq_quirks_init(struct fq_quirks *quirks, const char *role);
/* True when the quirk @name is on here, at @point (NULL: it has none). A quirk without a WHO is on
 * everywhere; WHO is a role or a host. *out_ms (may be NULL): its number, 0 without one. */
bool fq_quirk(const struct fq_quirks *quirks,
              const char *name,
              const char *point,
              uint64_t *out_ms);

#endif
