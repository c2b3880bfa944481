/* One command at a time; `is_busy` while its answer is awaited. The order matters: the guest's
 * pause ends first, and a node can only go after the job that writes to it. */
#include "clean.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "monitor.h"

struct src_clean {
    struct src_guest *guest;
    struct gw_timer *retry;
    src_clean_fn fn; /* NULL: nothing to do */
    void *arg;
    bool is_busy;
    bool has_tried_cont;
    json_object *nodes; /* named nodes, while ours are being removed */
    size_t node;        /* index into it */
};

static void ask_status(void *arg);
static void ask_jobs(struct src_clean *c);
static void next_node(struct src_clean *c);

static void retry_later(struct src_clean *c, const struct gw_error *err)
{
    c->is_busy = false;
    if (err != NULL && gw_error_is_set(err) && err->code != GW_UNAVAILABLE)
        gw_log_failure(&c->guest->log, GW_LOG_WARN, "clean.retried", err);
    if (c->fn != NULL)
        gw_timer_start(c->retry, SRC_CLEAN_RETRY_MS);
}

static void
send(struct src_clean *c, const char *command, json_object *args, gw_qmp_result_fn on_answer)
{
    c->is_busy = src_monitor_execute(c->guest->monitor, command, args, SRC_QMP_DEADLINE_MS,
                                     on_answer, c) == 0;
}

/* Returns true when the answer is to be taken further. */
static bool take(struct src_clean *c, const struct gw_error *err)
{
    c->is_busy = false;
    if (c->fn == NULL)
        return false;
    if (!gw_error_is_set(err))
        return true;
    retry_later(c, err);
    return false;
}

static void finish(struct src_clean *c)
{
    src_clean_fn fn = c->fn;

    gw_timer_stop(c->retry);
    c->fn = NULL;
    fn(c->arg);
}

static void on_node_removed(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_clean *c = arg;

    (void)result;
    if (take(c, err))
        next_node(c);
}

static void next_node(struct src_clean *c)
{
    size_t n =
        json_object_is_type(c->nodes, json_type_array) ? json_object_array_length(c->nodes) : 0;

    while (c->node < n) {
        const char *name =
            src_json_text(json_object_array_get_idx(c->nodes, c->node++), "node-name");
        if (name == NULL || strncmp(name, SRC_NODE_PREFIX, strlen(SRC_NODE_PREFIX)) != 0)
            continue;
        send(c, "blockdev-del", src_args_one("node-name", name), on_node_removed);
        return;
    }
    finish(c);
}

static void on_nodes(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_clean *c = arg;

    if (!take(c, err))
        return;
    json_object_put(c->nodes);
    c->nodes = json_object_get(result);
    c->node = 0;
    next_node(c);
}

static void ask_nodes(struct src_clean *c)
{
    json_object *args = json_object_new_object();

    (void)json_object_object_add(args, "flat", json_object_new_boolean(true));
    send(c, "query-named-block-nodes", args, on_nodes);
}

static bool is_ours(const char *job)
{
    return job != NULL && strncmp(job, SRC_JOB_PREFIX, strlen(SRC_JOB_PREFIX)) == 0;
}

/* Returns true when the job must still end. */
static bool end_job(struct src_clean *c, json_object *job)
{
    struct src_monitor *monitor = c->guest->monitor;
    const char *id = src_json_text(job, "id");
    const char *status = src_json_text(job, "status");

    if (!is_ours(id) || status == NULL || strcmp(status, "null") == 0)
        return false;
    if (strcmp(status, "concluded") == 0) {
        (void)src_monitor_execute(monitor, "job-dismiss", src_args_one("id", id),
                                  SRC_QMP_DEADLINE_MS, NULL, NULL);
        return false;
    }
    (void)src_monitor_execute(monitor, "block-job-cancel", src_args_job_cancel(id, true),
                              SRC_QMP_DEADLINE_MS, NULL, NULL);
    return true;
}

static void on_jobs(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_clean *c = arg;
    bool is_waiting = false;

    if (!take(c, err))
        return;
    size_t n = json_object_is_type(result, json_type_array) ? json_object_array_length(result) : 0;
    for (size_t i = 0; i < n; i++)
        is_waiting |= end_job(c, json_object_array_get_idx(result, i));
    if (is_waiting)
        gw_timer_start(c->retry, SRC_CLEAN_RETRY_MS); /* or the job's event, before that */
    else
        ask_nodes(c);
}

static void ask_jobs(struct src_clean *c)
{
    send(c, "query-jobs", NULL, on_jobs);
}

static void on_continued(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_clean *c = arg;

    (void)result;
    if (take(c, err))
        ask_status(c);
}

static void on_status(void *arg, json_object *result, const struct gw_error *err)
{
    struct src_clean *c = arg;
    const char *status = src_json_text(result, "status");

    if (!take(c, err))
        return;
    if (status != NULL && strcmp(status, "running") == 0) {
        ask_jobs(c);
    } else if (!c->has_tried_cont) {
        c->has_tried_cont = true;
        send(c, "cont", NULL, on_continued);
    } else {
        retry_later(c, NULL);
    }
}

static void ask_status(void *arg)
{
    struct src_clean *c = arg;

    if (c->fn != NULL && !c->is_busy)
        send(c, "query-status", NULL, on_status);
}

static void start_over(void *arg)
{
    struct src_clean *c = arg;

    c->has_tried_cont = false;
    ask_status(c);
}

struct src_clean *src_clean_new(struct src_guest *guest)
{
    struct src_clean *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->guest = guest;
    c->retry = gw_timer_new(guest->daemon->loop, start_over, c);
    if (c->retry != NULL)
        return c;
    free(c);
    return NULL;
}

void src_clean_start(struct src_clean *clean, src_clean_fn fn, void *arg)
{
    clean->fn = fn;
    clean->arg = arg;
    start_over(clean);
}

void src_clean_stop(struct src_clean *clean)
{
    clean->fn = NULL;
    clean->is_busy = false;
    gw_timer_stop(clean->retry);
}

void src_clean_free(struct src_clean *clean)
{
    if (clean == NULL)
        return;
    gw_timer_free(clean->retry);
    json_object_put(clean->nodes);
    free(clean);
}

void src_clean_on_ready(struct src_guest *guest)
{
    if (guest->clean->fn != NULL)
        start_over(guest->clean);
}

void src_clean_on_lost(struct src_guest *guest)
{
    guest->clean->is_busy = false;
    gw_timer_stop(guest->clean->retry); /* begun again when the session is back */
}

void src_clean_on_event(struct src_guest *guest, const char *name, json_object *data)
{
    const char *status = src_json_text(data, "status");

    if (guest->clean->fn == NULL || guest->clean->is_busy || strcmp(name, "JOB_STATUS_CHANGE") != 0)
        return;
    if (is_ours(src_json_text(data, "id")) && status != NULL && strcmp(status, "concluded") == 0)
        ask_jobs(guest->clean);
}
