#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "command.h"
#include "machine.h"

void fq_cmd_nbd_start(struct fq_call *call)
{
    json_object *address = fq_get(call->args, "addr");
    const char *type = fq_get_text(address, "type");
    const char *name = fq_get_text(fq_get(address, "data"), "str");
    if (call->m->nbd) {
        fq_refuse(call, "NBD server already running");
        return;
    }
    if (!type || strcmp(type, "fd") != 0 || !name) {
        fq_refuse(call, "gw-fake-qemu serves on a descriptor only: give addr type fd");
        return;
    }
    int fd = fq_take_fd(call->monitor, name);
    if (fd < 0) {
        fq_refuse(call, "File descriptor named '%s' has not been found", name);
        return;
    }
    fq_nbd_start(call->m, fd);
    fq_return(call, NULL);
}

void fq_cmd_nbd_stop(struct fq_call *call)
{
    if (!call->m->nbd) {
        fq_refuse(call, "NBD server not running");
        return;
    }
    fq_nbd_stop(call->m);
    fq_return(call, NULL);
}

/* A writer beside the guest's own device is allowed only while there is no guest yet. */
static bool conflicts(const struct fq_machine *m, const struct fq_node *node, bool is_writable)
{
    return is_writable && node->is_in_use && m->guest.state != FQ_INMIGRATE;
}

void fq_cmd_export_add(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    const char *id = fq_get_text(call->args, "id");
    const char *node_name = fq_get_text(call->args, "node-name");
    const char *name = fq_get_text(call->args, "name");
    bool is_writable = fq_get_bool(call->args, "writable", false);
    struct fq_node *node = fq_node_find(m, node_name);
    const char *error = NULL;
    if (fq_export_find(m->nbd, id))
        fq_refuse(call, "Block export id '%s' is already in use", id);
    else if (!node || node->kind != FQ_NODE_FORMAT)
        fq_refuse(call, "Cannot find device='' nor node-name='%s'", node_name);
    else if (!m->nbd)
        fq_refuse(call, "NBD server not running");
    else if (conflicts(m, node, is_writable))
        fq_refuse(call,
                  "Permission conflict on node '%s': permissions 'write' are both required "
                  "by an unnamed block device and unshared",
                  node_name);
    else if (fq_image_activate(&node->image, &error) < 0)
        fq_refuse(call, "%s", error);
    else {
        fq_export_add(m->nbd, &(struct fq_export){.id = strdup(id),
                                                  .name = strdup(name ? name : node_name),
                                                  .node = node,
                                                  .is_writable = is_writable});
        fq_return(call, NULL);
    }
}

void fq_cmd_export_del(struct fq_call *call)
{
    const char *id = fq_get_text(call->args, "id");
    const char *mode = fq_get_text(call->args, "mode");
    struct fq_machine *machine = call->m;
    struct fq_export *export = fq_export_find(machine->nbd, id);
    bool is_hard = mode && strcmp(mode, "hard") == 0;
    if (!export) {
        fq_refuse(call, "Export '%s' is not found", id);
    } else if (!is_hard && fq_nbd_has_clients(machine->nbd)) {
        fq_refuse(call, "export '%s' still in use", id);
    } else {
        fq_export_remove(machine->nbd, export);
        fq_return(call, NULL);
    }
}

void fq_cmd_query_exports(struct fq_call *call)
{
    json_object *list = fq_array();
    struct fq_export *export = call->m->nbd ? call->m->nbd->exports : NULL;
    for (; export; export = export->next)
        fq_push(list, FQ_OBJECT({"node-name", fq_text(export->node->name)},
                                {"shutting-down", fq_bool(false)}, {"type", fq_text("nbd")},
                                {"id", fq_text(export->id)}));
    fq_return(call, list);
}
