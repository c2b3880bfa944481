#include "host/qemu.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/disk.h"
#include "host/facts.h"
#include "qmp/device.h"

enum {
    FUNCTIONS = 8,
    FIRST_DISK_SLOT = 4, /* below: the machine's own, on pc and q35 alike */
    FIRST_NIC_SLOT = FIRST_DISK_SLOT + GW_GUEST_DISKS_MAX / FUNCTIONS,
    ITEMS_MAX = 64 + 6 * GW_GUEST_DISKS_MAX + 4 * GW_GUEST_NICS_MAX,
};

/* Take over @item; NULL (no memory) makes the whole failed. */
static void push(struct gw_argv *argv, char *item)
{
    if (item && argv->items && argv->n_items < ITEMS_MAX)
        argv->items[argv->n_items++] = item;
    else {
        free(item);
        gw_argv_fini(argv);
    }
}

static void push_text(struct gw_argv *argv, const char *text)
{
    push(argv, strdup(text));
}

static void push_option(struct gw_argv *argv, const char *option, char *value)
{
    push_text(argv, option);
    push(argv, value);
}

/* QEMU's own way to put a comma into a value: twice. */
static char *escape_commas(const char *text)
{
    GW_AUTO_STR out;
    gw_str_init(&out, 16 * 1024);
    gw_str_append(&out, "");
    for (; *text; text++)
        gw_str_append(&out, *text == ',' ? ",," : (const char[]){*text, '\0'});
    return gw_str_take(&out);
}

static void push_basics(struct gw_argv *argv, const struct gw_qemu_plan *plan)
{
    const struct gw_guest_spec *spec = plan->spec;
    push_text(argv, plan->qemu);
    push_text(argv, "-nodefaults");
    push_text(argv, "-no-user-config");
    push_text(argv, "-S");
    push_option(argv, "-display", strdup("none"));
    push_option(argv, "-msg", strdup("timestamp=on"));
    push_option(argv, "-sandbox", strdup("on,obsolete=deny,elevateprivileges=deny,spawn=deny"));
    push_option(argv, "-name", gw_strf("guest=%s,debug-threads=on", spec->name));
    push_option(argv, "-uuid", strdup(spec->uuid));
    if (plan->is_export) {
        push_option(argv, "-machine", strdup("none"));
        return;
    }
    push_option(argv, "-machine",
                gw_strf("%s,accel=%s,usb=off,dump-guest-core=off", spec->machine_type,
                        gw_accelerator_name(plan->accelerator)));
    push_option(argv, "-cpu", strdup(spec->cpu_model));
    push_option(argv, "-smp", gw_strf("cpus=%" PRIu32, spec->vcpus));
    push_option(argv, "-m", gw_strf("size=%" PRIu64 "k", spec->memory_bytes / 1024));
}

static void push_console(struct gw_argv *argv, const struct gw_qemu_plan *plan)
{
    GW_AUTO_FREE char *console = escape_commas(plan->console_path);
    push_option(argv, "-chardev",
                console ? gw_strf("file,id=console,path=%s,append=on", console) : NULL);
    push_option(argv, "-serial", strdup("chardev:console"));
}

static void push_monitors(struct gw_argv *argv, const struct gw_qemu_plan *plan)
{
    const struct {
        const char *id;
        int fd;
    } monitors[] = {{"qmp-source", plan->source_qmp_fd}, {"qmp-target", plan->target_qmp_fd}};
    for (size_t i = 0; i < GW_ARRAY_LEN(monitors); i++) {
        if (monitors[i].fd < 0)
            continue;
        push_option(
            argv, "-chardev",
            gw_strf("socket,id=%s,fd=%d,server=on,wait=off", monitors[i].id, monitors[i].fd));
        push_option(argv, "-mon", gw_strf("chardev=%s,mode=control", monitors[i].id));
    }
}

static void push_boot(struct gw_argv *argv, const struct gw_qemu_plan *plan)
{
    if (plan->firmware_path)
        push_option(argv, "-bios", strdup(plan->firmware_path));
    if (!plan->kernel_path)
        return;
    push_option(argv, "-kernel", strdup(plan->kernel_path));
    if (plan->initrd_path)
        push_option(argv, "-initrd", strdup(plan->initrd_path));
    if (plan->spec->cmdline[0])
        push_option(argv, "-append", strdup(plan->spec->cmdline));
}

static struct gw_qmp_slot slot_of(unsigned first, size_t index)
{
    return (struct gw_qmp_slot){.device = first + (unsigned)index / FUNCTIONS,
                                .function = (unsigned)index % FUNCTIONS};
}

static void push_disk(struct gw_argv *argv, const struct gw_qemu_plan *plan, size_t i)
{
    const struct gw_guest_disk *disk = &plan->spec->disks[i];
    char node[GW_NODE_NAME_MAX + 1];
    char file_node[GW_NODE_NAME_MAX + 1];
    gw_disk_node_name(node, disk->name);
    gw_file_node_name(file_node, disk->name);
    push_option(argv, "-blockdev",
                gw_qmp_file_node(file_node, plan->disk_paths[i], disk->is_readonly));
    push_option(
        argv, "-blockdev",
        gw_qmp_format_node(node, gw_disk_format_name(disk->format), file_node, disk->is_readonly));
    if (plan->is_export)
        return;
    GW_AUTO_FREE char *id = gw_strf("dev-%s", node);
    push_option(argv, "-device",
                id ? gw_qmp_disk_device(id, node, disk->name, slot_of(FIRST_DISK_SLOT, i),
                                        plan->kernel_path ? -1 : (int)i + 1)
                   : NULL);
}

static void push_nic(struct gw_argv *argv, const struct gw_qemu_plan *plan, size_t i)
{
    GW_AUTO_FREE char *netdev = gw_strf("net-%zu", i);
    GW_AUTO_FREE char *id = gw_strf("nic-%zu", i);
    push_option(argv, "-netdev",
                netdev ? gw_strf("tap,id=%s,fd=%d,vhost=off", netdev, plan->tap_fds[i]) : NULL);
    push_option(argv, "-device",
                netdev && id ? gw_qmp_nic_device(id, netdev, plan->spec->nics[i].mac,
                                                 slot_of(FIRST_NIC_SLOT, i), -1)
                             : NULL);
}

int gw_qemu_argv(const struct gw_qemu_plan *plan, struct gw_argv *out, struct gw_error *err)
{
    if (gw_guest_spec_validate_filled(plan->spec, err) < 0)
        return -1;
    struct gw_argv argv = {.items = calloc(ITEMS_MAX + 1, sizeof *argv.items)};
    push_basics(&argv, plan);
    push_monitors(&argv, plan);
    if (!plan->is_export) {
        push_console(&argv, plan);
        push_boot(&argv, plan);
    }
    for (size_t i = 0; i < plan->spec->n_disks; i++) {
        if (plan->disk_paths[i])
            push_disk(&argv, plan, i);
    }
    for (size_t i = 0; !plan->is_export && i < plan->spec->n_nics; i++)
        push_nic(&argv, plan, i);
    if (plan->is_incoming)
        push_option(&argv, "-incoming", strdup("defer"));
    if (!argv.items)
        return gw_error_set_nomem(err, "making QEMU's command line");
    *out = argv;
    return 0;
}

void gw_argv_fini(struct gw_argv *argv)
{
    if (!argv)
        return;
    for (size_t i = 0; i < argv->n_items; i++)
        free(argv->items[i]);
    free(argv->items);
    *argv = (struct gw_argv){0};
}
