#ifndef GW_LOOP_LOOP_PRIV_H
#define GW_LOOP_LOOP_PRIV_H
/* What the files of this folder share about a loop. */

#include <event2/event.h>
#include <pthread.h>

#include "loop/loop.h"

/* One piece of work handed in. Embedded by its owner, or malloc'd by gw_loop_post(). */
struct gw_post {
    struct gw_post *next;
    gw_loop_fn fn;
    void *arg;
    bool is_heap; /* freed by the loop before @fn runs */
};

struct gw_post_list {
    struct gw_post *first;
    struct gw_post **end;
};

struct gw_child;

struct gw_loop {
    struct event_base *base;
    struct event *wake;
    int wake_fd;
    bool is_stopping;            /* loop thread only */
    struct gw_post_list running; /* loop thread only: taken from @posted, not yet run */
    struct gw_child *unwatched;  /* loop thread only: freed by their owner, not yet reaped */
    pthread_mutex_t lock;        /* guards @posted */
    struct gw_post_list posted;
};

/* Post a @post that the caller embeds: never fails. It must not be posted already, and must stay
 * where it is until it runs or is taken back. Thread: any. */
void gw_loop_post_embedded(struct gw_loop *loop, struct gw_post *post);
/* Take @post back; nothing happens when it is not posted. Thread: loop thread only. */
void gw_loop_unpost(struct gw_loop *loop, struct gw_post *post);
/* Release children whose owner no longer watches them (child.c). */
void gw_loop_forget_children(struct gw_loop *loop);

#endif
