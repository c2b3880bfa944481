#ifndef GW_HOST_HEARTBEAT_H
#define GW_HOST_HEARTBEAT_H
/* An agent's heartbeats to the scheduler: gathers the facts on a pool thread, then sends who, what
 * and which guests; the next one after the interval of the reply, or after a growing pause when
 * there was none (never more than GW_HEARTBEAT_RETRY_MAX_MS). At most one is under way. */

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "host/facts.h"
#include "host/host.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "rpc/rpc.h"

enum {
    GW_HEARTBEAT_DEADLINE_MS = 2000, /* an answer that takes longer is worth nothing */
    GW_HEARTBEAT_RETRY_MIN_MS = 200,
    GW_HEARTBEAT_RETRY_MAX_MS = 2000, /* a scheduler that is back hears of us at once */
};

enum gw_agent_role { GW_AGENT_SOURCE = 1, GW_AGENT_TARGET = 2 };

/* Values as in godwit.v1.GuestState. */
enum gw_guest_report_state {
    GW_GUEST_REPORT_STOPPED = 2,
    GW_GUEST_REPORT_RUNNING = 4,
    GW_GUEST_REPORT_MIGRATING = 6,
    GW_GUEST_REPORT_CRASHED = 8,
};

struct gw_guest_report {
    char guest_uuid[GW_UUID_LEN + 1];
    uint64_t epoch;
    enum gw_guest_report_state state;
    char migration_id[GW_NAME_MAX + 1];
    uint32_t attempt;
    uint64_t qemu_pid;
};

struct gw_guest_reports {
    struct gw_guest_report *items; /* malloc'd by fill(), freed by the heartbeat */
    size_t n_items;
};

struct gw_heartbeat_handlers {
    /* The guests to report now. May be NULL. On failure nothing is filled in and the beat goes
     * without guests. */
    void (*fill)(void *arg, struct gw_guest_reports *out);
    /* The scheduler's order for a guest whose epoch is behind. May be NULL. */
    void (*order)(void *arg, const char *guest_uuid, uint64_t epoch, bool kill);
    /* The facts are there for the first time. May be NULL. */
    void (*facts_ready)(void *arg, const struct gw_host_facts *facts);
    /* The facts cannot be found (no QEMU, KVM demanded and absent): fatal, or tried again at the
     * next beat. May be NULL: logged and tried again. */
    void (*facts_failed)(void *arg, const struct gw_error *err);
    void *arg;
};

struct gw_heartbeat_config {
    struct gw_loop *loop;
    struct gw_pool *pool;
    struct gw_rpc_channel *scheduler;
    const struct gw_host *host;
    const struct gw_log *log;
    enum gw_agent_role role;
    const char *url; /* where this agent answers; copied */
};

struct gw_heartbeat;

/* Start beating. Everything in @config must outlive it. */
struct gw_heartbeat *gw_heartbeat_start(const struct gw_heartbeat_config *config,
                                        const struct gw_heartbeat_handlers *handlers,
                                        struct gw_error *err);
/* Beat now (or right after the one under way): something changed that the scheduler should know. */
void gw_heartbeat_now(struct gw_heartbeat *heartbeat);
/* The facts; NULL until facts_ready(). Valid until the heartbeat is stopped; the changing part may
 * be renewed at each beat. */
const struct gw_host_facts *gw_heartbeat_facts(const struct gw_heartbeat *heartbeat);
/* Stop; waits for nothing. A job still on the pool finishes by itself: free the pool after this. */
void gw_heartbeat_stop(struct gw_heartbeat *heartbeat);

#endif
