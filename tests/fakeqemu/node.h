#ifndef FQ_NODE_H
#define FQ_NODE_H
/* Block nodes: a file, a format over a file, or a disk elsewhere (NBD). Nodes live until
 * blockdev-del; their addresses do not change. Thread: loop, but for what the images allow. */

#include <stdbool.h>

#include "image.h"
#include "json.h"

struct fq_machine;
struct nbd_handle;

enum fq_node_kind { FQ_NODE_FILE, FQ_NODE_FORMAT, FQ_NODE_NBD };

struct fq_node {
    struct fq_node *next;
    enum fq_node_kind kind;
    char *name;
    char *driver;           /* "file", "raw", "qcow2", "nbd" */
    char *path;             /* file */
    struct fq_node *file;   /* format */
    struct fq_image image;  /* format */
    bool is_in_use;         /* a device's medium, or below another node */
    struct nbd_handle *nbd; /* NBD */
    int nbd_fd;             /* its socket, to be yanked */
};

/* Make a file or format node from its JSON; a member "file" that is an object is made too. NULL:
 * *out_error holds malloc'd words. */
struct fq_node *fq_node_add(struct fq_machine *m, json_object *options, char **out_error);
/* Make an NBD node; @nbd, whose socket is @fd, is taken over. */
struct fq_node *
fq_node_add_nbd(struct fq_machine *m, const char *name, struct nbd_handle *nbd, int fd);
struct fq_node *fq_node_find(const struct fq_machine *m, const char *name);
void fq_node_remove(struct fq_machine *m, struct fq_node *node);
/* Lock every image for writing; QEMU does so before a guest runs. NULL: done; else QEMU's words. */
const char *fq_nodes_activate(struct fq_machine *m);
void fq_nodes_deactivate(struct fq_machine *m);

#endif
