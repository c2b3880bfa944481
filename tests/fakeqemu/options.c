#include "options.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

#define VERSION "QEMU emulator version 7.2.22 (gw-fake-qemu)\n"
#define MACHINES                                                                                   \
    "Supported machines are:\n"                                                                    \
    "pc-q35-7.1           Standard PC (Q35 + ICH9, 2009)\n"                                        \
    "q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-7.2)\n"                  \
    "pc-q35-7.2           Standard PC (Q35 + ICH9, 2009)\n"                                        \
    "none                 empty machine\n"

struct chardev {
    char id[64];
    int fd;
    const char *path;
};

struct parser {
    struct fq_options *out;
    struct chardev chardevs[FQ_MONITORS_MAX * 2];
    size_t n_chardevs;
};

__attribute__((noreturn)) static void refuse(const char *option, const char *value, const char *why)
{
    (void)fprintf(stderr, "gw-fake-qemu: %s %s: %s\n", option, value ? value : "", why);
    exit(1);
}

/* The value of @key in "a,b=c,...", up to its comma; NULL when it is not there. */
static const char *find_key(const char *value, const char *key, size_t *out_len)
{
    size_t len = strlen(key);
    for (; value; value = strchr(value, ',') ? strchr(value, ',') + 1 : NULL) {
        if (strncmp(value, key, len) != 0 || value[len] != '=')
            continue;
        *out_len = strcspn(value + len + 1, ",");
        return value + len + 1;
    }
    return NULL;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int fd_of(const char *option, const char *value)
{
    size_t len = 0;
    const char *text = find_key(value, "fd", &len);
    if (!text)
        return -1;
    int fd = atoi(text);
    if (!is_open(fd))
        refuse(option, value, "the descriptor is not open");
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

static void take_chardev(struct parser *p, const char *value)
{
    size_t len = 0;
    struct chardev *c = &p->chardevs[p->n_chardevs];
    const char *id = find_key(value, "id", &len);
    if (!id || p->n_chardevs == GW_ARRAY_LEN(p->chardevs))
        refuse("-chardev", value, "no id, or one too many");
    (void)snprintf(c->id, sizeof c->id, "%.*s", (int)len, id);
    c->fd = strncmp(value, "socket,", 7) == 0 ? fd_of("-chardev", value) : -1;
    p->n_chardevs++;
}

static struct fq_monitor_option *new_monitor(struct parser *p, const char *option)
{
    if (p->out->n_monitors == FQ_MONITORS_MAX)
        refuse(option, NULL, "one monitor too many");
    return &p->out->monitors[p->out->n_monitors++];
}

static void take_mon(struct parser *p, const char *value)
{
    size_t len = 0;
    const char *id = find_key(value, "chardev", &len);
    for (size_t i = 0; id && i < p->n_chardevs; i++) {
        const struct chardev *c = &p->chardevs[i];
        if (strlen(c->id) != len || strncmp(c->id, id, len) != 0 || c->fd < 0)
            continue;
        struct fq_monitor_option *monitor = new_monitor(p, "-mon");
        (void)snprintf(monitor->id, sizeof monitor->id, "%s", c->id);
        monitor->fd = c->fd;
        return;
    }
    refuse("-mon", value, "no such socket");
}

static void take_qmp(struct parser *p, const char *value)
{
    size_t len = strcspn(value, ",");
    if (strncmp(value, "unix:", 5) != 0)
        refuse("-qmp", value, "only unix:PATH is known");
    struct fq_monitor_option *monitor = new_monitor(p, "-qmp");
    (void)snprintf(monitor->id, sizeof monitor->id, "compat_monitor%zu", p->out->n_monitors - 1);
    monitor->fd = -1;
    monitor->path = strndup(value + 5, len - 5);
}

static void take_machine(struct parser *p, const char *value)
{
    if (strcmp(value, "help") == 0) {
        (void)fputs(MACHINES, stdout);
        exit(0);
    }
    p->out->is_export = strcmp(value, "none") == 0;
}

static void take_memory(struct parser *p, const char *value)
{
    char *end = NULL;
    const char *digits = strncmp(value, "size=", 5) == 0 ? value + 5 : value;
    p->out->memory_bytes = strtoull(digits, &end, 10);
    p->out->memory_bytes *= *end == 'k' ? 1024 : 1024ull * 1024;
}

static void take_name(struct parser *p, const char *value)
{
    size_t len = strcspn(value, ",");
    const char *name = find_key(value, "guest", &len);
    p->out->name = strndup(name ? name : value, len);
}

static void take_uuid(struct parser *p, const char *value)
{
    if (strlen(value) != 36)
        refuse("-uuid", value, "not a UUID");
    p->out->uuid = value;
}

static void take_blockdev(struct parser *p, const char *value)
{
    if (value[0] != '{')
        refuse("-blockdev", value, "give JSON: a comma in a file name would become an option");
    if (p->out->n_blockdevs == FQ_BLOCKDEVS_MAX)
        refuse("-blockdev", value, "one too many");
    p->out->blockdevs[p->out->n_blockdevs++] = value;
}

static void take_device(struct parser *p, const char *value)
{
    if (p->out->n_devices == FQ_DEVICES_MAX)
        refuse("-device", value, "one too many");
    p->out->devices[p->out->n_devices++] = value;
}

static void take_netdev(struct parser *p, const char *value)
{
    size_t len = 0;
    (void)p;
    if (strncmp(value, "tap,", 4) != 0 || (!find_key(value, "fd", &len)))
        refuse("-netdev", value, "only tap,...,fd=N is known");
    (void)fd_of("-netdev", value); /* held open; nothing is ever sent */
}

static void take_file(struct parser *p, const char *value)
{
    (void)p;
    if (access(value, R_OK) < 0)
        refuse("-kernel, -initrd or -bios", value, "could not open it");
}

static void take_incoming(struct parser *p, const char *value)
{
    if (strcmp(value, "defer") != 0)
        refuse("-incoming", value, "only defer is known");
    p->out->is_incoming = true;
}

static void take_any(struct parser *p, const char *value)
{
    (void)p;
    (void)value;
}

static const struct {
    const char *name;
    void (*take)(struct parser *p, const char *value);
} with_value[] = {
    {"-display", take_any},   {"-msg", take_any},           {"-sandbox", take_any},
    {"-name", take_name},     {"-uuid", take_uuid},         {"-machine", take_machine},
    {"-M", take_machine},     {"-accel", take_any},         {"-cpu", take_any},
    {"-smp", take_any},       {"-m", take_memory},          {"-chardev", take_chardev},
    {"-mon", take_mon},       {"-qmp", take_qmp},           {"-serial", take_any},
    {"-bios", take_file},     {"-kernel", take_file},       {"-initrd", take_file},
    {"-append", take_any},    {"-blockdev", take_blockdev}, {"-device", take_device},
    {"-netdev", take_netdev}, {"-incoming", take_incoming},
};

static bool take_flag(struct parser *p, const char *option)
{
    if (strcmp(option, "-version") == 0 || strcmp(option, "--version") == 0) {
        (void)fputs(VERSION, stdout);
        exit(0);
    }
    if (strcmp(option, "-S") == 0)
        p->out->is_stopped = true;
    return strcmp(option, "-S") == 0 || strcmp(option, "-nodefaults") == 0 ||
           strcmp(option, "-no-user-config") == 0 || strcmp(option, "-no-reboot") == 0;
}

void fq_options_parse(struct fq_options *out, int argc, char **argv)
{
    struct parser p = {.out = out};
    *out = (struct fq_options){.name = "", .uuid = "", .memory_bytes = 128ull << 20};
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        if (take_flag(&p, argv[i]))
            continue;
        while (k < GW_ARRAY_LEN(with_value) && strcmp(argv[i], with_value[k].name) != 0)
            k++;
        if (k == GW_ARRAY_LEN(with_value) || i + 1 == argc)
            refuse(argv[i], NULL, "invalid option");
        with_value[k].take(&p, argv[++i]);
    }
}

const char *fq_options_role(const struct fq_options *options)
{
    return options->is_export ? "export" : options->is_incoming ? "target" : "source";
}
