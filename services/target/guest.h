#ifndef TGT_GUEST_H
#define TGT_GUEST_H
/* One guest that this agent is bringing up, or has brought up and not yet handed to the source.
 *
 * At most one operation is under way per guest. Whoever asks for the same one meanwhile waits for
 * the same answer; whoever asks for another gets UNAVAILABLE, reason BUSY (Refuse alone breaks a
 * Prepare off). Guests with nothing going on are forgotten by a sweep and found again through their
 * folder. Thread: loop thread. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "base/error.h"
#include "base/log.h"
#include "core/guest_spec.h"
#include "host/disk.h"
#include "host/record.h"
#include "loop/loop.h"
#include "target.h"

struct tgt_adopt;
struct tgt_listener;
struct tgt_qemu;
struct tgt_qemu_handlers;

enum tgt_op {
    TGT_OP_NONE,
    TGT_OP_CREATE,
    TGT_OP_START,
    TGT_OP_PREPARE,
    TGT_OP_ACTIVATE,
    TGT_OP_REFUSE
};

/* How a call ended: @err NULL is success; what it made is read from the guest. */
typedef void (*tgt_done_fn)(void *arg, struct tgt_guest *guest, const struct gw_error *err);
/* A step of an operation is over. */
typedef void (*tgt_step_fn)(struct tgt_guest *guest, const struct gw_error *err);

struct tgt_waiter {
    struct tgt_waiter *next;
    tgt_done_fn done;
    void *arg;
};

/* Who is called when a shared step is over; NULL: not under way. */
struct tgt_steps {
    tgt_step_fn disks;
    tgt_step_fn incoming;
    tgt_step_fn exports;
    tgt_step_fn undo;
    tgt_step_fn run;
    tgt_step_fn place;
};

struct tgt_guest {
    struct tgt_daemon *daemon;
    struct tgt_guest *next;
    char uuid[GW_UUID_LEN + 1];
    struct gw_log log;

    struct gw_record_file record; /* ours; fd -1 while there is no folder */
    struct gw_guest_spec *spec;   /* NULL until it was needed */

    enum tgt_op op;
    struct tgt_attempt attempt; /* of the operation */
    struct tgt_waiter *waiters;
    struct gw_timer *deadline;               /* of the operation */
    tgt_step_fn on_late;                     /* what happens at the deadline; NULL: nothing */
    struct tgt_steps then;                   /* what each step under way goes on with */
    uint64_t begun_us;                       /* when the operation began */
    size_t next_disk;                        /* whose image is being made */
    uint32_t disks_wanted;                   /* bit per disk to be made */
    uint64_t disk_sizes[GW_GUEST_DISKS_MAX]; /* 0: as the spec says */
    struct gw_disk_maker *maker;             /* while qemu-img runs */
    struct gw_error failure;                 /* why the operation is being undone */

    struct tgt_qemu *qemu;         /* NULL: none that is ours to mind */
    struct tgt_listener *listener; /* waits for the source's memory stream */
    bool is_loaded;                /* QEMU said that the whole guest has arrived */
    bool is_load_failed;           /* the stream broke; only Refuse is left */
    bool is_running;               /* RESUME was seen */
    bool is_cont_sent;             /* from here on nothing may end QEMU by our own will */
    bool wants_run;                /* Activate: run it */
    uint64_t activate_us;          /* how long the last Activate took */
    struct tgt_adopt *adopt;       /* telling the source */
    uint64_t told_epoch;           /* of the attempt that the last heartbeat told of */
    uint32_t told_attempt;
};

/* ---- table (guests.c) ---- */

/* The guest @uuid. @is_made: make its folder and record if they are not there; otherwise a guest
 * without a folder is NOT_FOUND, reason GUEST_NOT_FOUND. Errors also: from the record. */
struct tgt_guest *
tgt_guests_get(struct tgt_daemon *daemon, const char *uuid, bool is_made, struct gw_error *err);
bool tgt_guest_is_idle(const struct tgt_guest *guest);
/* Forget guests with nothing going on, soon. */
void tgt_guests_sweep(struct tgt_daemon *daemon);
/* The sweep itself, for daemon->sweeper. */
void tgt_guests_on_sweep(void *daemon);
/* The agent ends: break off every operation, so that the next agent takes it up. */
void tgt_guests_stop(struct tgt_daemon *daemon);
void tgt_guests_free(struct tgt_daemon *daemon);

