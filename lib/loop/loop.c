/* The loop itself: libevent's base, and the door for other threads.
 *
 * Posts go to a list under a mutex; the first one of an empty list writes to an eventfd, which
 * wakes the loop thread. That takes the whole list and runs it in order, so that a post made by a
 * post waits for the next round and descriptors and timers are never starved. libevent itself is
 * touched by the loop thread alone and needs no locking of its own. */
#include "loop/loop_priv.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

static void list_init(struct gw_post_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_put(struct gw_post_list *list, struct gw_post *post)
{
    post->next = NULL;
    *list->end = post;
    list->end = &post->next;
}

static struct gw_post *list_take(struct gw_post_list *list)
{
    struct gw_post *post = list->first;
    if (post) {
        list->first = post->next;
        if (!list->first)
            list->end = &list->first;
    }
    return post;
}

static void list_remove(struct gw_post_list *list, const struct gw_post *post)
{
    for (struct gw_post **at = &list->first; *at; at = &(*at)->next) {
        if (*at != post)
            continue;
        *at = post->next;
        if (!*at)
            list->end = at;
        return;
    }
}

/* Move all of @from behind @to. */
static void list_append(struct gw_post_list *to, struct gw_post_list *from)
{
    if (!from->first)
        return;
    *to->end = from->first;
    to->end = from->end;
    list_init(from);
}

static void list_fini(struct gw_post_list *list)
{
    for (struct gw_post *post; (post = list_take(list));) {
        if (post->is_heap)
            free(post);
    }
}

static void wake(const struct gw_loop *loop)
{
    const uint64_t one = 1;
    ssize_t n;
    do
        n = write(loop->wake_fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    /* EAGAIN: the counter is full, so the loop is being woken anyway. */
}

static void run_posts(struct gw_loop *loop)
{
    for (struct gw_post *post; !loop->is_stopping && (post = list_take(&loop->running));) {
        gw_loop_fn fn = post->fn;
        void *arg = post->arg;
        if (post->is_heap)
            free(post);
        fn(arg);
    }
    if (loop->running.first)
        wake(loop); /* stopped in the middle: the rest is for the next gw_loop_run() */
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct gw_loop *loop = arg;
    (void)what;
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);
    (void)n; /* level-triggered: what could not be read comes again */
    pthread_mutex_lock(&loop->lock);
    list_append(&loop->running, &loop->posted);
    pthread_mutex_unlock(&loop->lock);
    run_posts(loop);
}

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    struct event_base *base = NULL;
    /* Without the cached time a timer set late in a long callback still runs its full delay. */
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
                                          EVENT_BASE_FLAG_NO_CACHE_TIME |
                                          EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

struct gw_loop *gw_loop_new(struct gw_error *err)
{
    struct gw_loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        gw_error_set_nomem(err, "making an event loop");
        return NULL;
    }
    list_init(&loop->running);
    list_init(&loop->posted);
    (void)pthread_mutex_init(&loop->lock, NULL);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->base = make_base();
    if (loop->wake_fd >= 0 && loop->base)
        loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
    if (!loop->wake || event_add(loop->wake, NULL) < 0) {
        gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                     "can't make an event loop: no descriptors or memory left");
        gw_loop_free(loop);
        return NULL;
    }
    return loop;
}

void gw_loop_free(struct gw_loop *loop)
{
    if (!loop)
        return;
    gw_loop_forget_children(loop);
    list_fini(&loop->running);
    list_fini(&loop->posted);
    if (loop->wake)
        event_free(loop->wake);
    if (loop->base)
        event_base_free(loop->base);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

int gw_loop_run(struct gw_loop *loop, struct gw_error *err)
{
    loop->is_stopping = false;
    if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
        return gw_error_set(err, GW_INTERNAL, "the event loop's back end failed");
    return 0;
}

void gw_loop_stop(struct gw_loop *loop)
{
    loop->is_stopping = true;
    event_base_loopbreak(loop->base);
}

void gw_loop_post_embedded(struct gw_loop *loop, struct gw_post *post)
{
    pthread_mutex_lock(&loop->lock);
    bool is_first = !loop->posted.first;
    list_put(&loop->posted, post);
    /* Under the lock: once it is open, the loop may run this post, stop and be freed. */
    if (is_first)
        wake(loop);
    pthread_mutex_unlock(&loop->lock);
}

void gw_loop_unpost(struct gw_loop *loop, struct gw_post *post)
{
    list_remove(&loop->running, post);
    pthread_mutex_lock(&loop->lock);
    list_remove(&loop->posted, post);
    pthread_mutex_unlock(&loop->lock);
}

int gw_loop_post(struct gw_loop *loop, gw_loop_fn fn, void *arg)
{
    struct gw_post *post = malloc(sizeof *post);
    if (!post)
        return -1;
    *post = (struct gw_post){.fn = fn, .arg = arg, .is_heap = true};
    gw_loop_post_embedded(loop, post);
    return 0;
}

uint64_t gw_loop_now_us(const struct gw_loop *loop)
{
    (void)loop;
    return gw_clock_mono_us(gw_clock_system());
}
