#ifndef TGT_QEMU_H
#define TGT_QEMU_H
/* A guest's QEMU while this agent minds it: process and monitor. QEMU outlives the agent; it is
 * ended only on request, or when its monitor is lost before the guest was let run. Thread: loop. */

#include "guest.h"
#include "qmp/qmp.h"

enum {
    TGT_QMP_MS = 10000,  /* a command that takes longer means a hung QEMU */
    TGT_QUIT_MS = 20000, /* flushing a disk that is being received; then SIGKILL */
};

enum tgt_launch { TGT_LAUNCH_START, TGT_LAUNCH_INCOMING, TGT_LAUNCH_EXPORT };

struct tgt_qemu_handlers {
    /* The monitor takes commands. */
    void (*ready)(struct tgt_guest *guest);
    /* May be NULL. */
    void (*event)(struct tgt_guest *guest, const char *name, json_object *data);
    /* QEMU ended without being asked to, or (after `cont` was sent) its monitor is lost.
     * guest->qemu is NULL. @err quotes qemu.log. */
    void (*gone)(struct tgt_guest *guest, const struct gw_error *err);
};

struct tgt_qemu;

/* Start QEMU for guest->spec, journal its pid, open its monitor. What fails later is told by
 * gone(). Errors: NOT_FOUND disk, bridge, boot file; by cause. */
int tgt_qemu_launch(struct tgt_guest *guest,
                    enum tgt_launch launch,
                    const struct tgt_qemu_handlers *handlers,
                    struct gw_error *err);
/* Mind the QEMU that the record names. Errors: NOT_FOUND it has ended. */
int tgt_qemu_attach(struct tgt_guest *guest,
                    const struct tgt_qemu_handlers *handlers,
                    struct gw_error *err);
/* Other handlers from now on. */
void tgt_qemu_hand_over(struct tgt_guest *guest, const struct tgt_qemu_handlers *handlers);
/* The monitor; NULL while there is none. */
struct gw_qmp *tgt_qemu_monitor(const struct tgt_guest *guest);
/* Kill it; @step runs when it has ended (at once when there is none). */
void tgt_qemu_end(struct tgt_guest *guest, tgt_step_fn step);
/* Ask it to quit, so that it flushes what it has; the same otherwise. @step gets an error when it
 * had to be killed. */
void tgt_qemu_quit(struct tgt_guest *guest, tgt_step_fn step);
/* Let it go on without us. */
void tgt_qemu_release(struct tgt_guest *guest);

/* Send @command with @arguments (taken over); @fn gets the guest as its argument. */
void tgt_qmp(struct tgt_guest *guest,
             const char *command,
             json_object *arguments,
             gw_qmp_result_fn fn);
/* {"KEY": "VALUE"} */
json_object *tgt_args_text(const char *key, const char *value);

#endif
