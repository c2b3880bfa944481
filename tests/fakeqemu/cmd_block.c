#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "command.h"
#include "machine.h"

/* ---- nodes ---- */

struct adding {
    struct fq_call *call;
    char *name;
};

static void on_connected(void *arg, struct nbd_handle *nbd, int fd, const char *error)
{
    struct adding *adding = arg;
    struct fq_call *call = adding->call;
    if (nbd) {
        (void)fq_node_add_nbd(call->m, adding->name, nbd, fd);
        fq_return(call, NULL);
    } else {
        fq_refuse(call, "%s", error);
    }
    free(adding->name);
    free(adding);
}

/* QEMU stands still while it connects: the call is answered later, and nothing else before it. */
static void add_nbd(struct fq_call *call)
{
    json_object *server = fq_get(call->args, "server");
    const char *name = fq_get_text(call->args, "node-name");
    const char *export_name = fq_get_text(call->args, "export");
    const struct fq_nbd_address address = {.host = fq_get_text(server, "host"),
                                           .port = fq_get_text(server, "port"),
                                           .export_name = export_name ? export_name : "",
                                           .timeout_s =
                                               fq_get_number(call->args, "open-timeout", 0)};
    struct adding *adding = malloc(sizeof *adding);
    if (!name || !address.host || !address.port || !adding) {
        free(adding);
        fq_refuse(call, "Parameter '%s' is missing", name ? "server" : "node-name");
        return;
    }
    *adding = (struct adding){.call = call, .name = strdup(name)};
    fq_nbd_connect(call->m, &address, on_connected, adding);
}

void fq_cmd_blockdev_add(struct fq_call *call)
{
    const char *name = fq_get_text(call->args, "node-name");
    if (strcmp(fq_get_text(call->args, "driver"), "nbd") == 0 && !fq_node_find(call->m, name)) {
        add_nbd(call);
        return;
    }
    char *error = NULL;
    if (fq_node_add(call->m, call->args, &error))
        fq_return(call, NULL);
    else
        fq_refuse(call, "%s", error);
    free(error);
}

void fq_cmd_blockdev_del(struct fq_call *call)
{
    const char *name = fq_get_text(call->args, "node-name");
    struct fq_node *node = fq_node_find(call->m, name);
    if (!node) {
        fq_refuse(call, "Failed to find node with node-name='%s'", name);
    } else if (node->kind == FQ_NODE_FILE && node->is_in_use) {
        fq_refuse(call, "Block device %s is in use", name);
    } else if (node->is_in_use || fq_job_uses(call->m, node)) {
        fq_refuse(call, "Node %s is in use", name);
    } else {
        fq_node_remove(call->m, node);
        fq_return(call, NULL);
    }
}

void fq_cmd_query_nodes(struct fq_call *call)
{
    json_object *list = fq_array();
    for (struct fq_node *node = call->m->nodes; node; node = node->next)
        fq_push(list, FQ_OBJECT({"node-name", fq_text(node->name)}, {"drv", fq_text(node->driver)},
                                {"ro", fq_bool(node->image.is_readonly)}));
    fq_return(call, list);
}

/* ---- jobs ---- */

void fq_cmd_mirror(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    const char *names[] = {fq_get_text(call->args, "device"), fq_get_text(call->args, "target")};
    const char *id = fq_get_text(call->args, "job-id");
    struct fq_node *nodes[2];
    for (size_t i = 0; i < 2; i++) {
        nodes[i] = fq_node_find(m, names[i]);
        if (nodes[i])
            continue;
        fq_refuse(call, "Cannot find device='%s' nor node-name='%s'", names[i], names[i]);
        return;
    }
    if (fq_job_uses(m, nodes[1])) {
        fq_refuse(call, "Need a root block node");
    } else if (fq_job_find(m, id ? id : names[0])) {
        fq_refuse(call, "Job ID '%s' already in use", id ? id : names[0]);
    } else if (nodes[0]->kind != FQ_NODE_FORMAT || nodes[1]->kind != FQ_NODE_NBD) {
        fq_refuse(call, "gw-fake-qemu mirrors from a disk to an NBD node only");
    } else {
        fq_job_start(m, &(struct fq_mirror){.id = id ? id : names[0],
                                            .node = nodes[0],
                                            .target = nodes[1],
                                            .speed_bps = fq_get_number(call->args, "speed", 0),
                                            .is_dismissed_alone =
                                                fq_get_bool(call->args, "auto-dismiss", true)});
        fq_return(call, NULL);
        fq_point(m, "mirror");
    }
}

static void cancel(struct fq_call *call, struct fq_job *job, bool is_hard)
{
    if (job->status == FQ_JOB_CONCLUDED) {
        fq_refuse(call, "Job '%s' in state 'concluded' cannot accept command verb 'cancel'",
                  job->id);
        return;
    }
    fq_job_cancel(job, is_hard);
    fq_return(call, NULL);
}

void fq_cmd_block_job_cancel(struct fq_call *call)
{
    const char *id = fq_get_text(call->args, "device");
    struct fq_job *job = fq_job_find(call->m, id);
    if (!job)
        fq_refuse_class(call, "DeviceNotActive", "Block job '%s' not found", id);
    else
        cancel(call, job, fq_get_bool(call->args, "force", false));
}

void fq_cmd_job_cancel(struct fq_call *call)
{
    struct fq_job *job = fq_job_find(call->m, fq_get_text(call->args, "id"));
    if (!job)
        fq_refuse(call, "Job not found");
    else
        cancel(call, job, true);
}

void fq_cmd_job_dismiss(struct fq_call *call)
{
    const char *id = fq_get_text(call->args, "id");
    struct fq_job *job = fq_job_find(call->m, id);
    if (!job) {
        fq_refuse(call, "Job not found");
    } else if (job->status != FQ_JOB_CONCLUDED) {
        fq_refuse(call, "Job '%s' in state '%s' cannot accept command verb 'dismiss'", id,
                  fq_job_status_name(job->status));
    } else {
        fq_job_dismiss(job);
        fq_return(call, NULL);
    }
}

void fq_cmd_query_jobs(struct fq_call *call)
{
    json_object *list = fq_array();
    for (struct fq_job *job = call->m->jobs; job; job = job->next)
        fq_push(list,
                FQ_OBJECT({"current-progress", fq_number(fq_job_done(job))},
                          {"status", fq_text(fq_job_status_name(job->status))},
                          {"total-progress", fq_number(job->node->image.size)},
                          {"type", fq_text("mirror")}, {"id", fq_text(job->id)},
                          {"error", job->status == FQ_JOB_CONCLUDED ? fq_text(job->error) : NULL}));
    fq_return(call, list);
}

void fq_cmd_query_block_jobs(struct fq_call *call)
{
    json_object *list = fq_array();
    for (struct fq_job *job = call->m->jobs; job; job = job->next)
        fq_push(list, FQ_OBJECT({"device", fq_text(job->id)}, {"type", fq_text("mirror")},
                                {"len", fq_number(job->node->image.size)},
                                {"offset", fq_number(fq_job_done(job))},
                                {"ready", fq_bool(job->status == FQ_JOB_READY)},
                                {"status", fq_text(fq_job_status_name(job->status))}));
    fq_return(call, list);
}
