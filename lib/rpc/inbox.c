/* Normal course: an nng thread calls on_finished(), which links the operation and raises the
 * eventfd if the list was empty; on_readable() runs on the loop thread. Failure: none possible on
 * nng's side. The lock is held for a few instructions and never while user code or nng runs. */
#include "rpc/inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct gw_rpc_inbox {
    int fd;
    struct gw_watch *watch;
    bool *freed_flag; /* of the on_readable() that is running, if one is */
    pthread_mutex_t lock;
    struct gw_rpc_op *first;
    struct gw_rpc_op **end;
};

/* Run on nng's threads. */
static void on_finished(void *arg)
{
    struct gw_rpc_op *op = arg;
    struct gw_rpc_inbox *inbox = op->inbox;
    pthread_mutex_lock(&inbox->lock);
    bool was_empty = !inbox->first;
    op->next = NULL;
    op->is_queued = true;
    *inbox->end = op;
    inbox->end = &op->next;
    pthread_mutex_unlock(&inbox->lock);
    if (was_empty)
        (void)eventfd_write(inbox->fd, 1);
}

/* The lock is held. */
static void unlink_op(struct gw_rpc_inbox *inbox, struct gw_rpc_op *op)
{
    struct gw_rpc_op **at = &inbox->first;
    while (*at && *at != op)
        at = &(*at)->next;
    if (*at) {
        *at = op->next;
        if (!*at)
            inbox->end = at;
    }
    op->is_queued = false;
}

static struct gw_rpc_op *take_first(struct gw_rpc_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    struct gw_rpc_op *op = inbox->first;
    if (op)
        unlink_op(inbox, op);
    pthread_mutex_unlock(&inbox->lock);
    return op;
}

static void on_readable(void *arg, unsigned events)
{
    (void)events;
    enum { AT_ONCE = 128 }; /* then timers and other descriptors get their turn */
    struct gw_rpc_inbox *inbox = arg;
    bool is_freed = false;
    inbox->freed_flag = &is_freed;
    eventfd_t count;
    (void)eventfd_read(inbox->fd, &count); /* before looking, so that no rise is missed */
    for (int i = 0; i < AT_ONCE; i++) {
        struct gw_rpc_op *op = take_first(inbox);
        if (!op)
            break;
        op->fn(op->arg);
        if (is_freed)
            return;
    }
    inbox->freed_flag = NULL;
    pthread_mutex_lock(&inbox->lock);
    bool is_left = inbox->first != NULL;
    pthread_mutex_unlock(&inbox->lock);
    if (is_left)
        (void)eventfd_write(inbox->fd, 1);
}

struct gw_rpc_inbox *gw_rpc_inbox_new(struct gw_loop *loop, struct gw_error *err)
{
    struct gw_rpc_inbox *inbox = calloc(1, sizeof *inbox);
    if (!inbox) {
        gw_error_set_nomem(err, "making an RPC inbox");
        return NULL;
    }
    inbox->end = &inbox->first;
    inbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (inbox->fd < 0) {
        gw_error_set_errno(err, errno, "can't make an eventfd");
        free(inbox);
        return NULL;
    }
    inbox->watch = gw_watch_new(loop, inbox->fd, GW_WATCH_READ, on_readable, inbox, err);
    if (!inbox->watch) {
        close(inbox->fd);
        free(inbox);
        return NULL;
    }
    pthread_mutex_init(&inbox->lock, NULL);
    return inbox;
}

void gw_rpc_inbox_free(struct gw_rpc_inbox *inbox)
{
    if (!inbox)
        return;
    if (inbox->freed_flag)
        *inbox->freed_flag = true;
    gw_watch_free(inbox->watch);
    close(inbox->fd);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

int gw_rpc_op_init(struct gw_rpc_op *op,
                   struct gw_rpc_inbox *inbox,
                   gw_loop_fn fn,
                   void *arg,
                   struct gw_error *err)
{
    *op = (struct gw_rpc_op){.inbox = inbox, .fn = fn, .arg = arg};
    if (nng_aio_alloc(&op->aio, on_finished, op) != 0) {
        op->aio = NULL;
        return gw_error_set_nomem(err, "making an nng operation");
    }
    return 0;
}

void gw_rpc_op_fini(struct gw_rpc_op *op)
{
    if (!op || !op->aio)
        return;
    nng_aio_stop(op->aio);
    pthread_mutex_lock(&op->inbox->lock);
    bool is_unheard = op->is_queued;
    if (is_unheard)
        unlink_op(op->inbox, op);
    pthread_mutex_unlock(&op->inbox->lock);
    if (is_unheard && op->makes_stream && nng_aio_result(op->aio) == 0)
        nng_stream_free(nng_aio_get_output(op->aio, 0));
    nng_aio_free(op->aio);
    op->aio = NULL;
}
