/* Connections to NBD exports, never waited for without a look at the clock and the cancel flag. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "disk/copy_priv.h"

enum { TICK_MS = 100 }; /* longest time a cancel goes unseen */

static const char *last_error(void)
{
    const char *text = nbd_get_error();
    return text ? text : "no reason given";
}

int gw_disk_error(struct gw_error *err, int e, const char *doing)
{
    if (e == 0 || e == ENOTCONN || e == ESHUTDOWN)
        return gw_error_set(err, GW_UNAVAILABLE, "%s: the connection is lost", doing);
    return gw_error_set_errno(err, e, "%s", doing);
}

int gw_disk_errno(struct nbd_handle *nbd)
{
    int e = nbd_get_errno(); /* before the calls below change it */
    return nbd_aio_is_dead(nbd) || nbd_aio_is_closed(nbd) ? ENOTCONN : e;
}

/* The error that libnbd has for this thread. */
static int raise_nbd(struct gw_error *err, const char *doing)
{
    int e = nbd_get_errno();
    enum gw_code code = e ? gw_code_from_errno(e) : GW_UNAVAILABLE;
    if (e == ENOTCONN || e == ESHUTDOWN)
        code = GW_UNAVAILABLE;
    (void)gw_error_set(err, code, "%s: %s", doing, last_error());
    if (err)
        err->sys_errno = e;
    return -1;
}

static short events_of(struct nbd_handle *nbd)
{
    unsigned direction = nbd_aio_get_direction(nbd);
    return (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
                   (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0));
}

/* Only one of both per turn: the first may change what the handle waits for. */
static int notify(struct nbd_handle *nbd, short revents)
{
    if (revents & (POLLIN | POLLHUP))
        return nbd_aio_notify_read(nbd);
    if (revents & (POLLOUT | POLLERR))
        return nbd_aio_notify_write(nbd);
    return 0;
}

/* Wait for @n handles. Returns the index of one that failed, @n when none did, -1 and @err. */
static int wait_for(struct nbd_handle *const *handles,
                    unsigned n,
                    const atomic_bool *is_cancelled,
                    int timeout_ms,
                    struct gw_error *err)
{
    struct pollfd fds[2 * GW_DISK_CONNECTIONS_MAX];
    if (is_cancelled && atomic_load(is_cancelled))
        return gw_error_set(err, GW_CANCELLED, "cancelled");
    for (unsigned i = 0; i < n; i++)
        fds[i] = (struct pollfd){.fd = nbd_aio_get_fd(handles[i]), .events = events_of(handles[i])};
    int ready = poll(fds, n, timeout_ms < TICK_MS ? timeout_ms : TICK_MS);
    if (ready < 0 && errno != EINTR)
        return gw_error_set_errno(err, errno, "waiting for NBD servers");
    for (unsigned i = 0; ready > 0 && i < n; i++) {
        if (notify(handles[i], fds[i].revents))
            return (int)i;
    }
    return (int)n;
}

static void describe(const struct gw_disk_end *end, const char *side, char *out, size_t size)
{
    const char *name = end->export_name ? end->export_name : "";
    if (end->unix_path)
        (void)snprintf(out, size, "%s \"%s\" at %s", side, name, end->unix_path);
    else
        (void)snprintf(out, size, "%s \"%s\" at %s port %u", side, name, end->host, end->port);
}

static int start(struct nbd_handle *nbd, const struct gw_disk_end *end)
{
    char port[8];
    if (nbd_set_export_name(nbd, end->export_name ? end->export_name : "") ||
        nbd_add_meta_context(nbd, LIBNBD_CONTEXT_BASE_ALLOCATION) || nbd_set_full_info(nbd, true))
        return -1;
    if (end->unix_path)
        return nbd_aio_connect_unix(nbd, end->unix_path);
    (void)snprintf(port, sizeof port, "%u", end->port);
    return nbd_aio_connect_tcp(nbd, end->host, port);
}

