#ifndef TGT_WIRE_RPC_H
#define TGT_WIRE_RPC_H
/* Messages of the target to and from plain structs, and its service. Only the *_rpc.c files include
 * this. */

#include "attempt.h"
#include "base/error.h"
#include "godwit/v1/target.pb-c.h"
#include "guest.h"

struct tgt_service {
    Godwit__V1__TargetService_Service base; /* first: the handlers get it back as this */
    struct tgt_daemon *daemon;
};

/* Check and copy. Errors: INVALID_ARGUMENT with the field, e.g. attempt.guest_uuid. */
int tgt_attempt_decode(const Godwit__V1__Attempt *message,
                       struct tgt_attempt *out,
                       struct gw_error *err);
/* A spec that has its uuid, with epoch @epoch from 1. malloc'd. */
struct gw_guest_spec *
tgt_spec_decode(const Godwit__V1__GuestSpec *message, uint64_t epoch, struct gw_error *err);

/* One request under way: the generated closure, kept until the answer. */
struct tgt_request {
    void (*closure)(void); /* cast back by the one who made it */
    void *closure_data;
    struct tgt_daemon *daemon;
};
/* NULL: out of memory, the request has been failed. */
struct tgt_request *
tgt_request_new(void (*closure)(void), void *closure_data, struct tgt_daemon *daemon);
/* The same for a request that names an attempt, checked into @out. NULL: the request has been
 * failed. */
struct tgt_request *tgt_request_of_attempt(const Godwit__V1__TargetService_Service *service,
                                           const Godwit__V1__Attempt *message,
                                           void (*closure)(void),
                                           void *closure_data,
                                           struct tgt_attempt *out);

/* A request about a spec under an epoch. */
struct tgt_spec_order {
    const Godwit__V1__GuestSpec *message;
    uint64_t epoch;
    void (*closure)(void);
    void *closure_data;
};
typedef void (*tgt_spec_fn)(struct tgt_daemon *daemon,
                            struct gw_guest_spec *spec, /* taken over */
                            uint64_t epoch,
                            tgt_done_fn done,
                            void *arg);
/* Check it, and have it carried out by @fn; @done gets the struct tgt_request. */
void tgt_request_with_spec(const Godwit__V1__TargetService_Service *service,
                           const struct tgt_spec_order *order,
                           tgt_spec_fn fn,
                           tgt_done_fn done);

/* The handlers. */
void tgt_rpc_create(Godwit__V1__TargetService_Service *service,
                    const Godwit__V1__CreateRequest *input,
                    Godwit__V1__CreateReply_Closure closure,
                    void *closure_data);
void tgt_rpc_start(Godwit__V1__TargetService_Service *service,
                   const Godwit__V1__StartRequest *input,
                   Godwit__V1__StartReply_Closure closure,
                   void *closure_data);
void tgt_rpc_read_probe(Godwit__V1__TargetService_Service *service,
                        const Godwit__V1__ReadProbeRequest *input,
                        Godwit__V1__ReadProbeReply_Closure closure,
                        void *closure_data);
void tgt_rpc_prepare(Godwit__V1__TargetService_Service *service,
                     const Godwit__V1__PrepareRequest *input,
                     Godwit__V1__PrepareReply_Closure closure,
                     void *closure_data);
void tgt_rpc_activate(Godwit__V1__TargetService_Service *service,
                      const Godwit__V1__ActivateRequest *input,
                      Godwit__V1__ActivateReply_Closure closure,
                      void *closure_data);
void tgt_rpc_refuse(Godwit__V1__TargetService_Service *service,
                    const Godwit__V1__RefuseRequest *input,
                    Godwit__V1__RefuseReply_Closure closure,
                    void *closure_data);

#endif
