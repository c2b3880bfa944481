/* libmicrohttpd on the gateway's loop, without a thread: its epoll descriptor is watched, its next
 * deadline is a timer, and either makes MHD_run() do all that can be done without blocking.
 *
 * Course of a request: the access handler is called first with the head (route found, head
 * checked), then with pieces of the body, then once more: the work starts and the connection is
 * suspended; when the answer is ready it is resumed and the handler is called again and queues it.
 * Failure: what goes wrong is an answer too; only a client that sends far past the limit, or lack
 * of memory, closes the connection without one.
 * Ownership: a struct gwy_request belongs to libmicrohttpd's request and is freed when that ends,
 * which a suspended one does not. Thread: loop thread. */
#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request.h"
#include "routes.h"

static void run(struct gwy_gateway *gateway)
{
    MHD_UNSIGNED_LONG_LONG delay_ms = 0;
    gateway->has_closed = false;
    (void)MHD_run(gateway->mhd);
    bool has_deadline = MHD_get_timeout(gateway->mhd, &delay_ms) == MHD_YES;
    if (gateway->has_closed)
        gw_timer_start(gateway->timer, 0);
    else if (has_deadline)
        gw_timer_start(gateway->timer, delay_ms);
    else
        gw_timer_stop(gateway->timer);
}

static void on_timer(void *arg)
{
    run(arg);
}

static void on_ready(void *arg, unsigned events)
{
    (void)events;
    run(arg);
}

void gwy_http_kick(struct gwy_gateway *gateway)
{
    if (gateway->timer)
        gw_timer_start(gateway->timer, 0);
}

/* Percent escapes are left as they are: no name of ours needs one, so a path with one is refused
 * as it was sent. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

static enum MHD_Result on_head(struct gwy_gateway *gateway,
                               struct MHD_Connection *connection,
                               const char *path,
                               const char *method,
                               void **slot)
{
    struct gwy_request *request = gwy_request_new(gateway, connection);
    if (!request)
        return MHD_NO;
    *slot = request;
    gwy_route_open(request, method, path);
    /* An answer before the body makes libmicrohttpd close the connection, and a client that is
     * still sending may never see it: so a body of bearable size is read first. */
    bool is_now = gwy_request_is_answered(request) && !gwy_request_is_body_worth_reading(request);
    return is_now ? gwy_request_send(request) : MHD_YES;
}

static enum MHD_Result on_access(void *cls,
                                 struct MHD_Connection *connection,
                                 const char *path,
                                 const char *method,
                                 const char *version,
                                 const char *data,
                                 size_t *data_size,
                                 void **slot)
{
    (void)version;
    struct gwy_request *request = *slot;
    if (!request)
        return on_head(cls, connection, path, method, slot);
    if (*data_size > 0) {
        size_t n = *data_size;
        *data_size = 0;
        return gwy_request_take_body(request, data, n) < 0 ? MHD_NO : MHD_YES;
    }
    if (!gwy_request_is_answered(request))
        gwy_route_run(request);
    if (gwy_request_is_answered(request))
        return gwy_request_send(request);
    gwy_request_suspend(request);
    return MHD_YES;
}

static void on_completed(void *cls,
                         struct MHD_Connection *connection,
                         void **slot,
                         enum MHD_RequestTerminationCode how)
{
    (void)cls;
    (void)connection;
    (void)how;
    gwy_request_free(*slot);
    *slot = NULL;
}

/* At its limit of connections libmicrohttpd takes the listening socket out of its epoll set, and
 * puts it back only when it is run after a connection has gone. Nothing else would make it run. */
static void on_connection(void *cls,
                          struct MHD_Connection *connection,
                          void **slot,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)connection;
    (void)slot;
    struct gwy_gateway *gateway = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        gateway->has_closed = true;
}

static void drop_message(void *cls, const char *format, va_list args)
{
    (void)cls;
    (void)format;
    (void)args;
}

static struct MHD_Daemon *start_daemon(struct gwy_gateway *gateway, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_access,
        gateway, MHD_OPTION_EXTERNAL_LOGGER, drop_message, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, gateway, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)GWY_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)GWY_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)GWY_HEADERS_MAX_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

int gwy_http_start(struct gwy_gateway *gateway, const char *address, struct gw_error *err)
{
    int fd = -1;
    if (gwy_listen(address, &fd, gateway->url, err) < 0)
        return -1;
    gateway->mhd = start_daemon(gateway, fd); /* takes fd when it starts */
    if (!gateway->mhd) {
        close(fd);
        return gw_error_set(err, GW_INTERNAL, "can't start the http server on %s", address);
    }
    gateway->timer = gw_timer_new(gateway->loop, on_timer, gateway);
    if (!gateway->timer)
        return gw_error_set_nomem(err, "starting the http server");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(gateway->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    gateway->watch =
        gw_watch_new(gateway->loop, info->epoll_fd, GW_WATCH_READ, on_ready, gateway, err);
    return gateway->watch ? 0 : -1;
}

void gwy_http_stop(struct gwy_gateway *gateway)
{
    if (gateway->watch)
        gw_watch_free(gateway->watch);
    if (gateway->mhd) {
        (void)MHD_run(gateway->mhd); /* send what the end of the calls has answered */
        MHD_stop_daemon(gateway->mhd);
    }
    if (gateway->timer)
        gw_timer_free(gateway->timer);
    gateway->watch = NULL;
    gateway->mhd = NULL;
    gateway->timer = NULL;
}
