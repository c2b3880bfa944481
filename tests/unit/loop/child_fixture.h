#ifndef GW_TESTS_UNIT_LOOP_CHILD_FIXTURE_H
#define GW_TESTS_UNIT_LOOP_CHILD_FIXTURE_H
/* A loop, and children of it whose end stops it. */

#include "loop/child.h"
#include "loop_fixture.h"

struct watched {
    struct fixture *f;
    struct gw_child *child;
    int status;
    int n_ends;
};

static inline void watched_end(void *arg, int status)
{
    struct watched *w = arg;
    w->status = status;
    w->n_ends++;
    gw_loop_stop(w->f->loop);
}

/* Start @argv with nothing on its standard output; fails the test when it can't. */
static inline void watched_spawn(struct watched *w, struct fixture *f, const char *const *argv)
{
    struct gw_error err = {0};
    *w = (struct watched){.f = f};
    const struct gw_spawn spawn = {.argv = argv, .stdout_fd = -1, .stderr_fd = -1};
    w->child = gw_child_spawn(f->loop, &spawn, watched_end, w, &err);
    if (!w->child)
        fail_msg("%s", err.message);
}

#endif
