#ifndef SCH_SCHEDULER_H
#define SCH_SCHEDULER_H
/* The scheduler: one object that everything hangs on. Its memory image of hosts, guests, plans and
 * migrations is what is read; it changes only after the store has the change (rule R10). All of it
 * belongs to the loop thread; the store is touched by one pool thread alone. */

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "core/eligibility.h"
#include "list.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "rpc/rpc.h"
#include "store/store.h"

enum {
    SCH_STORE_QUEUE_MAX = 10000,    /* transactions and reads that wait for the store */
    SCH_PLAN_MIGRATIONS_MAX = 1000, /* one batch of changes and one reply frame hold them */
    SCH_LIST_DEFAULT = 100,         /* migrations listed when no limit is named */
    SCH_WATCHERS_MAX = 256,         /* streams of events at a time */
    SCH_TRASH_ENTRIES_MAX = 4000,   /* in one answer: a frame has 4 MiB, each under 1000 bytes */
    SCH_SIGNALS_MAX = 64,           /* events that wait for one migration's write */
};

struct sch_options {
    const char *store_path;
    uint32_t heartbeat_interval_ms;
    uint32_t host_silent_after_ms;
    const struct gw_clock *clock;
    const struct gw_random *random;
    const struct gw_rpc_tls *tls; /* NULL: none; must outlive the scheduler */
};

struct sch_service;  /* the RPC face, service_rpc.c */
struct sch_watchers; /* streams of events, watch_rpc.c */

struct scheduler {
    struct gw_loop *loop;
    struct gw_log log;
    struct sch_options options;
    struct gw_store *store;
    struct gw_pool *pool; /* one thread: the store's */
    struct gw_rpc_server *server;
    struct sch_service *service;
    struct sch_watchers *watchers;
    struct sch_list hosts;       /* struct sch_host by id */
    struct sch_list registering; /* hosts whose row is being written, by id */
    struct sch_list guests;      /* struct sch_guest by uuid */
    struct sch_list plans;       /* struct sch_plan by id */
    struct sch_list migrations;  /* struct sch_migration by id */
    struct gw_timer *host_timer;
    uint64_t newest_cursor; /* of the events in the store */
    uint64_t tidied_us;     /* monotonic: when the store was last put in order */
    bool is_tidying;
    struct gw_error tidy_err; /* of the store's thread while is_tidying */
    bool is_stopping;
};

/* Open the store, load what it holds, go on with what was under way. Nothing is served until
 * sch_scheduler_listen(). */
struct scheduler *sch_scheduler_new(struct gw_loop *loop,
                                    const struct gw_log *log,
                                    const struct sch_options *options,
                                    struct gw_error *err);
/* Serve at @url. Errors: those of gw_rpc_server_listen(). */
int sch_scheduler_listen(struct scheduler *s, const char *url, struct gw_error *err);
/* Finish writes under way and take everything down. Calls unanswered fail at their callers. */
void sch_scheduler_free(struct scheduler *s);

static inline uint64_t sch_now_us(const struct scheduler *s)
{
    return gw_clock_mono_us(s->options.clock);
}
static inline uint64_t sch_wall_us(const struct scheduler *s)
{
    return gw_clock_wall_us(s->options.clock);
}

#endif
