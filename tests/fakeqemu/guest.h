#ifndef FQ_GUEST_H
#define FQ_GUEST_H
/* The guest: what it has in memory (who it is, how long it has run, what it wrote last), its run
 * state, and a block that it writes to each of its disks, numbered. Each time it begins to run it
 * compares the disks with its memory, and says so in the history when they differ:
 * a disk that is older lost writes; one that is newer means that this memory is stale.
 * Thread: loop. */

#include <stdbool.h>
#include <stdint.h>

#include "json.h"

struct fq_machine;

enum fq_state {
    FQ_PRELAUNCH,
    FQ_INMIGRATE,
    FQ_RUNNING,
    FQ_PAUSED,
    FQ_FINISH_MIGRATE,
    FQ_POSTMIGRATE,
    FQ_SHUTDOWN,
};

enum { FQ_BOOT_ID_LEN = 16 };

struct fq_guest {
    enum fq_state state;
    char boot_id[FQ_BOOT_ID_LEN + 1]; /* "": it has not booted yet */
    uint64_t ticks;                   /* grows while it runs; never the same at two begins */
    uint64_t generation;              /* of its last disk write */
    struct gw_timer *tick_timer, *write_timer, *powerdown_timer;
};

void fq_guest_init(struct fq_machine *m);
/* "running" and so on. */
const char *fq_state_name(enum fq_state state);
bool fq_guest_is_running(const struct fq_machine *m);
/* Let it run: history, event RESUME. It runs also without the locks of its disks, as QEMU does when
 * a migration fails; then it can't write. */
void fq_guest_run(struct fq_machine *m, const char *reason);
/* Stop it: event STOP if it ran, then @state. */
void fq_guest_stop(struct fq_machine *m, enum fq_state state, const char *reason);
/* The ACPI button was pressed. */
void fq_guest_press_button(struct fq_machine *m);
/* Its memory, to be sent; and taken from what was sent. Returns -1 when that is not a memory. */
json_object *fq_guest_save(const struct fq_machine *m);
int fq_guest_load(struct fq_machine *m, json_object *memory);

#endif
