/* The handover of a guest from host A to host B, as a model for spin (docs/handover.md says why,
 * README.md beside this file how to run it).
 *
 *   A = source host, B = target host, S = scheduler, C = any third host.
 *
 * A run is K migrations of one guest from A to B, one after the other, numbered from 0; a new one
 * is planned after the one before was undone. The network is a bag of sent messages: each may be
 * heard never, late, again and again, or out of order, also after its migration has ended. All
 * guards read durable state, QEMU's state or the bag, so "kill -9 and restart" of an agent or of S is the
 * same as it not being scheduled for a while. A step is one durable write or one act of QEMU.
 *
 * Flavours (-D): COLD, POST_COPY, FAST_PATH, TWO_SCHEDULERS; without one: live, plain path.
 * -DBUG_... plants an error (scripts/model --list names them); spin must find each. */
#ifndef K
#define K 2
#endif
#if defined(FAST_PATH) || defined(POST_COPY)
#define DIRECT /* A's word also goes straight to B */
#endif

/* ---- QEMU of A (qa) and of B (qb) ---- */
#define DEAD 0      /* no process, and what it had in memory is gone */
#define RUN 1
#define PAUSED 2    /* A: pre-switchover or device; QEMU may resume by itself */
#define COMPLETED 3 /* A: all is sent, only `cont` resumes it. COLD: shut down and copied */
#define DOWN 4      /* A, COLD: shut down in order, its disks are whole */
#define SENDING 5   /* A, POST_COPY: never runs again; B pulls what is missing */
#define INC 6       /* B: -S -incoming, loading. COLD: exporting the disks to come */
#define LOADED 7    /* B: paused, has all (POST_COPY: the device state). COLD: disks are staged */
byte qa = RUN, qb = DEAD, qc = DEAD;

/* ---- the agents' records (lib/host/record.h): one slot each, the last word counts ---- */
#define NONE 0
#define HOLDING 1      /* source.rec; with a migration: that one has ended here */
#define OUTGOING 2
#define RELINQUISHED 3
#define RETIRED 4
#define INCOMING 5     /* target.rec */
#define ACTIVE 6
#define REFUSED 7
#define UNSURE 8       /* found after a power loss: it may have gone on, unsynced */
byte ra = HOLDING, ra_m = K, ra_e = 1; /* source.rec of A: state, migration (K: none), epoch */
byte ta_e = 1, starting = 0;           /* target.rec of A: epoch of ACTIVE, of is_starting */
byte rb = NONE, rb_m = K, rb_e = 0;    /* target.rec of B */

/* ---- S's store: the states of lib/core/migration_table.c ----
 * Left out: PLANNED (nothing of the handover is sent), SUCCEEDED (as RETIRING). FAILED and
 * CANCELLED are both ENDED. A client may cancel at any time, and that moves where a failed Prepare,
 * Begin or Activate would, so those answers are not modelled apart. */
#define PREPARING 0
#define COPYING 1      /* FAST_PATH: A has the conditional grant from here on */
#define COMMITTED 2
#define RETIRING 3
#define CANCELLING 4
#define TAKING_BACK 5
#define REGRANTING 6
#define RESTARTING 7
#define REFUSING 8
#define ENDED 9
#define PNR 10         /* POST_COPY: the point of no return; epoch and holder are B's */
#define EVACUATED 11   /* boots cold at C */
byte st_s = PREPARING, st_cur = 0; /* state of the newest migration, and its number */
byte st_ge = 1;                    /* the guest's epoch */
bool st_refused, st_active;        /* target_refused, target_active */
byte e[K];                         /* A's epoch when the migration was planned; B's is one higher */

/* ---- the bag ---- */
byte req[K];            /* what S asks, by migration: whom, under which epoch */
#define PREPARE 1       /* B, e+1 */
#define BEGIN 2         /* A, e */
#define ACTIVATE 4      /* B, e+1 */
#define RETIRE 8        /* A, e */
#define CANCEL 16       /* A, e */
#define REGRANT 32      /* A, e+2: see REGRANT_EPOCH */
#define START 64        /* A's target, GE(m) */
#define REFUSE 128      /* B, e+1 */
byte req2[K];           /* the rest of them */
#define HANDOVER 1      /* A to B: RELINQUISHED(m) */
#define START_POST_COPY 2 /* A, e */
short ans[K];           /* answers and reports of the agents to S */
#define PREPARED 1
#define SOURCE_FAILED 2
#define SOURCE_FAILED_STOPPED 4   /* the same with guest_stopped */
#define SAID_RELINQUISHED 8
#define CANCEL_HELD 16            /* CANCEL_ANSWERED: A has the guest */
#define CANCEL_HELD_STOPPED 32
#define CANCEL_RELINQUISHED 64
#define ACTIVATED 128
#define ACTIVATE_REFUSED 256
#define ACTIVATE_FAILED 512       /* with ACTIVE journalled: the guest crashed at B */
#define SAID_REFUSED 1024
#define REFUSE_DENIED 2048
#define REGRANT_ANSWERED 4096     /* REGRANTED or REGRANT_FAILED */
#define BEGIN_FAILED 8192
#define SAID_UNSURE 16384         /* FAST_PATH, POST_COPY: OUTGOING of an earlier boot */

