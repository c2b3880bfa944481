/* Building the scheduler, loading its store, taking it down.
 *
 * At the start everything under way goes on: migrations send again what their state says, guests
 * finish what a request had begun. Nobody counts as silent before there was time to speak. At the
 * end the store's thread finishes what it has, then the agents' calls are given up, then the
 * server: so whoever waits gets an answer or a closed connection, and nothing runs after it. */
#include "scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "guests.h"
#include "hosts.h"
#include "leftovers.h"
#include "loading.h"
#include "plans.h"
#include "service.h"
#include "watch.h"

enum {
    HOST_CHECK_MS = 500,    /* how late a host's silence is noticed at most */
    TIDY_MS = 5000,         /* between two housekeepings of the store */
    TIDY_LATEST_MS = 60000, /* however many guests are on the move */
};

/* A guest that is copied may be handed over any moment, and shall not wait for housekeeping. */
static bool is_hand_over_near(const struct scheduler *s)
{
    for (size_t i = s->migrations.n_items; i > 0; i--) {
        enum gw_phase phase = gw_migration_phase(
            ((const struct sch_migration *)s->migrations.items[i - 1])->row.core.state);
        if (phase == GW_PHASE_COPYING || phase == GW_PHASE_COMMITTED)
            return true;
    }
    return false;
}

static void tidy(struct scheduler *s)
{
    uint64_t since_ms = (sch_now_us(s) - s->tidied_us) / 1000;
    if (since_ms < TIDY_MS || (since_ms < TIDY_LATEST_MS && is_hand_over_near(s)))
        return;
    s->tidied_us = sch_now_us(s);
    sch_store_tidy(s);
}

static void on_host_timer(void *arg)
{
    struct scheduler *s = arg;
    sch_hosts_check(s);
    tidy(s);
    gw_timer_start(s->host_timer, HOST_CHECK_MS);
}

static void resume_all(struct scheduler *s)
{
    for (size_t i = 0; i < s->guests.n_items; i++)
        sch_guest_resume(s, s->guests.items[i]);
    for (size_t i = 0; i < s->migrations.n_items; i++)
        sch_driver_resume(s->migrations.items[i]);
    for (size_t i = 0; i < s->hosts.n_items; i++)
        sch_leftovers_refuse(s, ((const struct sch_host *)s->hosts.items[i])->row.id);
}

static int build(struct scheduler *s, struct gw_error *err)
{
    struct gw_store_options options = {.random = s->options.random};
    uint64_t oldest = 0;
    s->store = gw_store_open(s->options.store_path, &options, err);
    if (!s->store || gw_store_event_bounds(s->store, &oldest, &s->newest_cursor, err) < 0)
        return -1;
    s->pool = gw_pool_new(s->loop, 1, SCH_STORE_QUEUE_MAX, err);
    if (!s->pool || sch_watchers_init(s, err) < 0 || sch_service_start(s, err) < 0 ||
        sch_load(s, err) < 0)
        return -1;
    s->host_timer = gw_timer_new(s->loop, on_host_timer, s);
    if (!s->host_timer)
        return gw_error_set_nomem(err, "starting the scheduler");
    gw_timer_start(s->host_timer, HOST_CHECK_MS);
    return 0;
}

struct scheduler *sch_scheduler_new(struct gw_loop *loop,
                                    const struct gw_log *log,
                                    const struct sch_options *options,
                                    struct gw_error *err)
{
    struct scheduler *s = calloc(1, sizeof *s);
    if (!s) {
        gw_error_set_nomem(err, "starting the scheduler");
        return NULL;
    }
    s->loop = loop;
    s->log = *log;
    s->options = *options;
    if (build(s, err) < 0) {
        sch_scheduler_free(s);
        return NULL;
    }
    s->options.store_path = NULL; /* the caller's, needed no more */
    resume_all(s);
    return s;
}

int sch_scheduler_listen(struct scheduler *s, const char *url, struct gw_error *err)
{
    return gw_rpc_server_listen(s->server, url, s->options.tls, err);
}

typedef void (*free_fn)(void *item);

static void free_list(struct sch_list *list, free_fn free_item)
{
    for (size_t i = 0; i < list->n_items; i++)
        free_item(list->items[i]);
    sch_list_fini(list);
}

static void free_host(void *item)
{
    sch_host_free(item);
}
static void free_guest(void *item)
{
    sch_guest_free(item);
}
static void free_plan(void *item)
{
    sch_plan_free(item);
}
static void free_migration(void *item)
{
    sch_migration_free(item);
}

void sch_scheduler_free(struct scheduler *s)
{
    if (!s)
        return;
    s->is_stopping = true;
    gw_timer_free(s->host_timer);
    gw_pool_free(s->pool);
    s->pool = NULL;
    sch_watchers_fini(s);
    free_list(&s->hosts, free_host); /* ends the calls to the agents */
    sch_service_stop(s);
    free_list(&s->migrations, free_migration);
    free_list(&s->plans, free_plan);
    free_list(&s->guests, free_guest);
    sch_list_fini(&s->registering);
    gw_store_close(s->store);
    free(s);
}
