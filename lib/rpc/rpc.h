#ifndef GW_RPC_RPC_H
#define GW_RPC_RPC_H
/* protobuf-c services over nng byte streams: frames of godwit.v1.Envelope (docs/rpc.md).
 *
 * Addresses: ipc:///path, tcp://IP:PORT, tls+tcp://NAME:PORT. Port 0 lets the system choose;
 * gw_rpc_server_url() then tells.
 *
 * Completion contract: a call started once is finished exactly once. For a unary call the stub's
 * closure runs once, with the reply or with NULL; for a stream it runs once per item and then once
 * with NULL. While it runs, gw_rpc_call_error() tells why NULL came (GW_OK: the stream's end).
 * Closures never run inside the call that started them. Thread: all of this on the loop thread. */

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "loop/loop.h"

enum {
    GW_RPC_FRAME_MAX_BYTES = 4 * 1024 * 1024, /* a list of 1,000 migrations with all their disks */
    GW_RPC_CONNECTIONS_MAX = 1024,            /* per server: an agent pair for 500 hosts */
    GW_RPC_CALLS_MAX = 1024,                  /* under way per connection, each side */
    GW_RPC_STREAM_CREDIT = 64,                /* items a caller takes before it must say so again */
    GW_RPC_DEADLINE_MAX_MS = 3600 * 1000,
    GW_RPC_TICK_MS = 10 * 1000, /* HELLO is due within one; a peer silent for two gets a PING, one
                                   silent for three is taken for dead */
    GW_RPC_SEND_QUEUE_MAX_BYTES = 16 * 1024 * 1024, /* per connection; past it calls fail */
};

/* Limits of a server or channel; zero means the constant above. */
struct gw_rpc_limits {
    uint32_t max_frame_bytes;
    uint32_t max_connections;
    uint32_t max_calls;
    uint32_t tick_ms; /* GW_RPC_TICK_MS; shorter for tests */
};

/* PEM files for tls+tcp://; both sides show a certificate and check the other's against @ca_file.
 */
struct gw_rpc_tls {
    const char *ca_file;
    const char *cert_key_file; /* certificate followed by its private key */
    const char *server_name;   /* client: name the server's certificate must carry */
};

/* ---- server ---- */

struct gw_rpc_server;

struct gw_rpc_server *gw_rpc_server_new(struct gw_loop *loop,
                                        const struct gw_rpc_limits *limits,
                                        const struct gw_log *log,
                                        struct gw_error *err);
/* Serve @service: the `base` of a generated ..._Service with its methods filled in. It stays the
 * caller's and must outlive the server. */
int gw_rpc_server_add(struct gw_rpc_server *server,
                      ProtobufCService *service,
                      struct gw_error *err);
/* Listen at @url; may be called for several. A stale ipc socket file is replaced, a live one not.
 * Errors: INVALID_ARGUMENT url; ALREADY_EXISTS in use; others by cause. @tls NULL unless tls+tcp.
 */
int gw_rpc_server_listen(struct gw_rpc_server *server,
                         const char *url,
                         const struct gw_rpc_tls *tls,
                         struct gw_error *err);
/* Where the @index-th listener really listens, port included. NULL past the last. */
const char *gw_rpc_server_url(const struct gw_rpc_server *server, unsigned index);
/* Stop listening, close connections, fail what is under way. */
void gw_rpc_server_free(struct gw_rpc_server *server);

/* In a handler, @closure_data is the request under way: answer it exactly once, then or later, from
 * the loop thread, by calling the closure with a reply (which is packed before it returns) or by
 * one of these. Its input message stays valid until then and until the handler returns. A request
 * may also be answered after its caller has gone; that does nothing. */
void gw_rpc_fail(void *closure_data, const struct gw_error *err);
/* True when the caller has cancelled or gone, or the deadline is over. */
bool gw_rpc_is_cancelled(const void *closure_data);
/* Run @fn once when the caller cancels or goes, or the deadline ends, before the answer. The
 * request must still be answered. Not for what has happened before: look at gw_rpc_is_cancelled().
 */
void gw_rpc_on_cancel(void *closure_data, gw_loop_fn fn, void *arg);
/* Name the request in logs; valid until answered. */
const char *gw_rpc_request_id(const void *closure_data);
/* Milliseconds left; UINT32_MAX when there is no deadline. */
uint32_t gw_rpc_time_left_ms(const void *closure_data);

/* Make this request a stream: the closure may then be called once per item until
 * gw_rpc_stream_end() or gw_rpc_fail(). @on_credit runs whenever room appears after
 * gw_rpc_stream_credit() was 0. */
void gw_rpc_stream_open(void *closure_data, gw_loop_fn on_credit, void *arg);
/* Items that may be sent now. */
uint32_t gw_rpc_stream_credit(const void *closure_data);
void gw_rpc_stream_end(void *closure_data);

/* ---- client ---- */

struct gw_rpc_channel;
struct gw_rpc_call;

/* A connection that makes and mends itself: connects when the first call comes, reconnects with
 * back-off (50 ms doubling to 2 s, jittered) while there are calls waiting. Nothing blocks. */
struct gw_rpc_channel *gw_rpc_channel_new(struct gw_loop *loop,
                                          const char *url,
                                          const struct gw_rpc_tls *tls,
                                          const struct gw_rpc_limits *limits,
                                          const struct gw_log *log,
                                          struct gw_error *err);
const char *gw_rpc_channel_url(const struct gw_rpc_channel *channel);
/* Calls under way are finished with CANCELLED before this returns. */
void gw_rpc_channel_free(struct gw_rpc_channel *channel);

struct gw_rpc_options {
    /* For the whole call, connecting and retries included. 0 only for streams: such a stream has
     * no end of its own, but fails with UNAVAILABLE when an attempt to connect fails. */
    uint32_t deadline_ms;
    bool is_idempotent; /* sent again by itself when the connection broke, until the deadline */
    bool is_stream;
    const char *request_id; /* NULL: a new one is made */
};

/* Ready a call of a method of @service. Use at once, as the service of exactly one generated stub:
 *     call = gw_rpc_call_new(channel, &godwit__v1__target_service__descriptor, &options);
 *     godwit__v1__target_service__prepare(gw_rpc_call_stub(call), &request, on_prepared, arg);
 * The call lives until its closure has run for the last time. Fails are told by the closure, also
 * those found at once (no memory is the one case of NULL). */
struct gw_rpc_call *gw_rpc_call_new(struct gw_rpc_channel *channel,
                                    const ProtobufCServiceDescriptor *service,
                                    const struct gw_rpc_options *options);
ProtobufCService *gw_rpc_call_stub(struct gw_rpc_call *call);
/* Inside the closure: why it got NULL. UNAVAILABLE: not connected within the deadline, or the
 * connection broke and the call is not idempotent; DEADLINE_EXCEEDED; CANCELLED; what the server
 * said; INTERNAL rubbish was received. */
const struct gw_error *gw_rpc_call_error(const struct gw_rpc_call *call);
/* Give up: the closure runs later with CANCELLED, or with the reply that was on its way. */
void gw_rpc_call_cancel(struct gw_rpc_call *call);
/* Of a stream: while held, the server is given no further credit, so that at most
 * GW_RPC_STREAM_CREDIT more items come. */
void gw_rpc_call_hold(struct gw_rpc_call *call, bool is_held);

#endif
