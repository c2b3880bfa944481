#include "loop/loop_priv.h"

#include <errno.h>
#include <stdlib.h>

struct gw_watch {
    struct event *event;
    struct event_base *base;
    int fd;
    gw_watch_fn fn;
    void *arg;
};

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct gw_watch *watch = arg;
    (void)fd;
    unsigned events = 0;
    if (what & EV_READ)
        events |= GW_WATCH_READ;
    if (what & EV_WRITE)
        events |= GW_WATCH_WRITE;
    watch->fn(watch->arg, events); /* last: it may free the watch */
}

struct gw_watch *gw_watch_new(
    struct gw_loop *loop, int fd, unsigned events, gw_watch_fn fn, void *arg, struct gw_error *err)
{
    struct gw_watch *watch = malloc(sizeof *watch);
    if (!watch) {
        gw_error_set_nomem(err, "watching a descriptor");
        return NULL;
    }
    *watch = (struct gw_watch){.base = loop->base, .fd = fd, .fn = fn, .arg = arg};
    watch->event = event_new(loop->base, fd, 0, on_ready, watch);
    if (!watch->event) {
        gw_error_set_nomem(err, "watching a descriptor");
        free(watch);
        return NULL;
    }
    if (gw_watch_set(watch, events, err) < 0) {
        gw_watch_free(watch);
        return NULL;
    }
    return watch;
}

int gw_watch_set(struct gw_watch *watch, unsigned events, struct gw_error *err)
{
    short what = EV_PERSIST;
    if (events & GW_WATCH_READ)
        what |= EV_READ;
    if (events & GW_WATCH_WRITE)
        what |= EV_WRITE;
    (void)event_del(watch->event);
    if (event_assign(watch->event, watch->base, watch->fd, what, on_ready, watch) < 0)
        return gw_error_set(err, GW_INTERNAL, "can't watch descriptor %d", watch->fd);
    if (what == EV_PERSIST)
        return 0;
    if (event_add(watch->event, NULL) < 0)
        return gw_error_set_errno(err, errno, "can't watch descriptor %d", watch->fd);
    return 0;
}

void gw_watch_free(struct gw_watch *watch)
{
    if (!watch)
        return;
    event_free(watch->event);
    free(watch);
}
