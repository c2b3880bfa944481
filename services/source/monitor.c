/* A session that ends while QEMU lives (rubbish, a hung QEMU, a socket somebody else holds) is
 * opened again with growing pauses; whoever has something under way hears of both and asks QEMU
 * anew. It stops when the guest closes it: QEMU's end is told by its pidfd, not by the socket. */
#include "monitor.h"

#include "base/scope.h"
#include "host/guest_dir.h"

struct src_monitor {
    struct src_guest *guest;
    struct gw_qmp *qmp; /* NULL between sessions */
    struct gw_timer *retry;
    uint32_t retry_ms;
    bool is_ready;
};

static void open_session(void *arg);

static void session_over(struct src_monitor *m)
{
    bool was_ready = m->is_ready;

    gw_qmp_close(m->qmp);
    m->qmp = NULL;
    m->is_ready = false;
    gw_timer_start(m->retry, m->retry_ms);
    m->retry_ms =
        m->retry_ms * 2 > SRC_MONITOR_RETRY_MAX_MS ? SRC_MONITOR_RETRY_MAX_MS : m->retry_ms * 2;
    if (was_ready)
        src_guest_on_lost(m->guest); /* may close this monitor */
}

static void on_ready(void *arg, bool has_oob)
{
    struct src_monitor *m = arg;

    m->is_ready = true;
    m->retry_ms = SRC_MONITOR_RETRY_MIN_MS;
    gw_log_debug(&m->guest->log, "monitor.session_ready", "oob=%s", has_oob ? "true" : "false");
    src_guest_on_ready(m->guest);
}

static void on_event(void *arg, const char *name, json_object *data, uint64_t stamp_us)
{
    struct src_monitor *m = arg;

    src_guest_on_event(m->guest, name, data, stamp_us);
}

static void on_closed(void *arg, const struct gw_error *err)
{
    struct src_monitor *m = arg;

    gw_log_debug(&m->guest->log, "monitor.session_closed", "error=\"%s\"",
                 err != NULL ? err->message : "");
    session_over(m);
}

static void open_session(void *arg)
{
    struct src_monitor *m = arg;
    struct gw_error err = {0};
    const struct gw_qmp_handlers handlers = {
        .ready = on_ready, .event = on_event, .closed = on_closed, .arg = m};
    GW_AUTO_FREE char *path =
        gw_guest_dir_path(&m->guest->daemon->host, m->guest->uuid, GW_GUEST_SOURCE_QMP);

    if (path != NULL)
        m->qmp = gw_qmp_open(m->guest->daemon->loop, path, &handlers, &err);
    if (m->qmp == NULL)
        session_over(m);
}

struct src_monitor *src_monitor_open(struct src_guest *guest)
{
    struct src_monitor *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->guest = guest;
    m->retry_ms = SRC_MONITOR_RETRY_MIN_MS;
    m->retry = gw_timer_new(guest->daemon->loop, open_session, m);
    if (m->retry == NULL) {
        free(m);
        return NULL;
    }
    open_session(m);
    return m;
}

bool src_monitor_is_ready(const struct src_monitor *monitor)
{
    return monitor != NULL && monitor->is_ready;
}

int src_monitor_execute(struct src_monitor *monitor,
                        const char *command,
                        json_object *arguments,
                        uint32_t deadline_ms,
                        gw_qmp_result_fn fn,
                        void *arg)
{
    if (!src_monitor_is_ready(monitor)) {
        json_object_put(arguments);
        return -1;
    }
    gw_qmp_execute(monitor->qmp, command, arguments, deadline_ms, fn, arg);
    return 0;
}

int src_monitor_execute_oob(struct src_monitor *monitor,
                            const char *command,
                            json_object *arguments,
                            uint32_t deadline_ms,
                            gw_qmp_result_fn fn,
                            void *arg)
{
    if (!src_monitor_is_ready(monitor)) {
        json_object_put(arguments);
        return -1;
    }
    gw_qmp_execute_oob(monitor->qmp, command, arguments, deadline_ms, fn, arg);
    return 0;
}

int src_monitor_send_fd(struct src_monitor *monitor,
                        int fd,
                        const char *name,
                        uint32_t deadline_ms,
                        gw_qmp_result_fn fn,
                        void *arg)
{
    if (!src_monitor_is_ready(monitor))
        return -1;
    gw_qmp_send_fd(monitor->qmp, fd, name, deadline_ms, fn, arg);
    return 0;
}

void src_monitor_close(struct src_monitor *monitor)
{
    if (monitor == NULL)
        return;
    gw_qmp_close(monitor->qmp);
    gw_timer_free(monitor->retry);
    free(monitor);
}
