#ifndef GW_LOOP_POOL_H
#define GW_LOOP_POOL_H
/* Threads for blocking work. A job owns its input and comes back to the loop as one completion. */

#include "base/error.h"
#include "loop/loop.h"

struct gw_pool;

/* @n_threads 1..64; @max_queued jobs may wait. */
struct gw_pool *
gw_pool_new(struct gw_loop *loop, unsigned n_threads, unsigned max_queued, struct gw_error *err);
/* Run @work(@job) on a thread of the pool, then @done(@job) on the loop thread, exactly once each.
 * Errors: RESOURCE_EXHAUSTED the queue is full, CANCELLED the pool is being freed (neither runs).
 * Thread: loop thread. */
int gw_pool_submit(
    struct gw_pool *pool, gw_loop_fn work, gw_loop_fn done, void *job, struct gw_error *err);
/* Wait for the jobs that run, drop none: those queued run too. Their completions are run before
 * this returns. Thread: loop thread. */
void gw_pool_free(struct gw_pool *pool);

#endif
