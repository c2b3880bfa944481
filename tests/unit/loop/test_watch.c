#include <fcntl.h>
#include <unistd.h>

#include "loop_fixture.h"

struct ends {
    struct fixture *f;
    int in, out; /* of a pipe */
    struct gw_watch *watch;
    unsigned events;
};

static void open_pipe(struct ends *ends, struct fixture *f)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    *ends = (struct ends){.f = f, .in = fds[1], .out = fds[0]};
}

static void close_pipe(struct ends *ends)
{
    gw_watch_free(ends->watch);
    close(ends->in);
    close(ends->out);
}

static void note_and_stop(void *arg, unsigned events)
{
    struct ends *ends = arg;
    ends->events = events;
    ends->f->n_calls++;
    gw_loop_stop(ends->f->loop);
}

static void reading_is_told_when_there_is_something(void **state)
{
    struct ends ends;
    open_pipe(&ends, *state);
    ends.watch = gw_watch_new(ends.f->loop, ends.out, GW_WATCH_READ, note_and_stop, &ends, NULL);
    assert_int_equal(write(ends.in, "x", 1), 1);
    fixture_run(ends.f);
    assert_int_equal(ends.events, GW_WATCH_READ);
    close_pipe(&ends);
}

static void writing_is_told_when_there_is_room(void **state)
{
    struct ends ends;
    open_pipe(&ends, *state);
    ends.watch = gw_watch_new(ends.f->loop, ends.in, GW_WATCH_WRITE, note_and_stop, &ends, NULL);
    fixture_run(ends.f);
    assert_int_equal(ends.events, GW_WATCH_WRITE);
    close_pipe(&ends);
}

static void what_is_not_read_is_told_again(void **state)
{
    struct ends ends;
    open_pipe(&ends, *state);
    ends.watch = gw_watch_new(ends.f->loop, ends.out, GW_WATCH_READ, note_and_stop, &ends, NULL);
    assert_int_equal(write(ends.in, "x", 1), 1);
    fixture_run(ends.f);
    fixture_run(ends.f);
    assert_int_equal(ends.f->n_calls, 2);
    close_pipe(&ends);
}

static void the_other_end_closing_is_told_as_readable(void **state)
{
    struct ends ends;
    open_pipe(&ends, *state);
    ends.watch = gw_watch_new(ends.f->loop, ends.out, GW_WATCH_READ, note_and_stop, &ends, NULL);
    close(ends.in);
    fixture_run(ends.f);
    assert_int_equal(ends.events, GW_WATCH_READ);
    gw_watch_free(ends.watch);
    close(ends.out);
}

static void a_paused_watch_tells_nothing_until_set(void **state)
{
    struct ends ends;
    open_pipe(&ends, *state);
    struct fixture *f = ends.f;
    assert_int_equal(write(ends.in, "x", 1), 1);
    ends.watch = gw_watch_new(f->loop, ends.out, 0, note_and_stop, &ends, NULL);
    struct gw_timer *soon = gw_timer_new(f->loop, fixture_stop, f);
    gw_timer_start(soon, 5);
    fixture_run(f);
    assert_int_equal(f->n_calls, 0);
    assert_int_equal(gw_watch_set(ends.watch, GW_WATCH_READ, NULL), 0);
    fixture_run(f);
    assert_int_equal(f->n_calls, 1);
    assert_int_equal(gw_watch_set(ends.watch, 0, NULL), 0);
    gw_timer_start(soon, 5);
    fixture_run(f);
    assert_int_equal(f->n_calls, 1);
    gw_timer_free(soon);
    close_pipe(&ends);
}

static void free_itself(void *arg, unsigned events)
{
    struct ends *ends = arg;
    (void)events;
    gw_watch_free(ends->watch);
    ends->watch = NULL;
    gw_loop_stop(ends->f->loop);
}

static void a_callback_may_free_its_own_watch(void **state)
{
    struct ends ends;
    open_pipe(&ends, *state);
    ends.watch = gw_watch_new(ends.f->loop, ends.in, GW_WATCH_WRITE, free_itself, &ends, NULL);
    fixture_run(ends.f);
    close_pipe(&ends);
}

static void a_descriptor_that_can_not_be_watched_is_refused(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    GW_AUTO_FD int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_null(gw_watch_new(f->loop, folder, GW_WATCH_READ, note_and_stop, NULL, &err));
    assert_contains(err.message, "can't watch descriptor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_loop(reading_is_told_when_there_is_something),
        with_loop(writing_is_told_when_there_is_room),
        with_loop(what_is_not_read_is_told_again),
        with_loop(the_other_end_closing_is_told_as_readable),
        with_loop(a_paused_watch_tells_nothing_until_set),
        with_loop(a_callback_may_free_its_own_watch),
        with_loop(a_descriptor_that_can_not_be_watched_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
