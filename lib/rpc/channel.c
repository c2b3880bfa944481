/* The caller's connection, which makes and mends itself.
 *
 * Normal course: IDLE -> (a call waits) DIALING -> GREETING -> READY, and it stays. Failure: an
 * attempt that fails, or a connection that is lost, leads to BACKING_OFF for a time that doubles
 * with each attempt; then to DIALING when a call waits, else to IDLE. Calls wait until their own
 * deadline; those without one (streams) fail with the attempt. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "rpc/channel_priv.h"
#include "rpc/status.h"
#include "rpc/tls.h"

static void dial(struct gw_rpc_channel *channel)
{
    channel->link = GW_RPC_LINK_DIALING;
    nng_aio_set_timeout(channel->dial.aio, GW_RPC_CONNECT_MAX_MS);
    nng_stream_dialer_dial(channel->dialer, channel->dial.aio);
}

static void flush(struct gw_rpc_channel *channel)
{
    while (channel->waiting.first && channel->link == GW_RPC_LINK_READY)
        gw_rpc_call_send(channel->waiting.first);
}

void gw_rpc_channel_kick(struct gw_rpc_channel *channel)
{
    if (channel->link == GW_RPC_LINK_IDLE)
        dial(channel);
    else if (channel->link == GW_RPC_LINK_READY)
        flush(channel);
}

static void on_back_off_over(void *arg)
{
    struct gw_rpc_channel *channel = arg;
    channel->link = GW_RPC_LINK_IDLE;
    if (channel->waiting.first)
        dial(channel);
}

/* Wait between half and the whole of the current time, so that callers don't come in step. */
static void back_off(struct gw_rpc_channel *channel)
{
    uint32_t random;
    gw_random_system()->fill(gw_random_system()->arg, &random, sizeof random);
    uint32_t half = channel->back_off_ms / 2;
    channel->link = GW_RPC_LINK_BACKING_OFF;
    gw_timer_start(channel->back_off, half + random % (half + 1));
    channel->back_off_ms *= 2;
    if (channel->back_off_ms > GW_RPC_BACK_OFF_MAX_MS)
        channel->back_off_ms = GW_RPC_BACK_OFF_MAX_MS;
}

static void attempt_failed(struct gw_rpc_channel *channel, const struct gw_error *why)
{
    channel->last_error = *why;
    gw_log_debug(&channel->log, "rpc.connect_failed", "url=%s error=\"%s\"", channel->url.text,
                 why->message);
    struct gw_error err = *why;
    err.code = GW_UNAVAILABLE;
    gw_error_wrap(&err, "can't connect to %s", channel->url.text);
    for (struct gw_rpc_call *next, *call = channel->waiting.first; call; call = next) {
        next = call->next;
        if (call->deadline_us == 0)
            gw_rpc_call_fail(call, &err);
    }
    back_off(channel);
}

static void on_open(void *owner)
{
    struct gw_rpc_channel *channel = owner;
    channel->link = GW_RPC_LINK_READY;
    channel->back_off_ms = GW_RPC_BACK_OFF_MIN_MS;
    gw_error_clear(&channel->last_error);
    flush(channel);
}

static int on_frame(void *owner, const Godwit__V1__Envelope *frame, struct gw_error *err)
{
    return gw_rpc_channel_take(owner, frame, err);
}

static void on_closed(void *owner, const struct gw_error *why)
{
    struct gw_rpc_channel *channel = owner;
    gw_rpc_conn_free(channel->conn);
    channel->conn = NULL;
    channel->last_id = 0;
    if (channel->link == GW_RPC_LINK_GREETING) {
        attempt_failed(channel, why);
        return;
    }
    gw_log_debug(&channel->log, "rpc.connection_lost", "url=%s error=\"%s\"", channel->url.text,
                 why->message);
    struct gw_error err = *why;
    if (err.code != GW_INTERNAL)
        err.code = GW_UNAVAILABLE;
    gw_error_wrap(&err, "the connection to %s was lost", channel->url.text);
    channel->last_error = err;
    back_off(channel);
    gw_rpc_channel_recall(channel, &err);
}

static const struct gw_rpc_conn_events channel_events = {
    .on_open = on_open, .on_frame = on_frame, .on_closed = on_closed};

static void on_dialed(void *arg)
{
    struct gw_rpc_channel *channel = arg;
    struct gw_error err = {0};
    int rv = nng_aio_result(channel->dial.aio);
    if (rv != 0) {
        (void)gw_error_set(&err, GW_UNAVAILABLE, "%s", nng_strerror(rv));
        attempt_failed(channel, &err);
        return;
    }
    channel->link = GW_RPC_LINK_GREETING;
    channel->conn =
        gw_rpc_conn_new(channel->loop, channel->inbox, nng_aio_get_output(channel->dial.aio, 0),
                        &channel->limits, &channel_events, channel, &err);
    if (!channel->conn)
        attempt_failed(channel, &err);
}