/* ---- heartbeats (orders.c), as struct gw_heartbeat_handlers wants them ---- */

/* The guests that are being received, each with a QEMU that waits. */
void tgt_orders_report(void *daemon, struct gw_guest_reports *out);
/* Refuse what the scheduler calls stale, unless it is another attempt by now. */
void tgt_orders_obey(void *daemon, const char *uuid, uint64_t epoch, bool kill);

/* ---- one guest (guest.c) ---- */

/* Its spec, loaded from its folder when needed. Borrowed; NULL with @err. */
const struct gw_guest_spec *tgt_guest_spec(struct tgt_guest *guest, struct gw_error *err);
/* Take @spec over (malloc'd) in place of what is known. */
void tgt_guest_set_spec(struct tgt_guest *guest, struct gw_guest_spec *spec);
/* The source's record of it. */
int tgt_guest_read_source(const struct tgt_guest *guest,
                          struct gw_record *out,
                          struct gw_error *err);
/* Fill in what guest->spec leaves open, by what this host has. */
int tgt_guest_fill_spec(struct tgt_guest *guest, struct gw_error *err);
/* A record for this guest: as now, with another state. */
struct gw_record tgt_guest_record(const struct tgt_guest *guest, enum gw_record_state state);
int tgt_guest_write(struct tgt_guest *guest,
                    const struct gw_record *record,
                    enum gw_record_sync sync,
                    struct gw_error *err);
/* Errors: RESOURCE_EXHAUSTED, reason INSUFFICIENT_MEMORY: this host has less than @spec needs. */
int tgt_guest_check_memory(const struct tgt_guest *guest,
                           const struct gw_guest_spec *spec,
                           struct gw_error *err);
/* Errors: FAILED_PRECONDITION, reason NOT_REMOVED: the record still names what a refused attempt
 * left, and no other may take its place. */
int tgt_guest_check_removed(const struct tgt_guest *guest, struct gw_error *err);
/* True when @attempt names what the record says. */
bool tgt_record_is_of(const struct gw_record *record, const struct tgt_attempt *attempt);

/* ---- its operation (op.c) ---- */

/* Begin @op, or join it when the same one for the same attempt is under way: then returns 1 and
 * nothing else is to be done. 0: begun. -1: @done ran with BUSY or no memory. */
int tgt_op_begin(struct tgt_guest *guest,
                 enum tgt_op op,
                 const struct tgt_attempt *attempt,
                 uint32_t deadline_ms,
                 tgt_done_fn done,
                 void *arg);
/* What stands against a call, by the records. 0: go on; 1: done before, the same answer; -1: @err.
 */
typedef int (*tgt_check_fn)(struct tgt_guest *guest,
                            const struct tgt_attempt *attempt,
                            struct gw_error *err);
struct tgt_asked {
    enum tgt_op op;
    struct tgt_attempt attempt;
    uint32_t deadline_ms;
    bool is_made;       /* as in tgt_guests_get() */
    tgt_check_fn check; /* not asked while an operation is under way */
    tgt_done_fn done;
    void *arg;
};
/* The guest, with the operation begun; NULL: @done ran, or will with the answer to the same call.
 */
struct tgt_guest *tgt_op_take(struct tgt_daemon *daemon, const struct tgt_asked *asked);
/* End it: everyone who waits gets the answer. */
void tgt_op_end(struct tgt_guest *guest, const struct gw_error *err);
/* Stop where it is, without undoing anything: everyone who waits gets @err. */
void tgt_op_break(struct tgt_guest *guest, const struct gw_error *err);
void tgt_op_on_deadline(struct tgt_guest *guest);
/* Run the step kept in @slot and empty it. Nothing when it is empty. */
void tgt_go_on(struct tgt_guest *guest, tgt_step_fn *slot, const struct gw_error *err);

/* ---- calls ---- */

struct tgt_prepare {
    struct tgt_attempt attempt;
    enum gw_record_mode mode;
    struct gw_guest_spec *spec;         /* taken over */
    uint32_t disks_copied;              /* bit per spec->disks */
    uint64_t sizes[GW_GUEST_DISKS_MAX]; /* virtual bytes, 0: as the spec says */
    char source_address[46];            /* the only one admitted */
};

