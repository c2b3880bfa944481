#include "loop/loop_priv.h"

#include <stdlib.h>

/* Ten years: further off than any program runs, and safe in every time type below. */
static const uint64_t DELAY_MAX_MS = 10ull * 365 * 24 * 3600 * 1000;

struct gw_timer {
    struct event *event;
    gw_loop_fn fn;
    void *arg;
};

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
    struct gw_timer *timer = arg;
    (void)fd;
    (void)what;
    timer->fn(timer->arg); /* last: it may free the timer */
}

struct gw_timer *gw_timer_new(struct gw_loop *loop, gw_loop_fn fn, void *arg)
{
    struct gw_timer *timer = malloc(sizeof *timer);
    if (!timer)
        return NULL;
    *timer = (struct gw_timer){.fn = fn, .arg = arg};
    timer->event = event_new(loop->base, -1, 0, on_timeout, timer);
    if (!timer->event) {
        free(timer);
        return NULL;
    }
    return timer;
}

void gw_timer_start(struct gw_timer *timer, uint64_t delay_ms)
{
    if (delay_ms > DELAY_MAX_MS)
        delay_ms = DELAY_MAX_MS;
    const struct timeval delay = {.tv_sec = (time_t)(delay_ms / 1000),
                                  .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000)};
    (void)event_add(timer->event, &delay); /* allocates only when libevent's heap of timers grows */
}

void gw_timer_stop(struct gw_timer *timer)
{
    (void)event_del(timer->event);
}

bool gw_timer_is_running(const struct gw_timer *timer)
{
    return event_pending(timer->event, EV_TIMEOUT, NULL) != 0;
}

void gw_timer_free(struct gw_timer *timer)
{
    if (!timer)
        return;
    event_free(timer->event);
    free(timer);
}
