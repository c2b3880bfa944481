#ifndef SRC_GUEST_H
#define SRC_GUEST_H
/* One guest of this host: its record, its QEMU, its monitor, and what is being done with it.
 *
 * The source's record is written here alone. A guest is taken over from the target when the
 * target's record says ACTIVE under a newer epoch than ours (src_guest_sync): told by Adopt, or
 * found at the start, or found when a call asks for the guest. Thread: loop thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "core/guest_spec.h"
#include "host/heartbeat.h"
#include "host/record.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "source.h"

struct json_object;
struct src_clean;
struct src_cold;
struct src_live;
struct src_monitor;
struct src_regrant;
struct src_retire;
struct src_stop;
struct src_tell;

enum {
    SRC_DRAIN_MS = 500, /* a QEMU that is gone has said its last words; they are in the socket */
    SRC_KILL_MS = 3000, /* after `quit`: flushing caches; then SIGKILL */
};

struct src_guest {
    struct src_daemon *daemon;
    struct src_guest *next;
    char uuid[GW_UUID_LEN + 1];
    struct gw_log log;

    struct gw_record_file record; /* ours */
    struct gw_record target;      /* the target's, as last read */
    struct gw_guest_spec *spec;   /* NULL until it was needed */

    struct gw_child *qemu;       /* NULL: none */
    struct src_monitor *monitor; /* while there is a QEMU */
    struct gw_timer *drain;      /* runs: QEMU has ended, its last words are awaited */
    struct gw_timer *killer;     /* runs: `quit` was sent */
    bool has_ended;              /* QEMU ended, src_guest_end_qemu() and the rest not yet done */
    bool is_end_asked;           /* we ended it */
    bool is_shutdown;            /* QEMU said that the guest was shut down in an orderly way */
    bool is_crashed;             /* the last QEMU ended without being asked to */

    struct src_live *live; /* the live move under way, or the last one */
    struct src_live *past; /* earlier ones whose commands may still be answered */
    struct src_clean *clean;
    struct src_cold *cold;        /* the cold move under way, or the last one */
    struct src_stop *stop;        /* while being shut down */
    struct src_retire *retires;   /* those that wait for QEMU's end */
    struct src_regrant *regrants; /* those that wait for it to run */
    unsigned n_retiring;          /* all, those on a pool thread included */
    bool is_reporting;            /* a progress report is under way */
    struct src_tell *again;       /* what an earlier run of this agent left untold */
    struct src_tell *changed;     /* while the scheduler is being told of its end */
};

/* ---- table (guests.c) ---- */

/* The guest @uuid, brought up to date with its folder (src_guest_sync). Errors: INVALID_ARGUMENT
 * uuid; NOT_FOUND, reason GUEST_NOT_FOUND, no such folder; DATA_LOSS and others from its record. */
struct src_guest *src_guests_get(struct src_daemon *daemon, const char *uuid, struct gw_error *err);
/* Take up every guest that has a folder here; what cannot be read is logged and left alone. */
void src_guests_scan(struct src_daemon *daemon);
/* Take a deleted guest out of the table and free it. */
void src_guests_remove(struct src_guest *guest);
void src_guests_free(struct src_daemon *daemon);

/* ---- one guest (guest.c) ---- */

struct src_guest *src_guest_new(struct src_daemon *daemon, const char *uuid, struct gw_error *err);
/* Read the target's record; take the guest over when it is newer; watch its QEMU. Errors: from the
 * records. A QEMU that has ended is no error: guest->qemu stays NULL. */
int src_guest_sync(struct src_guest *guest, struct gw_error *err);
/* The spec it runs with, loaded from its folder. Borrowed. */
const struct gw_guest_spec *src_guest_spec(struct src_guest *guest, struct gw_error *err);
/* The highest epoch that its records speak of. */
uint64_t src_guest_epoch(const struct src_guest *guest);
/* True while a move is under way (OUTGOING). */
bool src_guest_is_moving(const struct src_guest *guest);
void src_guest_report(const struct src_guest *guest, struct gw_guest_report *out);
/* True when its folder was removed (a Create or Prepare that came to nothing) and no QEMU holds it
 * here: what the table has of it is worth nothing. */
bool src_guest_is_orphaned(const struct src_guest *guest);
/* True when there is something to report: not retired, not merely being received. */
bool src_guest_is_here(const struct src_guest *guest);
/* Forget what is known of moves beyond the record: a newer word has come. */
void src_guest_drop_moves(struct src_guest *guest);
void src_guest_free(struct src_guest *guest);

/* ---- its QEMU (guest_qemu.c) ---- */

/* Watch the QEMU of guest->record.now, if it lives. Returns 0 also when it does not. */
int src_guest_attach(struct src_guest *guest, struct gw_error *err);
/* End QEMU without asking the guest: `quit`, then SIGKILL after SRC_KILL_MS. Nothing without one.
 */
void src_guest_end_qemu(struct src_guest *guest);
/* From the monitor. */
void src_guest_on_ready(struct src_guest *guest);
void src_guest_on_event(struct src_guest *guest,
                        const char *name,
                        struct json_object *data,
                        uint64_t stamp_us);
void src_guest_on_lost(struct src_guest *guest);

/* ---- journal (guest_record.c) ---- */

/* Write a copy of the record with another state. @mode_from NULL: as before. */
int src_guest_write(struct src_guest *guest, const struct gw_record *record, struct gw_error *err);
/* Write HOLDING under the record's epoch, with the QEMU there is. */
int src_guest_write_holding(struct src_guest *guest, struct gw_error *err);
/* Note that the outward act of the present state was answered. A failure is only logged: the act is
 * then repeated after a restart, which does no harm. */
void src_guest_write_done(struct src_guest *guest);

#endif
