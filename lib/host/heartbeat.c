/* The beat of an agent.
 *
 * Normal course: timer -> a pool thread gathers (first) or renews the facts in the job's own copy
 * -> loop: they become the current ones, the message is sent -> reply: orders are handed out, the
 * timer is set to the reply's interval. On failure the timer is set to a pause that doubles.
 * The job belongs to the pool while it is there; stopping only takes its way back from it. */
#include "host/heartbeat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/scope.h"
#include "host/heartbeat_priv.h"

enum {
    INTERVAL_MIN_MS = 100, /* an answer of 0 must not make a busy loop */
    INTERVAL_MAX_MS = 60000,
};

struct job {
    struct gw_heartbeat *heartbeat; /* NULL: stopped meanwhile */
    const struct gw_host *host;
    struct gw_host_facts facts;
    bool is_first;
    struct gw_error err;
};

/* A message under way. It belongs to its call, which outlives a stopped heartbeat. */
struct beat {
    struct gw_heartbeat *heartbeat; /* NULL: stopped meanwhile */
    struct gw_rpc_call *call;
};

struct gw_heartbeat {
    struct gw_heartbeat_config config;
    struct gw_heartbeat_handlers handlers;
    char *url;
    char agent_id[GW_UUID_LEN + 1];
    struct gw_timer *timer;
    struct job *job;   /* on the pool */
    struct beat *beat; /* under way */
    struct gw_host_facts facts;
    bool has_facts;
    bool is_wanted_now; /* beat again right after the one under way */
    bool is_silent;     /* the last beat failed; said once */
    uint32_t retry_ms;
};

static void begin(void *arg);

static bool is_under_way(const struct gw_heartbeat *hb)
{
    return hb->job || hb->beat;
}

static void set_timer(struct gw_heartbeat *hb, uint32_t delay_ms)
{
    gw_timer_start(hb->timer, hb->is_wanted_now ? 0 : delay_ms);
    hb->is_wanted_now = false;
}

static void retry(struct gw_heartbeat *hb, const struct gw_error *err)
{
    if (!hb->is_silent)
        gw_log_failure(hb->config.log, GW_LOG_WARN, "heartbeat.failed", err);
    hb->is_silent = true;
    set_timer(hb, hb->retry_ms);
    hb->retry_ms *= 2;
    if (hb->retry_ms > GW_HEARTBEAT_RETRY_MAX_MS)
        hb->retry_ms = GW_HEARTBEAT_RETRY_MAX_MS;
}

static uint32_t clamp_interval(uint32_t ms)
{
    if (ms < INTERVAL_MIN_MS)
        return INTERVAL_MIN_MS;
    return ms > INTERVAL_MAX_MS ? INTERVAL_MAX_MS : ms;
}

static void on_reply(const Godwit__V1__HeartbeatReply *reply, void *arg)
{
    GW_AUTO_FREE struct beat *beat = arg;
    struct gw_heartbeat *hb = beat->heartbeat;
    if (!hb)
        return;
    hb->beat = NULL;
    if (!reply) {
        retry(hb, gw_rpc_call_error(beat->call));
        return;
    }
    if (hb->is_silent)
        gw_log_info(hb->config.log, "heartbeat.answered", "scheduler=%s",
                    gw_rpc_channel_url(hb->config.scheduler));
    hb->is_silent = false;
    hb->retry_ms = GW_HEARTBEAT_RETRY_MIN_MS;
    set_timer(hb, clamp_interval(reply->interval_ms));
    for (size_t i = 0; hb->handlers.order && i < reply->n_orders; i++) {
        const Godwit__V1__GuestOrder *order = reply->orders[i];
        if (gw_uuid_is_valid(order->guest_uuid))
            hb->handlers.order(hb->handlers.arg, order->guest_uuid, order->epoch, order->kill);
    }
}

static int start_call(struct gw_heartbeat *hb,
                      const Godwit__V1__HeartbeatRequest *request,
                      struct gw_error *err)
{
    const struct gw_rpc_options options = {.deadline_ms = GW_HEARTBEAT_DEADLINE_MS,
                                           .is_idempotent = true};
    GW_AUTO_FREE struct beat *beat = calloc(1, sizeof *beat);
    if (beat)
        beat->call = gw_rpc_call_new(hb->config.scheduler,
                                     &godwit__v1__scheduler_service__descriptor, &options);
    if (!beat || !beat->call)
        return gw_error_set_nomem(err, "sending a heartbeat");
    beat->heartbeat = hb;
    hb->beat = gw_steal(beat);
    godwit__v1__scheduler_service__heartbeat(gw_rpc_call_stub(hb->beat->call), request, on_reply,
                                             hb->beat);
    return 0;
}

