#include "loop/pool.h"

#include <pthread.h>
#include <semaphore.h>

#include "loop_fixture.h"

/* A job that notes its letter when it is worked and, in upper case, when it is done. */
struct letter_job {
    struct fixture *f;
    char letter;
    pthread_t worked_by;
    bool is_last;
};

static void work_letter(void *arg)
{
    struct letter_job *job = arg;
    job->worked_by = pthread_self();
}

static void done_letter(void *arg)
{
    struct letter_job *job = arg;
    fixture_note(job->f, job->letter);
    if (job->is_last)
        gw_loop_stop(job->f->loop);
}

static void one_thread_finishes_jobs_in_their_order_off_the_loop(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct gw_pool *pool = gw_pool_new(f->loop, 1, 10, &err);
    assert_non_null(pool);
    struct letter_job jobs[] = {
        {.f = f, .letter = 'a'}, {.f = f, .letter = 'b'}, {.f = f, .letter = 'c', .is_last = true}};
    for (size_t i = 0; i < GW_ARRAY_LEN(jobs); i++)
        assert_int_equal(gw_pool_submit(pool, work_letter, done_letter, &jobs[i], &err), 0);
    fixture_run(f);
    assert_string_equal(f->trace, "abc");
    assert_false(pthread_equal(jobs[0].worked_by, pthread_self()));
    gw_pool_free(pool);
}

/* A job that is held until the test lets it go. */
struct held_job {
    struct fixture *f;
    sem_t has_started;
    sem_t may_end;
};

static void hold(void *arg)
{
    struct held_job *job = arg;
    sem_post(&job->has_started);
    sem_wait(&job->may_end);
}

static void count_done(void *arg)
{
    ((struct held_job *)arg)->f->n_calls++;
}

static void work_nothing(void *arg)
{
    (void)arg;
}

static void a_full_queue_refuses_and_runs_neither(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct held_job held = {.f = f};
    sem_init(&held.has_started, 0, 0);
    sem_init(&held.may_end, 0, 0);
    struct gw_pool *pool = gw_pool_new(f->loop, 1, 2, &err);
    assert_int_equal(gw_pool_submit(pool, hold, count_done, &held, &err), 0);
    sem_wait(&held.has_started);
    assert_int_equal(gw_pool_submit(pool, work_nothing, count_done, &held, &err), 0);
    assert_int_equal(gw_pool_submit(pool, work_nothing, count_done, &held, &err), 0);
    assert_int_equal(gw_pool_submit(pool, work_nothing, count_done, &held, &err), -1);
    assert_error(&err, GW_RESOURCE_EXHAUSTED, "2 jobs wait already");
    sem_post(&held.may_end);
    gw_pool_free(pool);
    assert_int_equal(f->n_calls, 3);
    sem_destroy(&held.has_started);
    sem_destroy(&held.may_end);
}

static void freeing_runs_what_is_queued_and_completes_it(void **state)
{
    struct fixture *f = *state;
    struct gw_pool *pool = gw_pool_new(f->loop, 3, 100, NULL);
    struct letter_job jobs[50];
    for (size_t i = 0; i < GW_ARRAY_LEN(jobs); i++) {
        jobs[i] = (struct letter_job){.f = f, .letter = 'x'};
        assert_int_equal(gw_pool_submit(pool, work_letter, done_letter, &jobs[i], NULL), 0);
    }
    gw_pool_free(pool);
    assert_int_equal(strlen(f->trace), GW_ARRAY_LEN(jobs));
    /* Nothing of the pool is left on the loop. */
    gw_loop_post(f->loop, fixture_stop, f);
    fixture_run(f);
    assert_int_equal(strlen(f->trace), GW_ARRAY_LEN(jobs));
}

struct chain {
    struct fixture *f;
    struct gw_pool *pool;
    struct gw_error err;
    int n_left;
};

static void submit_next(void *arg)
{
    struct chain *chain = arg;
    chain->f->n_calls++;
    if (chain->n_left-- > 0)
        (void)gw_pool_submit(chain->pool, work_nothing, submit_next, chain, &chain->err);
    else
        gw_loop_stop(chain->f->loop);
}

static void a_completion_may_submit(void **state)
{
    struct chain chain = {.f = *state, .n_left = 100};
    chain.pool = gw_pool_new(chain.f->loop, 2, 1, NULL);
    submit_next(&chain);
    fixture_run(chain.f);
    assert_int_equal(chain.f->n_calls, 101);
    gw_pool_free(chain.pool);
}

static void a_completion_that_submits_while_the_pool_goes_is_refused(void **state)
{
    struct chain chain = {.f = *state, .n_left = 100};
    chain.pool = gw_pool_new(chain.f->loop, 1, 1, NULL);
    submit_next(&chain);
    gw_pool_free(chain.pool);
    assert_int_equal(chain.f->n_calls, 2);
    assert_error_code(&chain.err, GW_CANCELLED);
}

static void free_pool(void *arg)
{
    struct chain *chain = arg;
    gw_pool_free(chain->pool);
    gw_loop_stop(chain->f->loop);
}

static void a_completion_may_free_the_pool(void **state)
{
    struct chain chain = {.f = *state};
    struct letter_job jobs[] = {{.f = chain.f, .letter = 'a'}, {.f = chain.f, .letter = 'b'}};
    chain.pool = gw_pool_new(chain.f->loop, 1, 10, NULL);
    gw_pool_submit(chain.pool, work_letter, done_letter, &jobs[0], NULL);
    gw_pool_submit(chain.pool, work_nothing, free_pool, &chain, NULL);
    gw_pool_submit(chain.pool, work_letter, done_letter, &jobs[1], NULL);
    fixture_run(chain.f);
    assert_string_equal(chain.f->trace, "ab");
}

static void the_number_of_threads_has_limits(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    assert_null(gw_pool_new(f->loop, 0, 1, &err));
    assert_error(&err, GW_INVALID_ARGUMENT, "1 to 64 threads, not 0");
    assert_null(gw_pool_new(f->loop, 65, 1, &err));
    assert_error(&err, GW_INVALID_ARGUMENT, "1 to 64 threads, not 65");
    struct gw_pool *pool = gw_pool_new(f->loop, 64, 1, &err);
    assert_non_null(pool);
    gw_pool_free(pool);
    gw_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_loop(one_thread_finishes_jobs_in_their_order_off_the_loop),
        with_loop(a_full_queue_refuses_and_runs_neither),
        with_loop(freeing_runs_what_is_queued_and_completes_it),
        with_loop(a_completion_may_submit),
        with_loop(a_completion_that_submits_while_the_pool_goes_is_refused),
        with_loop(a_completion_may_free_the_pool),
        with_loop(the_number_of_threads_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
