/* Letting a guest run: `cont`, and everything after it.
 *
 * ACTIVE is journalled before this is called. The exports are ended in the same breath, because
 * QEMU carries out commands in order and nothing on this path waits for a round trip that it does
 * not need. RESUME is the moment the guest runs. From `cont` on QEMU is never ended from here: what
 * happens to it then is the source's to see. */
#include "qemu.h"

#include <string.h>

static void ran(struct tgt_guest *guest)
{
    if (guest->is_running)
        return;
    guest->is_running = true;
    guest->activate_us = gw_loop_now_us(guest->daemon->loop) - guest->begun_us;
    tgt_go_on(guest, &guest->then.run, NULL);
    if (guest->spec && guest->spec->n_nics > 0) {
        json_object *rounds = json_object_new_object();
        (void)json_object_object_add(rounds, "initial", json_object_new_int(50));
        (void)json_object_object_add(rounds, "max", json_object_new_int(550));
        (void)json_object_object_add(rounds, "rounds", json_object_new_int(5));
        (void)json_object_object_add(rounds, "step", json_object_new_int(100));
        tgt_qmp(guest, "announce-self", rounds, NULL);
    }
    tgt_adopt_start(guest);
}

static void on_cont(void *arg, json_object *result, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    if (result) {
        ran(guest);
        return;
    }
    if (guest->is_running || err->code == GW_UNAVAILABLE) /* the latter is told by gone() */
        return;
    if (err->code == GW_DEADLINE_EXCEEDED) { /* nobody knows; a repeat sends `cont` again */
        tgt_go_on(guest, &guest->then.run, err);
        return;
    }
    struct gw_error why = *err;
    (void)gw_error_wrap(&why, "guest %s was not let run", guest->uuid);
    (void)gw_error_reason(&why, "ACTIVATE_FAILED");
    why.code = GW_FAILED_PRECONDITION;
    guest->is_cont_sent = false; /* it certainly did not run */
    tgt_go_on(guest, &guest->then.run, &why);
}

void tgt_run_on_event(struct tgt_guest *guest, const char *name, json_object *data)
{
    (void)data;
    if (guest->is_cont_sent && strcmp(name, "RESUME") == 0)
        ran(guest);
}

/* QEMU ended, or its monitor was lost, with `cont` on its way: whether it ran is not known, so it
 * counts as having run, and the source is told. */
void tgt_run_on_gone(struct tgt_guest *guest, const struct gw_error *err)
{
    gw_log_failure(&guest->log, GW_LOG_WARN, "run.monitor_lost", err);
    tgt_go_on(guest, &guest->then.run, err);
    tgt_adopt_start(guest);
}

static void on_ready(struct tgt_guest *guest)
{
    (void)guest;
}

const struct tgt_qemu_handlers tgt_run_handlers = {
    .ready = on_ready, .event = tgt_run_on_event, .gone = tgt_run_on_gone};

void tgt_run(struct tgt_guest *guest, tgt_step_fn step)
{
    const struct gw_record *now = &guest->record.now;
    guest->then.run = step;
    tgt_qemu_hand_over(guest, &tgt_run_handlers);
    guest->is_cont_sent = true;
    guest->is_running = false;
    if (now->mode == GW_RECORD_LIVE && now->disks_copied)
        tgt_qmp(guest, "nbd-server-stop", NULL, NULL);
    tgt_qmp(guest, "cont", NULL, on_cont);
}
