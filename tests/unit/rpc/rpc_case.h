#ifndef TESTS_UNIT_RPC_RPC_CASE_H
#define TESTS_UNIT_RPC_RPC_CASE_H
/* What the RPC tests share: a loop, a folder, an echo server, a channel to it, and outcomes of
 * calls. Everything runs on one thread; waiting is running the loop. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "echo.pb-c.h"
#include "rpc/rpc.h"

enum { RPC_PATH_MAX = 200, RPC_HELD_MAX = 1100 };

/* A request that waits in the Hold handler, or a stream that Count goes on with. */
struct held {
    struct rpc_case *c;
    ProtobufCClosure closure;
    void *request;
    uint32_t n_left;
    uint32_t n_sent;
    unsigned n_cancelled; /* runs of on_cancel */
};

struct rpc_case {
    Godwit__Test__Echo_Service echo; /* first: handlers find the case through it */
    struct gw_loop *loop;
    struct gw_timer *ticker;
    struct gw_rpc_server *server;
    struct gw_rpc_channel *channel;
    char dir[64];
    char url[RPC_PATH_MAX];
    struct held held[RPC_HELD_MAX];
    unsigned n_held;
    unsigned n_said; /* runs of the Say handler */
    bool ignores_credit;
    char request_id[80]; /* of the last Say */
    uint32_t time_left_ms;
    struct gw_rpc_limits server_limits;
    struct gw_rpc_limits channel_limits;
};

/* What a closure got. */
struct outcome {
    struct rpc_case *c;
    struct gw_rpc_call *call;
    unsigned n_runs;
    unsigned n_items;
    bool is_done;
    uint32_t last_n;
    size_t text_len;
    char text[128];
    struct gw_error err;
    void (*on_item)(struct outcome *outcome); /* may be NULL */
    void (*on_done)(struct outcome *outcome); /* may be NULL */
};

struct rpc_case *rpc_case_new(void);
/* Start the server at its ipc address and make the channel. */
void rpc_case_start(struct rpc_case *c);
void rpc_case_serve(struct rpc_case *c, const char *url);
void rpc_case_connect(struct rpc_case *c, const char *url);
void rpc_case_stop_server(struct rpc_case *c);
/* Free everything; takes its folder away. */
void rpc_case_free(struct rpc_case *c);

/* Run the loop for a moment. */
void rpc_case_step(struct rpc_case *c);
/* The test fails when this takes longer than 20 s. */
#define RUN_UNTIL(c, condition)                                                                    \
    do {                                                                                           \
        uint64_t end_us_ = gw_loop_now_us((c)->loop) + 20000000;                                   \
        while (!(condition)) {                                                                     \
            rpc_case_step(c);                                                                      \
            if (gw_loop_now_us((c)->loop) > end_us_)                                               \
                fail_msg("waited in vain for %s", #condition);                                     \
        }                                                                                          \
    } while (0)

typedef void (*stub_fn)(ProtobufCService *service,
                        const Godwit__Test__Text *input,
                        Godwit__Test__Text_Closure closure,
                        void *closure_data);
/* Call @method with a text; @out must stay until it is done. */
void rpc_call(struct rpc_case *c,
              stub_fn method,
              const char *text,
              uint32_t n,
              const struct gw_rpc_options *options,
              struct outcome *out);
void rpc_call_message(struct rpc_case *c,
                      stub_fn method,
                      const Godwit__Test__Text *input,
                      const struct gw_rpc_options *options,
                      struct outcome *out);
/* Say @text and wait for the outcome; 10 s at most. */
struct outcome rpc_say(struct rpc_case *c, const char *text);
/* Answer what Hold holds. */
void rpc_release_held(struct held *held, const char *text);

extern const struct gw_rpc_options rpc_plain;      /* 10 s */
extern const struct gw_rpc_options rpc_idempotent; /* 10 s */
extern const struct gw_rpc_options rpc_stream;     /* no deadline */

#endif
