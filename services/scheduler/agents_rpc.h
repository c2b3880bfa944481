#ifndef SCH_AGENTS_RPC_H
#define SCH_AGENTS_RPC_H
/* For the agents' *_rpc.c files alone. */

#include "agents.h"
#include "convert.h"
#include "godwit/v1/source.pb-c.h"
#include "godwit/v1/target.pb-c.h"

/* Each is longer than the agent itself takes before it gives up. */
enum {
    SCH_QUICK_MS = 5000,    /* a record is written, a file is looked at */
    SCH_CREATE_MS = 150000, /* images of 32 disks are made */
    SCH_PREPARE_MS = 75000, /* the same, and a QEMU is started */
    SCH_BEGIN_MS = 15000,
    SCH_ACTIVATE_MS = 40000, /* cold: the guest is started */
    SCH_UNDO_MS = 70000,     /* a QEMU is ended, or made to run on */
    SCH_START_MS = 60000,
    SCH_RETIRE_MS = 60000,
};

typedef void (*sch_decode_fn)(const ProtobufCMessage *reply, struct sch_answer *answer);

struct sch_question {
    struct gw_rpc_call *call;
    char agent[GW_NAME_MAX + 20]; /* godwit-target of HOST, for errors */
    sch_answer_fn fn;
    void *arg;
    sch_decode_fn decode; /* NULL: nothing in the reply matters */
};

/* One call of a host's agent, ready for its stub. NULL: @fn was told why not. */
struct sch_question *sch_ask_source(struct scheduler *s,
                                    const char *host_id,
                                    uint32_t deadline_ms,
                                    sch_decode_fn decode,
                                    sch_answer_fn fn,
                                    void *arg);
/* The same for a call that is not sent again by itself when the connection breaks. */
struct sch_question *sch_ask_source_once(struct scheduler *s,
                                         const char *host_id,
                                         uint32_t deadline_ms,
                                         sch_decode_fn decode,
                                         sch_answer_fn fn,
                                         void *arg);
struct sch_question *sch_ask_target(struct scheduler *s,
                                    const char *host_id,
                                    uint32_t deadline_ms,
                                    sch_decode_fn decode,
                                    sch_answer_fn fn,
                                    void *arg);
/* Tell who asked, and forget the question. @reply NULL: the call failed. */
void sch_question_finish(struct sch_question *question, const ProtobufCMessage *reply);

/* The stub's closure on_NAME for replies of @type. */
#define SCH_ON_REPLY(name, type)                                                                   \
    static void on_##name(const Godwit__V1__##type *reply, void *data)                             \
    {                                                                                              \
        sch_question_finish(data, reply ? &reply->base : NULL);                                    \
    }

/* The guest's spec as a message; NULL when there is no such guest. */
Godwit__V1__GuestSpec *sch_spec_message(const struct scheduler *s, const char *uuid);
void sch_spec_message_free(Godwit__V1__GuestSpec *spec);
/* Ask for the disks in @disks (bit per disk) to go to the trash. */
void sch_send_retire(struct scheduler *s,
                     struct sch_question *question,
                     Godwit__V1__Attempt *attempt,
                     uint32_t disks);

#endif
