#include "loop/loop_priv.h"

#include <errno.h>
#include <stdlib.h>

struct gw_signal {
    struct event *event;
    gw_loop_fn fn;
    void *arg;
};

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
    struct gw_signal *sig = arg;
    (void)signo;
    (void)what;
    sig->fn(sig->arg);
}

struct gw_signal *
gw_signal_new(struct gw_loop *loop, int signo, gw_loop_fn fn, void *arg, struct gw_error *err)
{
    struct gw_signal *sig = malloc(sizeof *sig);
    if (!sig) {
        gw_error_set_nomem(err, "watching a signal");
        return NULL;
    }
    *sig = (struct gw_signal){.fn = fn, .arg = arg};
    sig->event = evsignal_new(loop->base, signo, on_signal, sig);
    if (!sig->event || event_add(sig->event, NULL) < 0) {
        gw_error_set_errno(err, errno ? errno : EINVAL, "can't watch signal %d", signo);
        gw_signal_free(sig);
        return NULL;
    }
    return sig;
}

void gw_signal_free(struct gw_signal *sig)
{
    if (!sig)
        return;
    if (sig->event)
        event_free(sig->event);
    free(sig);
}
