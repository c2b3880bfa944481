#include <pthread.h>

#include "loop_fixture.h"

struct note {
    struct fixture *f;
    char what;
};

static void write_note(void *arg)
{
    const struct note *note = arg;
    fixture_note(note->f, note->what);
}

static void posts_run_in_their_order(void **state)
{
    struct fixture *f = *state;
    struct note notes[] = {{f, 'a'}, {f, 'b'}, {f, 'c'}};
    for (size_t i = 0; i < GW_ARRAY_LEN(notes); i++)
        assert_int_equal(gw_loop_post(f->loop, write_note, &notes[i]), 0);
    gw_loop_post(f->loop, fixture_stop, f);
    assert_string_equal(f->trace, "");
    fixture_run(f);
    assert_string_equal(f->trace, "abc");
}

static void post_again(void *arg)
{
    struct fixture *f = arg;
    if (++f->n_calls == 5)
        gw_loop_stop(f->loop);
    else
        gw_loop_post(f->loop, post_again, f);
}

static void a_post_may_post(void **state)
{
    struct fixture *f = *state;
    gw_loop_post(f->loop, post_again, f);
    fixture_run(f);
    assert_int_equal(f->n_calls, 5);
}

static void post_for_ever(void *arg)
{
    struct fixture *f = arg;
    gw_loop_post(f->loop, post_for_ever, f);
}

static void posting_for_ever_starves_no_timer(void **state)
{
    struct fixture *f = *state;
    struct gw_timer *timer = gw_timer_new(f->loop, fixture_stop, f);
    gw_loop_post(f->loop, post_for_ever, f);
    gw_timer_start(timer, 1);
    fixture_run(f);
    gw_timer_free(timer);
}

static void stopping_leaves_later_posts_for_the_next_run(void **state)
{
    struct fixture *f = *state;
    struct note a = {f, 'a'};
    struct note b = {f, 'b'};
    gw_loop_post(f->loop, write_note, &a);
    gw_loop_post(f->loop, fixture_stop, f);
    gw_loop_post(f->loop, write_note, &b);
    gw_loop_post(f->loop, fixture_stop, f);
    fixture_run(f);
    assert_string_equal(f->trace, "a");
    fixture_run(f);
    assert_string_equal(f->trace, "ab");
}

static void posts_never_run_are_dropped_with_the_loop(void **state)
{
    (void)state;
    int n_calls = 0;
    struct gw_loop *loop = gw_loop_new(NULL);
    assert_non_null(loop);
    gw_loop_post(loop, fixture_count, &n_calls);
    gw_loop_free(loop);
    assert_int_equal(n_calls, 0);
}

enum { N_THREADS = 4, N_POSTS_EACH = 5000 };

struct letter {
    struct poster *poster;
    unsigned number;
};

struct poster {
    struct fixture *f;
    unsigned next_wanted;
    bool is_out_of_order;
    struct letter letters[N_POSTS_EACH];
};

static void arrive(void *arg)
{
    const struct letter *letter = arg;
    struct poster *p = letter->poster;
    if (letter->number != p->next_wanted++)
        p->is_out_of_order = true;
    if (++p->f->n_calls == N_THREADS * N_POSTS_EACH)
        gw_loop_stop(p->f->loop);
}

static void *post_many(void *arg)
{
    struct poster *p = arg;
    for (unsigned i = 0; i < N_POSTS_EACH; i++) {
        p->letters[i] = (struct letter){.poster = p, .number = i};
        if (gw_loop_post(p->f->loop, arrive, &p->letters[i]) < 0)
            return p;
    }
    return NULL;
}

static void posts_of_many_threads_all_arrive_each_thread_in_order(void **state)
{
    struct fixture *f = *state;
    struct poster *posters = calloc(N_THREADS, sizeof *posters);
    assert_non_null(posters);
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++) {
        posters[i].f = f;
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    }
    fixture_run(f);
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(posters[i].is_out_of_order);
        assert_int_equal(posters[i].next_wanted, N_POSTS_EACH);
    }
    free(posters);
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    gw_loop_free(NULL);
    gw_timer_free(NULL);
    gw_watch_free(NULL);
    gw_signal_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_loop(posts_run_in_their_order),
        with_loop(a_post_may_post),
        with_loop(posting_for_ever_starves_no_timer),
        with_loop(stopping_leaves_later_posts_for_the_next_run),
        with_loop(posts_never_run_are_dropped_with_the_loop),
        with_loop(posts_of_many_threads_all_arrive_each_thread_in_order),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