static int send_beat(struct gw_heartbeat *hb, struct gw_error *err)
{
    struct gw_heartbeat_message message;
    struct gw_guest_reports reports = {0};
    if (hb->handlers.fill)
        hb->handlers.fill(hb->handlers.arg, &reports);
    GW_AUTO_FREE struct gw_guest_report *items = reports.items;
    if (gw_heartbeat_message_init(&message, hb->config.host, &hb->facts, &reports, err) < 0)
        return -1;
    message.request.role = (Godwit__V1__AgentRole)hb->config.role;
    message.request.agent_id = hb->agent_id;
    message.request.url = hb->url;
    int result = start_call(hb, &message.request, err);
    gw_heartbeat_message_fini(&message);
    return result;
}

static void take_facts(struct gw_heartbeat *hb, struct job *job)
{
    gw_host_facts_fini(&hb->facts);
    hb->facts = job->facts;
    job->facts = (struct gw_host_facts){0};
    bool is_first = !hb->has_facts;
    hb->has_facts = true;
    if (is_first && hb->handlers.facts_ready)
        hb->handlers.facts_ready(hb->handlers.arg, &hb->facts);
}

/* Loop thread: the facts are there. */
static void on_facts(void *arg)
{
    struct job *job = arg;
    struct gw_heartbeat *hb = job->heartbeat;
    struct gw_error err = {0};
    if (!hb) {
        gw_host_facts_fini(&job->facts);
        free(job);
        return;
    }
    hb->job = NULL;
    if (gw_error_is_set(&job->err)) {
        if (hb->handlers.facts_failed)
            hb->handlers.facts_failed(hb->handlers.arg, &job->err);
        retry(hb, &job->err);
    } else {
        take_facts(hb, job);
        if (send_beat(hb, &err) < 0)
            retry(hb, &err);
    }
    free(job);
}

/* Pool thread. */
static void find_facts(void *arg)
{
    struct job *job = arg;
    if (!job->is_first)
        gw_host_facts_refresh(job->host, &job->facts);
    else if (gw_host_facts_gather(job->host, &job->facts, &job->err) == 0)
        gw_error_clear(&job->err);
}

static int submit(struct gw_heartbeat *hb, struct gw_error *err)
{
    GW_AUTO_FREE struct job *job = calloc(1, sizeof *job);
    if (!job)
        return gw_error_set_nomem(err, "making a heartbeat");
    job->heartbeat = hb;
    job->host = hb->config.host;
    job->is_first = !hb->has_facts;
    if (hb->has_facts && gw_host_facts_copy(&hb->facts, &job->facts, err) < 0)
        return -1;
    if (gw_pool_submit(hb->config.pool, find_facts, on_facts, job, err) < 0) {
        gw_host_facts_fini(&job->facts);
        return -1;
    }
    hb->job = gw_steal(job);
    return 0;
}

static void begin(void *arg)
{
    struct gw_heartbeat *hb = arg;
    struct gw_error err = {0};
    if (is_under_way(hb))
        return;
    hb->is_wanted_now = false;
    if (submit(hb, &err) < 0)
        retry(hb, &err);
}

struct gw_heartbeat *gw_heartbeat_start(const struct gw_heartbeat_config *config,
                                        const struct gw_heartbeat_handlers *handlers,
                                        struct gw_error *err)
{
    struct gw_heartbeat *hb = calloc(1, sizeof *hb);
    if (!hb) {
        (void)gw_error_set_nomem(err, "starting heartbeats");
        return NULL;
    }
    hb->config = *config;
    hb->handlers = *handlers;
    hb->retry_ms = GW_HEARTBEAT_RETRY_MIN_MS;
    hb->url = strdup(config->url);
    hb->timer = gw_timer_new(config->loop, begin, hb);
    gw_uuid_make(gw_random_system(), hb->agent_id);
    if (!hb->url || !hb->timer) {
        (void)gw_error_set_nomem(err, "starting heartbeats");
        gw_heartbeat_stop(hb);
        return NULL;
    }
    gw_timer_start(hb->timer, 0);
    return hb;
}

void gw_heartbeat_now(struct gw_heartbeat *heartbeat)
{
    heartbeat->is_wanted_now = true;
    if (!is_under_way(heartbeat))
        set_timer(heartbeat, 0);
}

const struct gw_host_facts *gw_heartbeat_facts(const struct gw_heartbeat *heartbeat)
{
    return heartbeat->has_facts ? &heartbeat->facts : NULL;
}

void gw_heartbeat_stop(struct gw_heartbeat *heartbeat)
{
    if (!heartbeat)
        return;
    if (heartbeat->job)
        heartbeat->job->heartbeat = NULL;
    if (heartbeat->beat) {
        heartbeat->beat->heartbeat = NULL;
        gw_rpc_call_cancel(heartbeat->beat->call);
    }
    gw_timer_free(heartbeat->timer);
    gw_host_facts_fini(&heartbeat->facts);
    free(heartbeat->url);
    free(heartbeat);
}