/* @spec is taken over. On success guest->spec is the filled-in spec. */
void tgt_create(struct tgt_daemon *daemon,
                struct gw_guest_spec *spec,
                uint64_t epoch,
                tgt_done_fn done,
                void *arg);
/* On success guest->record.now.qemu_pid is its QEMU. */
void tgt_start(struct tgt_daemon *daemon,
               struct gw_guest_spec *spec,
               uint64_t epoch,
               tgt_done_fn done,
               void *arg);
/* On success the ports are in guest->record.now. */
void tgt_prepare(struct tgt_daemon *daemon,
                 const struct tgt_prepare *request,
                 tgt_done_fn done,
                 void *arg);
void tgt_activate(struct tgt_daemon *daemon,
                  const struct tgt_attempt *attempt,
                  bool wants_run,
                  tgt_done_fn done,
                  void *arg);
void tgt_refuse(struct tgt_daemon *daemon,
                const struct tgt_attempt *attempt,
                tgt_done_fn done,
                void *arg);

/* ---- shared steps ---- */

/* Errors: NOT_FOUND a pool, bridge or boot file that @spec names. */
int tgt_check_host_offers(const struct tgt_daemon *daemon,
                          const struct gw_guest_spec *spec,
                          struct gw_error *err);
/* Make the images of the disks in @wanted, one after the other; what was made is in the record's
 * disks_made. @sizes may be NULL. */
void tgt_disks_make(struct tgt_guest *guest,
                    uint32_t wanted,
                    const uint64_t *sizes,
                    tgt_step_fn step);
/* Name of disk @i's file as the record stands: a part while a cold copy is coming. */
void tgt_disk_file(const struct tgt_guest *guest, size_t i, char out[GW_DISK_FILE_MAX + 1]);
/* Remove the files that the record says were made by this attempt. */
int tgt_disks_remove(struct tgt_guest *guest, struct gw_error *err);
/* Cold: give the parts their names, on the pool; journalled before. Needs QEMU to have ended. */
void tgt_disks_place(struct tgt_guest *guest, tgt_step_fn step);
/* NBD exports of the copied disks for the peer alone; @step with record.disk_port set. */
void tgt_exports_start(struct tgt_guest *guest, tgt_step_fn step);
/* Live: capabilities, exports, memory listener; @step with both ports in the record. */
void tgt_incoming_start(struct tgt_guest *guest, tgt_step_fn step);
/* Listen (again) where the record says the memory comes. */
int tgt_incoming_listen(struct tgt_guest *guest, uint32_t port, struct gw_error *err);
void tgt_incoming_on_event(struct tgt_guest *guest, const char *name, json_object *data);
/* The record says ACTIVE and QEMU is paused and whole: let it run; @step when RESUME was seen, or
 * with why it certainly did not run. Then the source is told. */
void tgt_run(struct tgt_guest *guest, tgt_step_fn step);
void tgt_run_on_event(struct tgt_guest *guest, const char *name, json_object *data);
void tgt_run_on_gone(struct tgt_guest *guest, const struct gw_error *err);
/* Journal REFUSED for the record's attempt, then end QEMU, listeners and files. @step when all is
 * gone, or with why it is not. */
void tgt_undo(struct tgt_guest *guest, tgt_step_fn step);
/* Tell the source that the guest is its to mind, until it answers (adopt_rpc.c); then mark the
 * record done and let QEMU go. */
void tgt_adopt_start(struct tgt_guest *guest);
void tgt_adopt_stop(struct tgt_guest *guest);
/* End the QEMUs in guests' folders that no record names (orphans.c). Reads /proc: at the start. */
void tgt_orphans_end(struct tgt_daemon *daemon);
/* After the agent's start: take up every record (resume.c). */
void tgt_resume_all(struct tgt_daemon *daemon);

/* What to do with the QEMU of an attempt that is prepared and waits (prepare.c). */
extern const struct tgt_qemu_handlers tgt_incoming_handlers;
/* ... and with one that was let run (run.c). */
extern const struct tgt_qemu_handlers tgt_run_handlers;
/* The whole guest has arrived, or never will (activate.c): goes on with an Activate that waits. */
void tgt_activate_on_loaded(struct tgt_guest *guest);
/* Go on with a run that an agent before this one did not finish; the operation is set (activate.c).
 */
void tgt_activate_again(struct tgt_guest *guest);

#endif