#define sent(m, what) ((req[m] & (what)) != 0)
#define sent2(m, what) ((req2[m] & (what)) != 0)
#define ANSWER(m, what) ans[m] = ans[m] | (what)
/* What S takes in the state that it is in, or in one that follows: other answers change nothing and
 * are not sent, which spares states. */
#define OF_A (SOURCE_FAILED | SOURCE_FAILED_STOPPED | SAID_RELINQUISHED | SAID_UNSURE \
              | BEGIN_FAILED | CANCEL_HELD | CANCEL_HELD_STOPPED | CANCEL_RELINQUISHED)
#define OF_B (ACTIVATED | ACTIVATE_REFUSED | ACTIVATE_FAILED | SAID_REFUSED | REFUSE_DENIED)
#define TAKEN_IN(state) (state == PREPARING -> PREPARED : \
                         (state == COPYING || state == CANCELLING || state == PNR \
                              -> OF_A | OF_B : \
                          (state == COMMITTED || state == TAKING_BACK -> OF_B : \
                           (state == REGRANTING -> REGRANT_ANSWERED : 0))))
#ifdef TWO_SCHEDULERS
byte v_s[2] = PREPARING, v_cur[2] = 0, v_ge[2] = 1; /* what each has seen of the store */
bool v_refused[2], v_active[2];
#define TAKEN (TAKEN_IN(st_s) | TAKEN_IN(v_s[0]) | TAKEN_IN(v_s[1]))
#else
#define TAKEN TAKEN_IN(st_s)
#endif
#define wanted(m, what) (m == st_cur && (ans[m] & (what)) == 0 && (TAKEN & (what)) != 0)
/* The epoch of S's last grant in m. */
#define GE(m) (m == st_cur -> st_ge : e[(m + 1) % K])
#ifdef BUG_REGRANT_EPOCH /* the number that B was prepared with */
#define REGRANT_EPOCH(m) (e[m] + 1)
#else
#define REGRANT_EPOCH(m) (e[m] + 2)
#endif

/* ---- faults and truth ---- */
bool fa, fb;           /* fenced, with proof: the host is off */
bool loss;             /* a QEMU that was the only copy died, or a host lost power: once per run */
bool a_stale, b_stale; /* what A, B has is not the newest */
bool missing;          /* POST_COPY: pages are still at A alone */

/* ---- what must hold: see README.md ---- */
#define I1 ((qa == RUN) + (qb == RUN) + (qc == RUN) <= 1)
#define A_WHOLE ((qa == RUN || qa == PAUSED || qa == COMPLETED || qa == DOWN || qa == SENDING) \
                 && !a_stale)
#define B_WHOLE (qb == RUN || (qb == LOADED && !b_stale && !missing))
#define I2 (loss || fa || fb || qc == RUN || A_WHOLE || B_WHOLE)
#define ACTIVATE_NAMES(epoch) (sent(st_cur, ACTIVATE) && e[st_cur] + 1 == epoch)
#define EPOCH_ONCE (!((ra == HOLDING || ra == OUTGOING) \
                      && ((rb == ACTIVE && ra_e == rb_e) || ACTIVATE_NAMES(ra_e))))
inline check()
{
    assert(I1);
    assert(I2);
    assert(EPOCH_ONCE)
}

/* QEMU A runs (again): what B has loaded is old from now on. */
#define A_RUNS qa = RUN; b_stale = (qb == LOADED || b_stale)
/* QEMU B runs: A's memory must never run again. */
#define B_RUNS assert(!b_stale); qb = RUN; a_stale = true

#include "source.pml"
#include "target.pml"
#include "scheduler.pml"
#include "faults.pml"

init {
    atomic {
        byte m = 0;
        e[0] = 1;
        req[0] = PREPARE;
        do
        :: m < K -> run a_hears(m); run b_hears(m); m++
        :: else -> break
        od;
        m = 0;
        run a_acts(); run b_acts(); run scheduler(0); run verdict(); run faults()
#ifdef TWO_SCHEDULERS
        ; run scheduler(1)
#endif
    }
}
