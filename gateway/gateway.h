#ifndef GWY_GATEWAY_H
#define GWY_GATEWAY_H
/* The gateway: HTTP/JSON in, RPC to the scheduler, the answer back. Holds no state of its own.
 * Everything of it runs on the loop thread; libmicrohttpd has no thread. */

#include "base/log.h"
#include "listen.h"
#include "loop/loop.h"
#include "rpc/rpc.h"
#include "settings.h"

enum {
    GWY_BODY_MAX_BYTES = 1024 * 1024,        /* GW_JSON_TEXT_MAX_BYTES */
    GWY_DISCARD_MAX_BYTES = 8 * 1024 * 1024, /* read past the limit, to answer before closing */
    GWY_HEADERS_MAX_BYTES = 32 * 1024,       /* request line and headers of one connection */
    GWY_CONNECTIONS_MAX = 256,               /* portal front ends and their keep-alives */
    GWY_IDLE_S = 30,                         /* a connection that neither sends nor takes */
    GWY_ANSWER_MS = 5000,                    /* the scheduler's time for what needs no host */
    GWY_WORK_MS = 120000,                    /* ... for what does: disks made, a guest booted */
};

struct gwy_gateway {
    struct gw_loop *loop;
    struct gw_log log;
    struct gw_rpc_channel *channel;
    struct MHD_Daemon *mhd;
    struct gw_watch *watch; /* of libmicrohttpd's epoll descriptor */
    struct gw_timer *timer; /* of libmicrohttpd's next deadline */
    bool has_closed;        /* a connection ended while libmicrohttpd ran */
    char url[GWY_URL_MAX];
};

/* Listen and serve on @loop. @settings may go afterwards. Errors: of gwy_listen() and
 * gw_rpc_channel_new(). */
struct gwy_gateway *gwy_gateway_start(struct gw_loop *loop,
                                      const struct gw_log *log,
                                      const struct gwy_settings *settings,
                                      struct gw_error *err);
/* Fail what is under way with 503, close all. NULL is fine. */
void gwy_gateway_stop(struct gwy_gateway *gateway);

#endif
