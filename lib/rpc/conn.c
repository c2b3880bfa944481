/* Normal course: conn_new() queues our HELLO and asks for bytes; the peer's HELLO opens the
 * connection; then each frame goes to the owner. One receive and one send are under way at a time.
 * Failure: whatever ends the connection (link, rules, silence) is told once by on_closed().
 * Lifetime: an event may free the connection while its bytes are being worked through; then the
 * operations are ended at once and the memory goes when the outermost function returns. */
#include "rpc/conn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/status.h"

enum { SEND_BATCH = 4 }; /* nng takes four pieces without allocating */

struct gw_rpc_conn {
    const struct gw_rpc_conn_events *events;
    void *owner;
    nng_stream *stream;
    struct gw_rpc_op recv;
    struct gw_rpc_op send;
    struct gw_timer *tick;
    struct gw_rpc_cutter in;
    struct gw_rpc_frame *out; /* the first may be sent in part */
    struct gw_rpc_frame **out_end;
    size_t out_bytes; /* queued and not sent */
    size_t out_done;  /* of the first frame */
    uint64_t peer_max_bytes;
    uint32_t own_max_bytes;
    uint32_t tick_ms;
    unsigned silent_ticks;
    unsigned busy; /* our functions on the stack */
    bool is_sending;
    bool is_open;
    bool is_closed; /* on_closed() was told */
    bool is_freed;
};

static void release(struct gw_rpc_conn *c)
{
    while (c->out) {
        struct gw_rpc_frame *next = c->out->next;
        free(c->out);
        c->out = next;
    }
    gw_rpc_cutter_fini(&c->in);
    free(c);
}

static void enter(struct gw_rpc_conn *c)
{
    c->busy++;
}

static void leave(struct gw_rpc_conn *c)
{
    if (--c->busy == 0 && c->is_freed)
        release(c);
}

static void lose(struct gw_rpc_conn *c, const struct gw_error *why)
{
    if (c->is_closed || c->is_freed)
        return;
    c->is_closed = true;
    nng_stream_close(c->stream);
    gw_timer_stop(c->tick);
    c->events->on_closed(c->owner, why);
}

static void start_send(struct gw_rpc_conn *c)
{
    if (c->is_sending || c->is_closed || !c->out)
        return;
    nng_iov iov[SEND_BATCH];
    unsigned n = 0;
    size_t skip = c->out_done;
    for (struct gw_rpc_frame *frame = c->out; frame && n < SEND_BATCH; frame = frame->next) {
        iov[n++] = (nng_iov){.iov_buf = frame->data + skip, .iov_len = frame->len - skip};
        skip = 0;
    }
    c->is_sending = true;
    (void)nng_aio_set_iov(c->send.aio, n, iov); /* fails only for more than four */
    nng_stream_send(c->stream, c->send.aio);
}

static void drop_sent(struct gw_rpc_conn *c, size_t n)
{
    c->out_bytes -= n;
    c->out_done += n;
    while (c->out && c->out_done >= c->out->len) {
        struct gw_rpc_frame *sent = c->out;
        c->out_done -= sent->len;
        c->out = sent->next;
        free(sent);
    }
    if (!c->out)
        c->out_end = &c->out;
}

static void on_sent(void *arg)
{
    struct gw_rpc_conn *c = arg;
    enter(c);
    c->is_sending = false;
    int rv = nng_aio_result(c->send.aio);
    if (rv != 0) {
        struct gw_error why;
        gw_rpc_nng_error(&why, rv, "sending failed");
        lose(c, &why);
    } else {
        drop_sent(c, nng_aio_count(c->send.aio));
        start_send(c);
    }
    leave(c);
}

static void queue(struct gw_rpc_conn *c, struct gw_rpc_frame *frame)
{
    *c->out_end = frame;
    c->out_end = &frame->next;
    c->out_bytes += frame->len;
    start_send(c);
}

