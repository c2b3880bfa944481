#include "nbd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "machine.h"

static void on_connection(void *arg, unsigned events)
{
    struct fq_nbd_server *server = arg;
    (void)events;
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct fq_nbd_session *session = calloc(1, sizeof *session);
    if (!session)
        abort();
    *session = (struct fq_nbd_session){.next = server->sessions, .server = server, .fd = fd};
    server->sessions = session;
    if (pthread_create(&session->thread, NULL, fq_nbd_serve, session))
        abort();
}

void fq_nbd_start(struct fq_machine *m, int listen_fd)
{
    struct fq_nbd_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    server->m = m;
    server->listen_fd = listen_fd;
    (void)pthread_mutex_init(&server->mutex, NULL);
    server->watch = gw_watch_new(m->loop, listen_fd, GW_WATCH_READ, on_connection, server, NULL);
    m->nbd = server;
}

static void hang_up(struct fq_nbd_server *server)
{
    struct fq_nbd_session *session;
    for (session = server->sessions; session; session = session->next)
        (void)shutdown(session->fd, SHUT_RDWR);
    while ((session = server->sessions)) {
        server->sessions = session->next;
        (void)pthread_join(session->thread, NULL);
        close(session->fd);
        free(session);
    }
}

bool fq_nbd_has_clients(const struct fq_nbd_server *server)
{
    for (struct fq_nbd_session *session = server->sessions; session; session = session->next) {
        if (!atomic_load(&session->is_over))
            return true;
    }
    return false;
}

struct fq_export *fq_export_find(const struct fq_nbd_server *server, const char *id)
{
    struct fq_export *export = server ? server->exports : NULL;
    while (export && strcmp(export->id, id) != 0)
        export = export->next;
    return export;
}

void fq_export_add(struct fq_nbd_server *server, const struct fq_export *export)
{
    struct fq_export *copy = malloc(sizeof *copy);
    if (!copy)
        abort();
    *copy = *export;
    (void)pthread_mutex_lock(&server->mutex);
    copy->next = server->exports;
    server->exports = copy;
    (void)pthread_mutex_unlock(&server->mutex);
}

void fq_export_remove(struct fq_nbd_server *server, struct fq_export *export)
{
    struct fq_export **slot = &server->exports;
    hang_up(server);
    while (*slot != export)
        slot = &(*slot)->next;
    *slot = export->next;
    fq_event(server->m, "BLOCK_EXPORT_DELETED", FQ_OBJECT({"id", fq_text(export->id)}));
    free(export->id);
    free(export->name);
    free(export);
}

/* Oldest first, as QEMU does. */
static void remove_all(struct fq_nbd_server *server)
{
    while (server->exports) {
        struct fq_export *export = server->exports;
        while (export->next)
            export = export->next;
        fq_export_remove(server, export);
    }
}

void fq_nbd_stop(struct fq_machine *m)
{
    struct fq_nbd_server *server = gw_steal(m->nbd);
    gw_watch_free(server->watch);
    close(server->listen_fd);
    hang_up(server);
    remove_all(server);
    (void)pthread_mutex_destroy(&server->mutex);
    free(server);
}

void fq_nbd_end_all(struct fq_machine *m)
{
    if (m->nbd)
        fq_nbd_stop(m);
}
