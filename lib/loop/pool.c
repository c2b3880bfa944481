/* Threads for blocking work.
 *
 * One mutex guards two lists: jobs that wait, and jobs that are done. A thread that finishes a job
 * puts it on the second and posts the pool's one embedded post, which can't fail, so a completion
 * is never lost. The loop thread then runs the completions. gw_pool_free() lets the threads empty
 * the first list, joins them, and runs what is left on the second itself. */
#include "loop/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop_priv.h"

enum { THREADS_MAX = 64 };

struct job {
    struct job *next;
    gw_loop_fn work;
    gw_loop_fn done;
    void *arg;
};

struct job_list {
    struct job *first;
    struct job **end;
    size_t n;
};

struct gw_pool {
    struct gw_loop *loop;
    unsigned max_queued;
    unsigned n_threads;
    bool *was_freed; /* loop thread only: told when the pool goes while its completions run */
    struct gw_post post;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t has_work;
    struct job_list waiting;
    struct job_list finished;
    bool is_posted;
    bool is_closing;
    pthread_t threads[THREADS_MAX];
};

static void list_init(struct job_list *list)
{
    *list = (struct job_list){.end = &list->first};
}

static void list_put(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
    list->n++;
}

static struct job *list_take(struct job_list *list)
{
    struct job *job = list->first;
    if (!job)
        return NULL;
    list->first = job->next;
    if (!list->first)
        list->end = &list->first;
    list->n--;
    return job;
}

static void *run_thread(void *arg)
{
    struct gw_pool *pool = arg;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct job *job = list_take(&pool->waiting);
        if (!job) {
            if (pool->is_closing)
                break;
            pthread_cond_wait(&pool->has_work, &pool->lock);
            continue;
        }
        pthread_mutex_unlock(&pool->lock);
        job->work(job->arg);
        pthread_mutex_lock(&pool->lock);
        list_put(&pool->finished, job);
        if (!pool->is_posted) {
            pool->is_posted = true;
            gw_loop_post_embedded(pool->loop, &pool->post);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Run at most @n completions; false when one of them freed the pool. */
static bool run_completions(struct gw_pool *pool, size_t n)
{
    bool was_freed = false;
    bool *outer = pool->was_freed;
    pool->was_freed = &was_freed;
    for (; n > 0; n--) {
        pthread_mutex_lock(&pool->lock);
        struct job *job = list_take(&pool->finished);
        pthread_mutex_unlock(&pool->lock);
        if (!job)
            break;
        gw_loop_fn done = job->done;
        void *arg = job->arg;
        free(job);
        done(arg);
        if (was_freed) {
            if (outer)
                *outer = true;
            return false;
        }
    }
    pool->was_freed = outer;
    return true;
}

static void on_finished(void *arg)
{
    struct gw_pool *pool = arg;
    pthread_mutex_lock(&pool->lock);
    pool->is_posted = false;
    size_t n = pool->finished.n; /* later ones wait their turn behind the loop's other events */
    pthread_mutex_unlock(&pool->lock);
    if (!run_completions(pool, n))
        return;
    pthread_mutex_lock(&pool->lock);
    if (pool->finished.n > 0 && !pool->is_posted) {
        pool->is_posted = true;
        gw_loop_post_embedded(pool->loop, &pool->post);
    }
    pthread_mutex_unlock(&pool->lock);
}

/* Signals are for the loop thread. */
static int start_threads(struct gw_pool *pool, unsigned n_threads)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = 0;
    while (!e && pool->n_threads < n_threads) {
        e = pthread_create(&pool->threads[pool->n_threads], NULL, run_thread, pool);
        if (!e)
            pool->n_threads++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

struct gw_pool *
gw_pool_new(struct gw_loop *loop, unsigned n_threads, unsigned max_queued, struct gw_error *err)
{
    if (n_threads < 1 || n_threads > THREADS_MAX) {
        gw_error_set(err, GW_INVALID_ARGUMENT, "a pool has 1 to %d threads, not %u", THREADS_MAX,
                     n_threads);
        return NULL;
    }
    struct gw_pool *pool = calloc(1, sizeof *pool);
    if (!pool) {
        gw_error_set_nomem(err, "making a pool of threads");
        return NULL;
    }
    pool->loop = loop;
    pool->max_queued = max_queued;
    pool->post = (struct gw_post){.fn = on_finished, .arg = pool};
    list_init(&pool->waiting);
    list_init(&pool->finished);
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->has_work, NULL);
    int e = start_threads(pool, n_threads);
    if (e) {
        gw_error_set_errno(err, e, "can't start %u threads", n_threads);
        gw_pool_free(pool);
        return NULL;
    }
    return pool;
}

int gw_pool_submit(
    struct gw_pool *pool, gw_loop_fn work, gw_loop_fn done, void *arg, struct gw_error *err)
{
    struct job *job = malloc(sizeof *job);
    if (!job)
        return gw_error_set_nomem(err, "queueing a job");
    *job = (struct job){.work = work, .done = done, .arg = arg};
    pthread_mutex_lock(&pool->lock);
    bool is_closing = pool->is_closing;
    bool has_room = pool->waiting.n < pool->max_queued;
    if (has_room && !is_closing) {
        list_put(&pool->waiting, job);
        pthread_cond_signal(&pool->has_work);
    }
    pthread_mutex_unlock(&pool->lock);
    if (has_room && !is_closing)
        return 0;
    free(job);
    if (is_closing)
        return gw_error_set(err, GW_CANCELLED, "the pool of threads is closing");
    return gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                        "%u jobs wait already, which is the limit; try again later",
                        pool->max_queued);
}

void gw_pool_free(struct gw_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_closing = true;
    pthread_cond_broadcast(&pool->has_work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->n_threads; i++)
        (void)pthread_join(pool->threads[i], NULL);
    gw_loop_unpost(pool->loop, &pool->post);
    (void)run_completions(pool, pool->finished.n);
    if (pool->was_freed)
        *pool->was_freed = true;
    pthread_cond_destroy(&pool->has_work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
