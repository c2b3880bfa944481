#include "node.h"

#include <errno.h>
#include <libnbd.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "machine.h"

struct fq_node *fq_node_find(const struct fq_machine *m, const char *name)
{
    for (struct fq_node *node = m->nodes; node; node = node->next) {
        if (name && strcmp(node->name, name) == 0)
            return node;
    }
    return NULL;
}

static struct fq_node *node_new(enum fq_node_kind kind, const char *name, const char *driver)
{
    struct fq_node *node = calloc(1, sizeof *node);
    if (!node)
        abort();
    node->kind = kind;
    node->name = name ? strdup(name) : gw_strf("#block%p", (void *)node);
    node->driver = strdup(driver);
    return node;
}

static struct fq_node *link_node(struct fq_machine *m, struct fq_node *node)
{
    node->next = m->nodes;
    m->nodes = node;
    return node;
}

static void node_free(struct fq_node *node)
{
    nbd_close(node->nbd);
    free(node->path);
    free(node->name);
    free(node->driver);
    free(node);
}

static struct fq_node *
add_file(struct fq_machine *m, json_object *options, const char *name, char **out_error)
{
    const char *path = fq_get_text(options, "filename");
    if (!path) {
        *out_error = gw_strf("Parameter 'filename' is missing");
        return NULL;
    }
    struct fq_node *node = node_new(FQ_NODE_FILE, name, "file");
    node->path = strdup(path);
    return link_node(m, node);
}

static struct fq_node *find_file(struct fq_machine *m, json_object *value, char **out_error)
{
    if (json_object_is_type(value, json_type_object))
        return fq_node_add(m, value, out_error);
    const char *name =
        json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
    struct fq_node *file = fq_node_find(m, name);
    if (!file)
        *out_error = gw_strf("Cannot find device='' nor node-name='%s'", name ? name : "");
    return file;
}

static struct fq_node *add_format(struct fq_machine *m,
                                  json_object *options,
                                  const char *name,
                                  const char *driver,
                                  char **out_error)
{
    struct fq_node *file = find_file(m, fq_get(options, "file"), out_error);
    bool is_readonly = fq_get_bool(options, "read-only", false);
    if (!file)
        return NULL;
    struct fq_node *node = node_new(FQ_NODE_FORMAT, name, driver);
    int failed = fq_image_open(&node->image, file->path, strcmp(driver, "qcow2") == 0, is_readonly);
    if (failed < 0) {
        *out_error = gw_strf("Could not open '%s': %s", file->path, strerror(-failed));
        node_free(node);
        return NULL;
    }
    node->file = file;
    file->is_in_use = true;
    return link_node(m, node);
}

struct fq_node *fq_node_add(struct fq_machine *m, json_object *options, char **out_error)
{
    const char *driver = fq_get_text(options, "driver");
    const char *name = fq_get_text(options, "node-name");
    *out_error = NULL;
    if (!driver)
        *out_error = gw_strf("Parameter 'driver' is missing");
    else if (fq_node_find(m, name))
        *out_error = gw_strf("Duplicate nodes with node-name='%s'", name);
    else if (strcmp(driver, "file") == 0)
        return add_file(m, options, name, out_error);
    else if (strcmp(driver, "raw") == 0 || strcmp(driver, "qcow2") == 0)
        return add_format(m, options, name, driver, out_error);
    else
        *out_error = gw_strf("Parameter 'driver' does not accept value '%s'", driver);
    return NULL;
}

struct fq_node *
fq_node_add_nbd(struct fq_machine *m, const char *name, struct nbd_handle *nbd, int fd)
{
    struct fq_node *node = node_new(FQ_NODE_NBD, name, "nbd");
    node->nbd = nbd;
    node->nbd_fd = fd;
    return link_node(m, node);
}

void fq_node_remove(struct fq_machine *m, struct fq_node *node)
{
    struct fq_node **slot = &m->nodes;
    while (*slot != node)
        slot = &(*slot)->next;
    *slot = node->next;
    if (node->kind == FQ_NODE_FORMAT) {
        node->file->is_in_use = false;
        fq_image_close(&node->image);
    }
    node_free(node);
}

const char *fq_nodes_activate(struct fq_machine *m)
{
    const char *error = NULL;
    for (struct fq_node *node = m->nodes; node && !error; node = node->next) {
        if (node->kind == FQ_NODE_FORMAT && fq_image_activate(&node->image, &error) == 0)
            error = NULL;
    }
    return error;
}

void fq_nodes_deactivate(struct fq_machine *m)
{
    for (struct fq_node *node = m->nodes; node; node = node->next) {
        if (node->kind == FQ_NODE_FORMAT)
            fq_image_deactivate(&node->image);
    }
}
