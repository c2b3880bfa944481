#ifndef FQ_NBD_H
#define FQ_NBD_H
/* NBD, both ends: the server for exports (its own, with a thread per connection), and connections
 * to others (libnbd). Source: NBD docs/proto.md. Thread: loop, unless said otherwise. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "json.h"

struct fq_machine;
struct fq_node;
struct nbd_handle;

struct fq_export {
    struct fq_export *next;
    char *id, *name;
    struct fq_node *node;
    bool is_writable;
};

struct fq_nbd_session {
    struct fq_nbd_session *next;
    struct fq_nbd_server *server;
    pthread_t thread;
    int fd;
    atomic_bool is_over;
};

struct fq_nbd_server {
    struct fq_machine *m;
    int listen_fd;
    struct gw_watch *watch;
    pthread_mutex_t mutex;     /* guards exports against the sessions' threads */
    struct fq_export *exports; /* newest first */
    struct fq_nbd_session *sessions;
};

/* @listen_fd is taken over. */
void fq_nbd_start(struct fq_machine *m, int listen_fd);
/* Hang up on every client, tell of each export that it is gone, and stop. */
void fq_nbd_stop(struct fq_machine *m);
/* The same at the end of the program; without a server, nothing. */
void fq_nbd_end_all(struct fq_machine *m);
bool fq_nbd_has_clients(const struct fq_nbd_server *server);
struct fq_export *fq_export_find(const struct fq_nbd_server *server, const char *id);
void fq_export_add(struct fq_nbd_server *server, const struct fq_export *export);
/* Clients of it are hung up on. */
void fq_export_remove(struct fq_nbd_server *server, struct fq_export *export);

/* ---- nbd_session.c ---- */

/* Serve the session @arg until its client goes. */
void *fq_nbd_serve(void *arg);

/* ---- nbd_connect.c ---- */

struct fq_nbd_address {
    const char *host, *port, *export_name;
    uint64_t timeout_s; /* tried again for so long; 0: once */
};

/* @nbd belongs to the callee, @fd is its socket; NULL: *@error tells why. */
typedef void (*fq_nbd_fn)(void *arg, struct nbd_handle *nbd, int fd, const char *error);

/* Connect, on a thread of its own; @fn runs once, later, on the loop. */
void fq_nbd_connect(struct fq_machine *m,
                    const struct fq_nbd_address *address,
                    fq_nbd_fn fn,
                    void *arg);

#endif