int gw_rpc_conn_send(struct gw_rpc_conn *c, const Godwit__V1__Envelope *frame, struct gw_error *err)
{
    if (c->out_bytes > GW_RPC_SEND_QUEUE_MAX_BYTES)
        return gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                            "%zu bytes wait to be sent, the limit is %d; the peer reads too slowly",
                            c->out_bytes, GW_RPC_SEND_QUEUE_MAX_BYTES);
    struct gw_rpc_frame *packed = gw_rpc_frame_pack(frame, c->peer_max_bytes, err);
    if (!packed)
        return -1;
    queue(c, packed);
    return 0;
}

static int send_hello(struct gw_rpc_conn *c, struct gw_error *err)
{
    Godwit__V1__Envelope hello = GODWIT__V1__ENVELOPE__INIT;
    hello.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO;
    hello.version = GW_RPC_VERSION;
    hello.max_frame_bytes = c->own_max_bytes;
    return gw_rpc_conn_send(c, &hello, err);
}

static int take_hello(struct gw_rpc_conn *c, const Godwit__V1__Envelope *e, struct gw_error *err)
{
    if (e->kind != GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO)
        return gw_error_set(err, GW_INTERNAL, "the peer began with a frame of kind %d, not HELLO",
                            (int)e->kind);
    if (e->version != GW_RPC_VERSION)
        return gw_error_set(err, GW_INTERNAL,
                            "the peer speaks version %" PRIu32 " of the protocol, we speak %d",
                            e->version, GW_RPC_VERSION);
    if (e->max_frame_bytes < GW_RPC_HELLO_MAX_BYTES)
        return gw_error_set(err, GW_INTERNAL, "the peer takes frames of %" PRIu64 " bytes only",
                            e->max_frame_bytes);
    c->peer_max_bytes = e->max_frame_bytes;
    c->in.max_bytes = c->own_max_bytes;
    c->is_open = true;
    c->events->on_open(c->owner);
    return 0;
}

static int answer_ping(struct gw_rpc_conn *c, uint64_t call_id)
{
    Godwit__V1__Envelope pong = GODWIT__V1__ENVELOPE__INIT;
    pong.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_PONG;
    pong.call_id = call_id;
    (void)gw_rpc_conn_send(c, &pong, NULL); /* a full queue says as well that we live */
    return 0;
}

static int take_envelope(struct gw_rpc_conn *c, const Godwit__V1__Envelope *e, struct gw_error *err)
{
    if (!c->is_open)
        return take_hello(c, e, err);
    switch (e->kind) {
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_PING:
        return answer_ping(c, e->call_id);
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_PONG:
        return 0;
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_REQUEST:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_ITEM:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_REPLY:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_CANCEL:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_CREDIT:
        return c->events->on_frame(c->owner, e, err);
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_UNSPECIFIED:
    case GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO:
    case _GODWIT__V1__FRAME_KIND_IS_INT_SIZE:
    default:
        return gw_error_set(err, GW_INTERNAL, "the peer sent a frame of kind %d out of place",
                            (int)e->kind);
    }
}

static int take_frame(struct gw_rpc_conn *c, const uint8_t *data, size_t len, struct gw_error *err)
{
    Godwit__V1__Envelope *envelope = godwit__v1__envelope__unpack(NULL, len, data);
    if (!envelope)
        return gw_error_set(err, GW_INTERNAL, "the peer sent a frame of %zu bytes of rubbish", len);
    int result = take_envelope(c, envelope, err);
    godwit__v1__envelope__free_unpacked(envelope, NULL);
    return result;
}

/* Returns -1 with @err set when the connection is to be given up. */
static int take_frames(struct gw_rpc_conn *c, struct gw_error *err)
{
    const uint8_t *data;
    size_t len;
    int n = 0;
    while (!c->is_freed && !c->is_closed &&
           (n = gw_rpc_cutter_next(&c->in, &data, &len, err)) > 0) {
        if (take_frame(c, data, len, err) < 0)
            return -1;
    }
    return n < 0 ? -1 : 0;
}

