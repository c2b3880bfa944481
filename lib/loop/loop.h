#ifndef GW_LOOP_LOOP_H
#define GW_LOOP_LOOP_H
/* The event loop that owns a daemon's state: descriptors, timers and signals on one thread, and a
 * door (gw_loop_post) through which other threads hand work in. On libevent, which nothing outside
 * this folder sees. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct gw_loop;
struct gw_timer;
struct gw_watch;
struct gw_signal;

typedef void (*gw_loop_fn)(void *arg);

/* Errors: RESOURCE_EXHAUSTED no descriptors or memory. */
struct gw_loop *gw_loop_new(struct gw_error *err);
/* Free the loop; posts not yet run are dropped. Everything made on it must be freed before. */
void gw_loop_free(struct gw_loop *loop);
/* Run until gw_loop_stop(). The calling thread is the loop thread from then on. */
int gw_loop_run(struct gw_loop *loop, struct gw_error *err);
/* End gw_loop_run() after the callback that runs now. Thread: loop thread only. */
void gw_loop_stop(struct gw_loop *loop);
/* Run @fn(@arg) on the loop thread, soon, in the order of posting. Thread: any. Returns -1 only
 * without memory. */
int gw_loop_post(struct gw_loop *loop, gw_loop_fn fn, void *arg);
/* Microseconds of gw_clock_system()'s monotonic clock, read afresh. */
uint64_t gw_loop_now_us(const struct gw_loop *loop);

/* A timer, stopped at first. Thread: loop thread only, as for all that follows. A callback may
 * free its own timer. */
struct gw_timer *gw_timer_new(struct gw_loop *loop, gw_loop_fn fn, void *arg);
/* Run the callback once, @delay_ms from now; a running timer is set anew. */
void gw_timer_start(struct gw_timer *timer, uint64_t delay_ms);
void gw_timer_stop(struct gw_timer *timer);
bool gw_timer_is_running(const struct gw_timer *timer);
void gw_timer_free(struct gw_timer *timer);

enum { GW_WATCH_READ = 1, GW_WATCH_WRITE = 2 };
typedef void (*gw_watch_fn)(void *arg, unsigned events);

/* Watch @fd, level-triggered, for @events; the descriptor stays the caller's and must outlive the
 * watch. A callback may free its own watch. */
struct gw_watch *gw_watch_new(
    struct gw_loop *loop, int fd, unsigned events, gw_watch_fn fn, void *arg, struct gw_error *err);
/* Change what is watched for; 0 pauses. */
int gw_watch_set(struct gw_watch *watch, unsigned events, struct gw_error *err);
void gw_watch_free(struct gw_watch *watch);

/* Run @fn on the loop thread whenever the process gets @signo. */
struct gw_signal *
gw_signal_new(struct gw_loop *loop, int signo, gw_loop_fn fn, void *arg, struct gw_error *err);
void gw_signal_free(struct gw_signal *sig);

#endif
