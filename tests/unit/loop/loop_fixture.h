#ifndef GW_TESTS_UNIT_LOOP_LOOP_FIXTURE_H
#define GW_TESTS_UNIT_LOOP_LOOP_FIXTURE_H
/* A loop per test, that gives up loudly instead of hanging. */

#include <stdlib.h>

#include "base/scope.h"
#include "loop/loop.h"
#include "support/test.h"

enum { GIVE_UP_MS = 20000 }; /* far above anything a test waits for, below ctest's own limit */

struct fixture {
    struct gw_loop *loop;
    struct gw_timer *guard;
    bool has_given_up;
    int n_calls;     /* of whatever the test counts */
    char trace[256]; /* one letter per event */
};

static inline void fixture_give_up(void *arg)
{
    struct fixture *f = arg;
    f->has_given_up = true;
    gw_loop_stop(f->loop);
}

static inline int fixture_open(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct gw_error err = {0};
    if (!f || !(f->loop = gw_loop_new(&err)))
        return -1;
    f->guard = gw_timer_new(f->loop, fixture_give_up, f);
    *state = f;
    return f->guard ? 0 : -1;
}

static inline int fixture_close(void **state)
{
    struct fixture *f = *state;
    gw_timer_free(f->guard);
    gw_loop_free(f->loop);
    free(f);
    return 0;
}

/* Run until something stops the loop; fails when nothing does. */
static inline void fixture_run(struct fixture *f)
{
    struct gw_error err = {0};
    gw_timer_start(f->guard, GIVE_UP_MS);
    assert_int_equal(gw_loop_run(f->loop, &err), 0);
    gw_timer_stop(f->guard);
    if (f->has_given_up)
        fail_msg("nothing stopped the loop within %d ms", GIVE_UP_MS);
}

static inline void fixture_note(struct fixture *f, char what)
{
    size_t len = strlen(f->trace);
    if (len + 1 < sizeof f->trace)
        f->trace[len] = what;
}

/* Loop callbacks on a fixture. */
static inline void fixture_stop(void *arg)
{
    gw_loop_stop(((struct fixture *)arg)->loop);
}

static inline void fixture_count(void *arg)
{
    ((struct fixture *)arg)->n_calls++;
}

#define with_loop(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

#endif