int gw_rpc_channel_signal(struct gw_rpc_channel *channel,
                          const struct gw_rpc_call *call,
                          Godwit__V1__FrameKind kind,
                          uint32_t credit,
                          struct gw_error *err)
{
    if (channel->link != GW_RPC_LINK_READY)
        return 0;
    Godwit__V1__Envelope frame = GODWIT__V1__ENVELOPE__INIT;
    frame.kind = kind;
    frame.call_id = call->node.id;
    frame.credit = credit;
    return gw_rpc_conn_send(channel->conn, &frame, err);
}

static int make_dialer(struct gw_rpc_channel *channel, struct gw_error *err)
{
    int rv = nng_stream_dialer_alloc(&channel->dialer, channel->url.text);
    if (rv != 0) {
        channel->dialer = NULL;
        return gw_rpc_nng_error(err, rv, "can't use address %s", channel->url.text);
    }
    if (channel->url.transport == GW_RPC_IPC)
        return 0;
    rv = nng_stream_dialer_set_bool(channel->dialer, NNG_OPT_TCP_NODELAY, true);
    if (rv == 0)
        rv = nng_stream_dialer_set_bool(channel->dialer, NNG_OPT_TCP_KEEPALIVE, true);
    if (rv == 0 && channel->tls)
        rv = nng_stream_dialer_set_ptr(channel->dialer, NNG_OPT_TLS_CONFIG, channel->tls);
    return rv ? gw_rpc_nng_error(err, rv, "can't set up %s", channel->url.text) : 0;
}

static int set_up(struct gw_rpc_channel *channel,
                  const char *url,
                  const struct gw_rpc_tls *tls,
                  struct gw_error *err)
{
    if (gw_rpc_url_parse(url, &channel->url, err) < 0)
        return -1;
    if (channel->url.transport != GW_RPC_IPC && channel->url.port == 0)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "address %s needs a port from 1 to 65535",
                            channel->url.text);
    if (gw_rpc_tls_config(&channel->url, tls, NNG_TLS_MODE_CLIENT, &channel->tls, err) < 0 ||
        make_dialer(channel, err) < 0)
        return -1;
    channel->back_off = gw_timer_new(channel->loop, on_back_off_over, channel);
    channel->deliver = gw_timer_new(channel->loop, gw_rpc_channel_deliver_failed, channel);
    if (!channel->back_off || !channel->deliver)
        return gw_error_set_nomem(err, "making an RPC channel");
    channel->inbox = gw_rpc_inbox_new(channel->loop, err);
    if (!channel->inbox ||
        gw_rpc_op_init(&channel->dial, channel->inbox, on_dialed, channel, err) < 0)
        return -1;
    channel->dial.makes_stream = true;
    return 0;
}

struct gw_rpc_channel *gw_rpc_channel_new(struct gw_loop *loop,
                                          const char *url,
                                          const struct gw_rpc_tls *tls,
                                          const struct gw_rpc_limits *limits,
                                          const struct gw_log *log,
                                          struct gw_error *err)
{
    struct gw_rpc_channel *channel = calloc(1, sizeof *channel);
    if (!channel) {
        gw_error_set_nomem(err, "making an RPC channel");
        return NULL;
    }
    channel->loop = loop;
    channel->limits = gw_rpc_limits_complete(limits);
    channel->log = log ? *log : gw_log_none();
    channel->back_off_ms = GW_RPC_BACK_OFF_MIN_MS;
    if (set_up(channel, url, tls, err) < 0) {
        gw_rpc_channel_free(channel);
        return NULL;
    }
    return channel;
}

const char *gw_rpc_channel_url(const struct gw_rpc_channel *channel)
{
    return channel->url.text;
}

static void finish_all(struct gw_rpc_channel *channel)
{
    for (;;) {
        struct gw_rpc_call *call = channel->failed.first;
        if (!call)
            call = channel->waiting.first;
        if (!call)
            call = (struct gw_rpc_call *)gw_rpc_id_lowest(&channel->sent);
        if (!call)
            return;
        gw_error_set(&call->err, GW_CANCELLED, "the channel to %s was closed", channel->url.text);
        gw_rpc_call_finish(call, NULL);
    }
}

void gw_rpc_channel_free(struct gw_rpc_channel *channel)
{
    if (!channel || channel->is_freeing)
        return;
    channel->is_freeing = true;
    if (channel->freed_flag)
        *channel->freed_flag = true;
    channel->link = GW_RPC_LINK_IDLE;
    gw_rpc_conn_free(channel->conn);
    channel->conn = NULL;
    if (channel->dialer)
        nng_stream_dialer_close(channel->dialer);
    gw_rpc_op_fini(&channel->dial);
    finish_all(channel);
    if (channel->dialer)
        nng_stream_dialer_free(channel->dialer);
    if (channel->tls)
        nng_tls_config_free(channel->tls);
    gw_timer_free(channel->back_off);
    gw_timer_free(channel->deliver);
    gw_rpc_inbox_free(channel->inbox);
    free(channel);
}
