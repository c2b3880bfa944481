#ifndef GW_TESTS_COMPONENT_TARGET_BENCH_H
#define GW_TESTS_COMPONENT_TARGET_BENCH_H
/* A host with a real godwit-target in this process and a real QEMU under it; the test plays
 * scheduler and source. Waiting is for events, with a deadline that fails the test. */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "core/guest_spec.h"
#include "godwit/v1/target.pb-c.h"
#include "host/record.h"
#include "loop/loop.h"
#include "rpc/rpc.h"
#include "tests/unit/host/host_fixture.h"

#define BENCH_UUID FIXTURE_UUID
enum { BENCH_WAIT_MS = 60000 };

struct agent;

/* One loop, one or two hosts. */
struct bench {
    struct gw_loop *loop;
    struct gw_timer *deadline;
    bool is_late;
    bool has_reply;
    struct gw_error err; /* of the last call */
    struct agent *agents[2];
};

struct bench *bench_new(void);
/* Ends every QEMU that its agents' records name, removes all folders. */
void bench_free(struct bench *bench);
/* Start a host; it is ready for calls when this returns. */
struct agent *bench_add_agent(struct bench *bench);

/* ---- one agent (agent.c) ---- */

struct tgt_daemon;
struct agent {
    struct bench *bench;
    struct host_fixture *host;
    struct tgt_daemon *daemon;
    struct gw_rpc_server *others; /* scheduler and source, played here */
    struct gw_rpc_channel *channel;
    struct fake_services *fakes;
    unsigned n_beats;
    unsigned n_told; /* guests in the last heartbeat */
    uint32_t told_attempt;
    bool is_killing; /* heartbeats are answered with an order to kill the guest */
    unsigned n_adopted;
    uint64_t adopted_epoch;
    bool is_source_deaf; /* Adopt is answered UNAVAILABLE */
};

struct agent *agent_new(struct bench *bench);
void agent_free(struct agent *agent);
/* End the agent as a crash would, or start it again. Its QEMUs go on. */
void agent_stop(struct agent *agent);
void agent_start(struct agent *agent);

/* Run the loop until *@flag is true; the test fails after BENCH_WAIT_MS. */
void bench_wait(struct bench *bench, const bool *flag);
/* The same until *@count is at least @n. */
void bench_wait_count(struct bench *bench, const unsigned *count, unsigned n);
/* Run the loop until @is_true(@arg) after some event; asked again each 20 ms. */
void bench_wait_until(struct bench *bench, bool (*is_true)(void *arg), void *arg);

/* ---- calls: true when answered, else bench->err ---- */

struct attempt {
    const char *migration_id;
    uint32_t attempt;
    uint64_t epoch;
};

bool call_create(struct agent *agent, const struct gw_guest_spec *spec, uint64_t epoch);
/* 0 when refused. */
uint64_t call_start(struct agent *agent, const struct gw_guest_spec *spec, uint64_t epoch);

struct endpoints {
    uint32_t memory_port;
    uint32_t disk_port;
    unsigned n_disks;
};
struct prepare_options {
    bool is_cold;
    bool is_shared; /* no disk is copied */
    const char *source_address;
    uint64_t disk_size;
};
bool call_prepare(struct agent *agent,
                  const struct gw_guest_spec *spec,
                  const struct attempt *attempt,
                  const struct prepare_options *options,
                  struct endpoints *out);
/* Send Prepare and do not wait; its answer is dropped. One at a time. */
void call_prepare_only(struct agent *agent,
                       const struct gw_guest_spec *spec,
                       const struct attempt *attempt);
bool call_activate(struct agent *agent, const struct attempt *attempt, bool run);
bool call_refuse(struct agent *agent, const struct attempt *attempt);
bool call_read_probe(struct agent *agent, const char *pool, const char *token, bool *out_found);

/* ---- looking at what is there ---- */

/* Whether ROOT/NAME of the agent's host is there. */
bool has_file(const struct agent *agent, const char *name);
/* The target's record. */
struct gw_record record_of(const struct agent *agent);
bool qemu_lives(const struct agent *agent);
/* Files in the pool folder, the trash left out. */
unsigned count_pool_files(const struct agent *agent);

#endif
