#ifndef SRC_SOURCE_H
#define SRC_SOURCE_H
/* godwit-source as an object: what its parts share. One loop thread owns all of it; blocking work
 * on files goes to the pool. */

#include "base/error.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "host/heartbeat.h"
#include "host/host.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "rpc/rpc.h"

struct src_guest;
struct src_service;
struct src_trash;

enum {
    SRC_POOL_THREADS = 4, /* cold copies that run at once; also probes and trash */
    SRC_POOL_QUEUE = 256, /* jobs that wait; past it calls get RESOURCE_EXHAUSTED */
};

struct src_daemon {
    struct gw_loop *loop;
    struct gw_log log;
    const struct gw_host_settings *settings;
    struct gw_host host;
    struct gw_pool *pool;
    struct gw_rpc_server *server;
    struct gw_rpc_channel *scheduler;
    struct src_service *service;
    struct gw_heartbeat *heartbeat;
    struct src_trash *trash;  /* NULL: it is kept for ever */
    struct src_guest *guests; /* linked by ->next */
};

/* The start and stop of struct gw_daemon_program, for main() and for tests that run the daemon in
 * their own process. */
int src_source_start(const struct gw_daemon *daemon,
                     void **out_state,
                     char **out_status,
                     struct gw_error *err);
void src_source_stop(void *state);

#endif
