#ifndef FQ_OPTIONS_H
#define FQ_OPTIONS_H
/* The command line, as lib/host/qemu.c makes it. What it does not make is refused, as is a
 * -blockdev that is not JSON. Strings are borrowed from argv. */

#include <stdbool.h>
#include <stddef.h>

enum { FQ_MONITORS_MAX = 4, FQ_BLOCKDEVS_MAX = 72, FQ_DEVICES_MAX = 48 };

struct fq_monitor_option {
    char id[64];
    int fd;           /* listening; -1: to be made at @path */
    const char *path; /* NULL with an fd */
};

struct fq_options {
    const char *name; /* of the guest */
    const char *uuid; /* "" without -uuid */
    bool is_stopped;  /* -S */
    bool is_incoming; /* -incoming defer */
    bool is_export;   /* -machine none */
    unsigned long long memory_bytes;
    struct fq_monitor_option monitors[FQ_MONITORS_MAX];
    size_t n_monitors;
    const char *blockdevs[FQ_BLOCKDEVS_MAX];
    size_t n_blockdevs;
    const char *devices[FQ_DEVICES_MAX];
    size_t n_devices;
};

/* Fill *@out. Ends the program for -version and -machine help (status 0), and for what it does not
 * understand (status 1, words on standard error). */
void fq_options_parse(struct fq_options *out, int argc, char **argv);
/* "source", "target" or "export": what this QEMU is for. */
const char *fq_options_role(const struct fq_options *options);

#endif