static int negotiate(struct nbd_handle *nbd,
                     const struct gw_disk_end *end,
                     const atomic_bool *is_cancelled,
                     uint32_t stall_ms,
                     struct gw_error *err)
{
    uint64_t until_us = gw_clock_mono_us(gw_clock_system()) + stall_ms * 1000ull;
    if (start(nbd, end))
        return raise_nbd(err, "connecting");
    while (nbd_aio_is_connecting(nbd) || nbd_aio_is_negotiating(nbd)) {
        int failed = wait_for(&nbd, 1, is_cancelled, TICK_MS, err);
        if (failed < 0)
            return -1;
        if (failed == 0)
            return raise_nbd(err, "connecting");
        if (gw_clock_mono_us(gw_clock_system()) > until_us)
            return gw_error_set(err, GW_DEADLINE_EXCEEDED, "no answer for %u ms", stall_ms);
    }
    if (!nbd_aio_is_ready(nbd))
        return gw_error_set(err, GW_UNAVAILABLE, "the server hung up");
    return 0;
}

static struct nbd_handle *connect_to(const struct gw_disk_end *end,
                                     const char *side,
                                     const struct gw_disk_copy_spec *spec,
                                     const atomic_bool *is_cancelled,
                                     struct gw_error *err)
{
    char where[256];
    uint32_t stall_ms = spec->stall_ms ? spec->stall_ms : GW_DISK_STALL_MS;
    describe(end, side, where, sizeof where);
    struct nbd_handle *nbd = nbd_create();
    if (!nbd) {
        (void)gw_error_set_nomem(err, "connecting to an NBD server");
        return NULL;
    }
    if (negotiate(nbd, end, is_cancelled, stall_ms, err)) {
        (void)gw_error_wrap(err, "%s", where);
        nbd_close(nbd);
        return NULL;
    }
    return nbd;
}

int gw_disk_wires_open(struct gw_disk_wires *wires,
                       const struct gw_disk_copy_spec *spec,
                       struct gw_error *err)
{
    unsigned wanted = spec->n_connections ? spec->n_connections : GW_DISK_CONNECTIONS;
    while (wires->n < wanted) {
        unsigned i = wires->n;
        wires->source[i] = connect_to(&spec->source, "source", spec, wires->is_cancelled, err);
        if (!wires->source[i])
            return -1;
        wires->target[i] = connect_to(&spec->target, "target", spec, wires->is_cancelled, err);
        if (!wires->target[i]) {
            nbd_close(gw_steal(wires->source[i]));
            return -1;
        }
        wires->n++;
        if (nbd_can_multi_conn(wires->source[i]) <= 0 || nbd_can_multi_conn(wires->target[i]) <= 0)
            break;
    }
    return 0;
}

static void hang_up(struct nbd_handle *nbd, bool politely)
{
    if (politely && nbd_aio_is_ready(nbd))
        (void)nbd_aio_disconnect(nbd, 0);
    nbd_close(nbd);
}

void gw_disk_wires_close(struct gw_disk_wires *wires, bool politely)
{
    for (unsigned i = 0; i < wires->n; i++) {
        hang_up(wires->source[i], politely);
        hang_up(wires->target[i], politely);
    }
    wires->n = 0;
}

int gw_disk_wires_wait(struct gw_disk_wires *wires, int timeout_ms, struct gw_error *err)
{
    struct nbd_handle *all[2 * GW_DISK_CONNECTIONS_MAX];
    unsigned n = 2 * wires->n;
    memcpy(all, wires->source, wires->n * sizeof all[0]);
    memcpy(all + wires->n, wires->target, wires->n * sizeof all[0]);
    int failed = wait_for(all, n, wires->is_cancelled, timeout_ms, err);
    if (failed < 0)
        return -1;
    if ((unsigned)failed == n)
        return 0;
    const char *said = last_error();
    (void)gw_error_set(err, GW_UNAVAILABLE, "the connection to the %s is lost: %s",
                       (unsigned)failed < wires->n ? "source" : "target", said);
    if (err)
        err->sys_errno = nbd_get_errno();
    return -1;
}
