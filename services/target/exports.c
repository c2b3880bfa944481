/* Disks to be received, as NBD exports of a QEMU (QEMU qapi/block-export.json). The commands are
 * sent in one go: QEMU carries them out in order, and the first failure is the answer. */
#include "qemu.h"

#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "listen.h"

#define FD_NAME "gw-nbd"

static void on_failure(void *arg, json_object *result, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    if (!result)
        tgt_go_on(guest, &guest->then.exports, err);
}

static void on_last(void *arg, json_object *result, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    tgt_go_on(guest, &guest->then.exports, result ? NULL : err);
}

static json_object *server_arguments(void)
{
    json_object *arguments = json_object_new_object();
    json_object *address = tgt_args_text("type", "fd");
    (void)json_object_object_add(address, "data", tgt_args_text("str", FD_NAME));
    (void)json_object_object_add(arguments, "addr", address);
    return arguments;
}

static json_object *export_arguments(const char *name)
{
    char node[GW_NODE_NAME_MAX + 1];
    json_object *arguments = tgt_args_text("type", "nbd");
    gw_disk_node_name(node, name);
    (void)json_object_object_add(arguments, "id", json_object_new_string(name));
    (void)json_object_object_add(arguments, "node-name", json_object_new_string(node));
    (void)json_object_object_add(arguments, "name", json_object_new_string(name));
    (void)json_object_object_add(arguments, "writable", json_object_new_boolean(1));
    return arguments;
}

static void send_commands(struct tgt_guest *guest, int fd)
{
    uint32_t copied = guest->record.now.disks_copied;
    gw_qmp_send_fd(tgt_qemu_monitor(guest), fd, FD_NAME, TGT_QMP_MS, on_failure, guest);
    tgt_qmp(guest, "nbd-server-start", server_arguments(), on_failure);
    for (size_t i = 0; i < guest->spec->n_disks; i++) {
        bool is_last = !(copied >> i >> 1);
        if ((copied >> i) & 1)
            tgt_qmp(guest, "block-export-add", export_arguments(guest->spec->disks[i].name),
                    is_last ? on_last : on_failure);
    }
}

void tgt_exports_start(struct tgt_guest *guest, tgt_step_fn step)
{
    struct gw_error err = {0};
    GW_AUTO_FD int fd = -1;
    struct gw_record record = guest->record.now;
    guest->then.exports = step;
    if (!record.disks_copied) {
        tgt_go_on(guest, &guest->then.exports, NULL);
        return;
    }
    if (!tgt_guest_spec(guest, &err) ||
        tgt_listen(guest->daemon->settings->migration_address, record.peer, 0, &fd,
                   &record.disk_port, &err) < 0 ||
        tgt_guest_write(guest, &record, GW_RECORD_NO_SYNC, &err) < 0)
        tgt_go_on(guest, &guest->then.exports, &err);
    else
        send_commands(guest, fd);
}