static int start_recv(struct gw_rpc_conn *c, struct gw_error *err)
{
    nng_iov iov;
    iov.iov_buf = gw_rpc_cutter_room(&c->in, &iov.iov_len);
    if (!iov.iov_buf)
        return gw_error_set_nomem(err, "receiving a frame");
    (void)nng_aio_set_iov(c->recv.aio, 1, &iov);
    nng_stream_recv(c->stream, c->recv.aio);
    return 0;
}

static void on_received(void *arg)
{
    struct gw_rpc_conn *c = arg;
    struct gw_error why = {0};
    enter(c);
    int rv = nng_aio_result(c->recv.aio);
    if (rv != 0) {
        gw_rpc_nng_error(&why, rv, "receiving failed");
        lose(c, &why);
    } else {
        c->silent_ticks = 0;
        gw_rpc_cutter_add(&c->in, nng_aio_count(c->recv.aio));
        int result = take_frames(c, &why);
        if (result == 0 && !c->is_freed && !c->is_closed)
            result = start_recv(c, &why);
        if (result < 0)
            lose(c, &why);
    }
    leave(c);
}

static void on_tick(void *arg)
{
    struct gw_rpc_conn *c = arg;
    struct gw_error why;
    enter(c);
    if (!c->is_open) {
        gw_error_set(&why, GW_UNAVAILABLE, "the peer said no HELLO within %" PRIu32 " ms",
                     c->tick_ms);
        lose(c, &why);
    } else if (++c->silent_ticks > GW_RPC_SILENT_TICKS_MAX) {
        gw_error_set(&why, GW_UNAVAILABLE, "the peer was silent for %" PRIu32 " ms",
                     GW_RPC_SILENT_TICKS_MAX * c->tick_ms);
        lose(c, &why);
    } else {
        gw_timer_start(c->tick, c->tick_ms);
        if (c->silent_ticks > 1) {
            Godwit__V1__Envelope ping = GODWIT__V1__ENVELOPE__INIT;
            ping.kind = GODWIT__V1__FRAME_KIND__FRAME_KIND_PING;
            (void)gw_rpc_conn_send(c, &ping, NULL);
        }
    }
    leave(c);
}

static int
start(struct gw_rpc_conn *c, struct gw_loop *loop, struct gw_rpc_inbox *inbox, struct gw_error *err)
{
    c->tick = gw_timer_new(loop, on_tick, c);
    if (!c->tick)
        return gw_error_set_nomem(err, "opening a connection");
    if (gw_rpc_op_init(&c->recv, inbox, on_received, c, err) < 0 ||
        gw_rpc_op_init(&c->send, inbox, on_sent, c, err) < 0 || send_hello(c, err) < 0)
        return -1;
    gw_timer_start(c->tick, c->tick_ms);
    return start_recv(c, err);
}

struct gw_rpc_conn *gw_rpc_conn_new(struct gw_loop *loop,
                                    struct gw_rpc_inbox *inbox,
                                    nng_stream *stream,
                                    const struct gw_rpc_limits *limits,
                                    const struct gw_rpc_conn_events *events,
                                    void *owner,
                                    struct gw_error *err)
{
    struct gw_rpc_conn *c = calloc(1, sizeof *c);
    if (!c) {
        gw_error_set_nomem(err, "opening a connection");
        nng_stream_free(stream);
        return NULL;
    }
    c->events = events;
    c->owner = owner;
    c->stream = stream;
    c->out_end = &c->out;
    c->own_max_bytes = limits->max_frame_bytes;
    c->tick_ms = limits->tick_ms;
    c->peer_max_bytes = GW_RPC_HELLO_MAX_BYTES; /* until it says more */
    c->in.max_bytes = GW_RPC_HELLO_MAX_BYTES;
    if (start(c, loop, inbox, err) < 0) {
        gw_rpc_conn_free(c);
        return NULL;
    }
    return c;
}

void gw_rpc_conn_free(struct gw_rpc_conn *c)
{
    if (!c || c->is_freed)
        return;
    c->is_freed = true;
    gw_timer_free(c->tick);
    nng_stream_close(c->stream);
    gw_rpc_op_fini(&c->recv);
    gw_rpc_op_fini(&c->send);
    nng_stream_free(c->stream);
    if (c->busy == 0)
        release(c);
}
