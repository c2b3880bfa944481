#ifndef FQ_MACHINE_H
#define FQ_MACHINE_H
/* The whole fake QEMU. All its parts hang here and live on the loop thread, but for images, NBD
 * connections and the threads of mirror jobs. */

#include "guest.h"
#include "history.h"
#include "job.h"
#include "loop/loop.h"
#include "migration.h"
#include "monitor.h"
#include "nbd.h"
#include "node.h"
#include "options.h"
#include "quirk.h"

/* How long things take, from the environment; milliseconds unless said otherwise. */
struct fq_knobs {
    uint64_t mirror_ms;    /* at least, until a mirror is ready */
    uint64_t memory_ms;    /* at least, of pre-copy */
    uint64_t memory_bytes; /* of pre-copy, at max-bandwidth */
    uint64_t load_ms;      /* until the device state is loaded */
    uint64_t powerdown_ms; /* until the guest has shut down */
    uint64_t write_ms;     /* between two disk writes of the guest; 0: it never writes */
    uint64_t postcopy_ms;  /* until a guest that runs already has all its memory */
};

struct fq_machine {
    struct gw_loop *loop;
    struct fq_options options;
    struct fq_knobs knobs;
    struct fq_quirks quirks;
    struct fq_history history;
    struct fq_guest guest;
    struct fq_node *nodes; /* newest first */
    struct fq_job *jobs;   /* likewise */
    struct fq_nbd_server *nbd;
    struct fq_migration migration; /* out of here */
    struct fq_incoming incoming;   /* into here */
    struct fq_monitor *monitors;
    struct fq_call *busy;        /* the in-band command that has not been answered; NULL: none */
    bool is_pumping;             /* fq_pump() is on the stack */
    bool is_hung;                /* no in-band command is looked at */
    bool is_mute;                /* nor any other */
    struct gw_timer *hang_timer; /* ends both */
    bool autostart;              /* run once the guest is loaded */
};

/* Quirks may strike here: die:POINT, exit:POINT, stop:POINT, hang:POINT[=MS], mute:POINT[=MS]. */
void fq_point(struct fq_machine *m, const char *point);
/* The same at "PREFIX-NAME". */
void fq_point_of(struct fq_machine *m, const char *prefix, const char *name);
/* In-band commands, or all, are looked at again. */
void fq_unhang(struct fq_machine *m);
/* End the program: history, the last bytes to the monitors, no clean-up. */
__attribute__((noreturn)) void fq_end(struct fq_machine *m, const char *reason, int status);

#endif
