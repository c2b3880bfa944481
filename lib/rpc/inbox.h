#ifndef GW_RPC_INBOX_H
#define GW_RPC_INBOX_H
/* The way from nng's threads to the loop thread. A finished nng operation is put into a list and an
 * eventfd is raised; the loop thread takes it out and runs its function. Nothing is allocated on
 * nng's threads, and an operation that is ended is certain never to be heard of again. */

#include <nng/nng.h>
#include <stdbool.h>

#include "base/error.h"
#include "loop/loop.h"

struct gw_rpc_inbox;

/* One nng operation slot; at most one operation under way at a time. Embed it. */
struct gw_rpc_op {
    struct gw_rpc_inbox *inbox;
    nng_aio *aio;
    gw_loop_fn fn;
    void *arg;
    bool makes_stream; /* its success brings a stream, freed when nobody takes it */
    bool is_queued;    /* under the inbox's lock */
    struct gw_rpc_op *next;
};

struct gw_rpc_inbox *gw_rpc_inbox_new(struct gw_loop *loop, struct gw_error *err);
/* Its operations must have been ended. May be called by a function that the inbox runs. */
void gw_rpc_inbox_free(struct gw_rpc_inbox *inbox);

/* @fn(@arg) runs on the loop thread each time an operation started with op->aio has finished. */
int gw_rpc_op_init(struct gw_rpc_op *op,
                   struct gw_rpc_inbox *inbox,
                   gw_loop_fn fn,
                   void *arg,
                   struct gw_error *err);
/* Cancel what is under way; @fn runs no more. Waits for nng's threads to let go, which never wait
 * for the loop. Takes a zeroed op. Thread: loop thread. */
void gw_rpc_op_fini(struct gw_rpc_op *op);

#endif
