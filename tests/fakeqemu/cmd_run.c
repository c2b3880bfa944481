#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "command.h"
#include "machine.h"

void fq_cmd_capabilities(struct fq_call *call)
{
    json_object *wanted = fq_get(call->args, "enable");
    size_t n = wanted ? json_object_array_length(wanted) : 0;
    bool has_oob = false;
    for (size_t i = 0; i < n; i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(wanted, i));
        if (!name || strcmp(name, "oob") != 0) {
            fq_refuse(call, "Parameter 'null' does not accept value '%s'", name ? name : "");
            return;
        }
        has_oob = true;
    }
    struct fq_monitor *monitor = call->monitor;
    fq_return(call, NULL);
    monitor->is_ready = true;
    monitor->has_oob = has_oob;
}

void fq_cmd_query_version(struct fq_call *call)
{
    json_object *qemu =
        FQ_OBJECT({"micro", fq_number(22)}, {"minor", fq_number(2)}, {"major", fq_number(7)});
    fq_return(call, FQ_OBJECT({"qemu", qemu}, {"package", fq_text("gw-fake-qemu")}));
}

void fq_cmd_query_status(struct fq_call *call)
{
    fq_return(call, FQ_OBJECT({"status", fq_text(fq_state_name(call->m->guest.state))},
                              {"singlestep", fq_bool(false)},
                              {"running", fq_bool(fq_guest_is_running(call->m))}));
}

void fq_cmd_query_name(struct fq_call *call)
{
    fq_return(call, FQ_OBJECT({"name", fq_text(call->m->options.name)}));
}

void fq_cmd_query_uuid(struct fq_call *call)
{
    fq_return(call, FQ_OBJECT({"UUID", fq_text(call->m->options.uuid)}));
}

void fq_cmd_stop(struct fq_call *call)
{
    if (fq_guest_is_running(call->m))
        fq_guest_stop(call->m, FQ_PAUSED, "stop");
    else if (call->m->guest.state == FQ_INMIGRATE)
        call->m->autostart = false;
    fq_return(call, NULL);
}

/* softmmu's qmp_cont(): the images first, and while a guest is on its way in only a promise. */
void fq_cmd_cont(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    if (m->guest.state == FQ_FINISH_MIGRATE) {
        fq_refuse(call, "Migration is not finalized yet");
        return;
    }
    const char *error = fq_nodes_activate(m);
    if (error) {
        fq_refuse(call, "%s", error);
        return;
    }
    if (m->guest.state == FQ_INMIGRATE)
        m->autostart = true;
    else if (!fq_guest_is_running(m))
        fq_guest_run(m, "cont");
    fq_return(call, NULL);
}

void fq_cmd_quit(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    fq_event(m, "SHUTDOWN",
             FQ_OBJECT({"guest", fq_bool(false)}, {"reason", fq_text("host-qmp-quit")}));
    fq_nbd_end_all(m);
    fq_return(call, NULL);
    fq_end(m, "quit", 0);
}

void fq_cmd_system_reset(struct fq_call *call)
{
    fq_event(call->m, "RESET",
             FQ_OBJECT({"guest", fq_bool(false)}, {"reason", fq_text("host-qmp-system-reset")}));
    fq_return(call, NULL);
}

void fq_cmd_system_powerdown(struct fq_call *call)
{
    fq_guest_press_button(call->m);
    fq_return(call, NULL);
}

void fq_cmd_announce_self(struct fq_call *call)
{
    fq_return(call, NULL);
}

/* ---- descriptors ---- */

void fq_cmd_getfd(struct fq_call *call)
{
    struct fq_monitor *monitor = call->monitor;
    const char *name = fq_get_text(call->args, "fdname");
    if (monitor->passed_fd < 0) {
        fq_refuse(call, "No file descriptor supplied via SCM_RIGHTS");
        return;
    }
    int old = fq_take_fd(monitor, name);
    if (old >= 0)
        close(old);
    struct fq_named_fd *named = malloc(sizeof *named);
    if (!named)
        abort();
    *named = (struct fq_named_fd){
        .next = monitor->fds, .name = strdup(name), .fd = gw_steal_fd(&monitor->passed_fd)};
    monitor->fds = named;
    fq_return(call, NULL);
}

void fq_cmd_closefd(struct fq_call *call)
{
    const char *name = fq_get_text(call->args, "fdname");
    int fd = fq_take_fd(call->monitor, name);
    if (fd < 0) {
        fq_refuse(call, "File descriptor named '%s' not found", name);
        return;
    }
    close(fd);
    fq_return(call, NULL);
}

/* ---- yank ---- */

static struct fq_node *find_connection(const struct fq_machine *m, json_object *instance)
{
    struct fq_node *node = fq_node_find(m, fq_get_text(instance, "node-name"));
    return node && node->kind == FQ_NODE_NBD ? node : NULL;
}

static bool has_migration(const struct fq_machine *m)
{
    return fq_channel_is_open(&m->migration.channel) || fq_channel_is_open(&m->incoming.channel);
}

static bool is_there(const struct fq_machine *m, json_object *instance)
{
    const char *type = fq_get_text(instance, "type");
    if (type && strcmp(type, "migration") == 0)
        return has_migration(m);
    return type && strcmp(type, "block-node") == 0 && find_connection(m, instance);
}

static void yank_one(struct fq_machine *m, json_object *instance)
{
    struct fq_node *node = find_connection(m, instance);
    if (node) {
        (void)shutdown(node->nbd_fd, SHUT_RDWR);
        return;
    }
    fq_channel_break(&m->migration.channel);
    fq_channel_break(&m->incoming.channel);
}

/* All or nothing, as QEMU does. A connection that breaks ends what hung on it. */
void fq_cmd_yank(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    json_object *list = fq_get(call->args, "instances");
    size_t n = json_object_array_length(list);
    for (size_t i = 0; i < n; i++) {
        if (is_there(m, json_object_array_get_idx(list, i)))
            continue;
        fq_refuse_class(call, "DeviceNotFound", "Instance not found");
        return;
    }
    for (size_t i = 0; i < n; i++)
        yank_one(m, json_object_array_get_idx(list, i));
    fq_return(call, NULL);
    if (n > 0 && m->is_hung)
        fq_unhang(m);
}

void fq_cmd_query_yank(struct fq_call *call)
{
    const struct fq_machine *m = call->m;
    json_object *list = fq_array();
    for (struct fq_monitor *monitor = m->monitors; monitor; monitor = monitor->next)
        fq_push(list, FQ_OBJECT({"type", fq_text("chardev")}, {"id", fq_text(monitor->id)}));
    for (struct fq_node *node = m->nodes; node; node = node->next) {
        if (node->kind == FQ_NODE_NBD)
            fq_push(list,
                    FQ_OBJECT({"type", fq_text("block-node")}, {"node-name", fq_text(node->name)}));
    }
    if (has_migration(m))
        fq_push(list, FQ_OBJECT({"type", fq_text("migration")}));
    fq_return(call, list);
}
