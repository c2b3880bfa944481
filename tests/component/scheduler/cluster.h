#ifndef GW_TESTS_COMPONENT_SCHEDULER_CLUSTER_H
#define GW_TESTS_COMPONENT_SCHEDULER_CLUSTER_H
/* The scheduler's real code in the test's process, with fake agents and a client that speak to it
 * over real connections. Every call that an agent gets is written to the trace as
 * "HOST.METHOD:ATTEMPT:EPOCH"; what it answers is scripted per method. */

#include "base/error.h"
#include "godwit/v1/scheduler.pb-c.h"
#include "godwit/v1/source.pb-c.h"
#include "godwit/v1/target.pb-c.h"
#include "objects.h"
#include "rpc/rpc.h"
#include "scheduler.h"
#include "support/test.h"

enum { N_HOSTS = 3, TRACE_MAX = 8192, WAIT_MAX_MS = 20000 };

enum method {
    PREPARE,
    ACTIVATE,
    REFUSE,
    CREATE,
    START,
    READ_PROBE,
    BEGIN,
    CANCEL,
    REGRANT,
    RETIRE,
    STOP,
    WRITE_PROBE,
    REMOVE_PROBE,
    LIST_TRASH,
    RESTORE_TRASH,
    PURGE_TRASH,
    N_METHODS
};

/* What a fake agent does with calls of one method; zeroed: it answers well. */
struct rule {
    bool is_held;      /* keep it unanswered: fake_release() answers */
    enum gw_code code; /* fail it with this code and reason */
    const char *reason;
    bool relinquished;  /* CancelReply */
    bool guest_stopped; /* CancelReply */
    bool not_found;     /* ReadProbeReply */
};

struct cluster;

struct fake_host {
    struct cluster *cluster;
    char name[8];
    char id[GW_UUID_LEN + 1];
    char boot_id[GW_UUID_LEN + 1];
    struct gw_rpc_server *server;
    struct fake_services *services;
    struct rule rules[N_METHODS];
    void *held[N_METHODS]; /* the request kept back */
    void (*held_closure[N_METHODS])(void);
    char last_retired[256]; /* disks of the last Retire */
    char last_copied[256];  /* disks of the last Prepare that are copied */
    uint64_t memory_free_bytes;
    bool data_is_shared; /* kind of its pool "data" */
    char trash_id[24];   /* of the entries in its trash */
    size_t n_trash;
};

struct cluster {
    struct gw_loop *loop;
    struct gw_log log;
    char *folder;
    char *store_path;
    char *url;
    struct scheduler *scheduler;
    struct gw_rpc_channel *client;
    struct fake_host hosts[N_HOSTS];
    char trace[TRACE_MAX];
    const char *disk_file; /* of the guests to be made; NULL: the target's choice */
    char guest_uuid[GW_UUID_LEN + 1];
    char migration_id[GW_UUID_LEN + 1];
    struct gw_error err; /* of the last call that failed */
    bool is_answered;
    const char *wanted_trace; /* what cluster_wait_...() waits for */
    Godwit__V1__MigrationPhase wanted_phase;
    void *watch; /* of the watch test; malloc'd */
};

int cluster_set_up(void **state);
int cluster_tear_down(void **state);
/* Stop the scheduler and start it anew on the same store. */
void cluster_restart(struct cluster *c);

/* Run the loop until @is_true(@c) or fail the test, naming @what. */
void cluster_wait(struct cluster *c, bool (*is_true)(struct cluster *c), const char *what);
/* Until the trace contains @text. */
void cluster_wait_trace(struct cluster *c, const char *text);
/* Until the migration is in @phase. */
void cluster_wait_phase(struct cluster *c, Godwit__V1__MigrationPhase phase);
void trace_clear(struct cluster *c);
/* The trace is exactly @wanted. */
void assert_trace(const struct cluster *c, const char *wanted);

/* ---- agents ---- */
void fake_host_start(struct cluster *c, unsigned index);
void fake_host_free(struct fake_host *host);
/* Answer the call of @method that was held, as its rule now says, and hold no more. */
void fake_release(struct fake_host *host, enum method method);
/* Send a heartbeat of both roles; asserts that they are answered well. */
void fake_beat(struct fake_host *host);
/* One heartbeat of the source with one guest report; returns the orders, for the caller to free. */
Godwit__V1__HeartbeatReply *fake_beat_with(struct fake_host *host, Godwit__V1__GuestReport *report);
/* The same of the target. */
Godwit__V1__HeartbeatReply *fake_target_beat_with(struct fake_host *host,
                                                  Godwit__V1__GuestReport *report);
/* A heartbeat under other names; returns NULL with c->err set when it is refused. */
Godwit__V1__HeartbeatReply *
fake_beat_as(struct fake_host *host, const char *name, const char *id, const char *boot_id);
/* The source's words about the guest's migration; 0, or -1 with c->err. */
int fake_relinquished(struct cluster *c, uint32_t attempt, uint64_t epoch);
int fake_report_failure(struct cluster *c, bool guest_stopped);
int fake_report_progress(struct cluster *c, uint64_t bytes_done);

/* Call @method without waiting; its answer is dropped. */
void client_send(struct cluster *c, const char *method, const ProtobufCMessage *request);

/* ---- client: replies are the caller's to free; NULL with c->err on failure ---- */
Godwit__V1__Guest *client_create(struct cluster *c, const char *name, const char *host, bool start);
Godwit__V1__Guest *client_start(struct cluster *c, const char *guest);
Godwit__V1__Guest *client_stop(struct cluster *c, const char *guest);
int client_delete(struct cluster *c, const char *guest);
Godwit__V1__Guest *client_guest(struct cluster *c, const char *guest);
Godwit__V1__Host *client_host(struct cluster *c, const char *host);
Godwit__V1__ListHostsReply *client_hosts(struct cluster *c);
Godwit__V1__Plan *client_submit(struct cluster *c, Godwit__V1__SubmitPlanRequest *request);
Godwit__V1__TrashEntries *client_list_trash(struct cluster *c, const char *host, const char *id);
Godwit__V1__RestoreTrashReply *
client_restore_trash(struct cluster *c, const char *host, const char *id);
Godwit__V1__TrashEntries *
client_purge_trash(struct cluster *c, const char *host, const char *id, uint32_t older_than_hours);
Godwit__V1__Migration *client_migration(struct cluster *c);
Godwit__V1__Migration *client_cancel(struct cluster *c);

/* Guest "web" on h1, running; trace cleared. */
void cluster_make_guest(struct cluster *c, bool start);
/* Move it to h2; c->migration_id is set. 0, or -1 with c->err. */
int cluster_move(struct cluster *c, Godwit__V1__MigrationMode mode);
/* Assert state, host and epoch of guest "web". */
void assert_guest(struct cluster *c,
                  Godwit__V1__GuestState state,
                  const char *host,
                  uint64_t epoch);

#define PHASE(name) GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_##name
#define STATE(name) GODWIT__V1__GUEST_STATE__GUEST_STATE_##name
#define LIVE GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_LIVE
#define COLD GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_COLD
#define CLUSTER_TEST(name) cmocka_unit_test_setup_teardown(name, cluster_set_up, cluster_tear_down)

#endif
