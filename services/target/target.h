#ifndef TGT_TARGET_H
#define TGT_TARGET_H
/* godwit-target as an object: what its parts share. One loop thread owns all of it; blocking work
 * on files goes to the pool. docs/agents.md tells the whole story. */

#include "base/error.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "host/heartbeat.h"
#include "host/host.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "rpc/rpc.h"

struct tgt_guest;
struct tgt_service;

enum {
    TGT_POOL_THREADS = 4, /* probes and renames on storage that may hang, facts */
    TGT_POOL_QUEUE = 256, /* jobs that wait; past it calls get RESOURCE_EXHAUSTED */
};

struct tgt_daemon {
    struct gw_loop *loop;
    struct gw_log log;
    const struct gw_host_settings *settings;
    struct gw_host host;
    struct gw_pool *pool;
    struct gw_rpc_server *server;
    struct gw_rpc_channel *scheduler;
    struct gw_rpc_channel *source; /* this host's own source agent */
    struct tgt_service *service;
    struct gw_heartbeat *heartbeat;
    struct tgt_guest *guests; /* linked by ->next */
    struct gw_timer *sweeper; /* forgets guests with nothing going on */
};

/* The start and stop of struct gw_daemon_program, for main() and for tests that run the daemon in
 * their own process. */
int tgt_target_start(const struct gw_daemon *daemon,
                     void **out_state,
                     char **out_status,
                     struct gw_error *err);
void tgt_target_stop(void *state);

/* The facts of this host. Errors: UNAVAILABLE, reason NOT_READY, they are still being found. */
const struct gw_host_facts *tgt_facts(const struct tgt_daemon *daemon, struct gw_error *err);

#endif
