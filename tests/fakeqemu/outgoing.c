/* A guest on its way out.
 *
 *   setup -> active -> [pre-switchover ->] device -> completed
 *                \                    \-> postcopy-active <-> postcopy-paused ... -> completed
 *                 +--> failed, cancelling -> cancelled: the guest runs on
 *
 * Each step is a timer's, so that a command is answered before what it sets off. The images are let
 * go with the device state; whatever fails after that takes them back, and lets the guest run even
 * where it can't: that is how QEMU does it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "machine.h"

enum { STEP_MS = 2 };

static uint64_t now_us(void)
{
    return gw_clock_mono_us(gw_clock_system());
}

static void set_status(struct fq_machine *m, enum fq_status status)
{
    m->migration.status = status;
    fq_tell_status(m, status);
}

static void next_step(struct fq_machine *m, uint64_t ms)
{
    gw_timer_start(m->migration.timer, ms);
}

bool fq_outgoing_is_active(const struct fq_machine *m)
{
    enum fq_status status = m->migration.status;
    return status != FQ_NONE && status != FQ_COMPLETED && status != FQ_FAILED &&
           status != FQ_CANCELLED;
}

/* ---- the bad ends ---- */

/* The guest is whole here: it goes on as it did before. */
static void take_back(struct fq_machine *m, const char *reason)
{
    const char *error = m->migration.is_state_sent ? fq_nodes_activate(m) : NULL;
    if (error)
        (void)fprintf(stderr, "gw-fake-qemu: %s\n", error);
    gw_timer_stop(m->migration.timer);
    fq_channel_close(&m->migration.channel);
    if (m->guest.state == FQ_FINISH_MIGRATE && m->migration.was_running)
        fq_guest_run(m, reason);
    else if (m->guest.state == FQ_FINISH_MIGRATE)
        m->guest.state = FQ_PAUSED;
}

static void fail(struct fq_machine *m, int e)
{
    if (m->migration.status == FQ_CANCELLING)
        return;
    if (m->migration.status == FQ_POSTCOPY_ACTIVE || m->migration.status == FQ_POSTCOPY_RECOVER) {
        (void)fprintf(stderr, "gw-fake-qemu: Detected IO failure for postcopy. "
                              "Migration paused.\n");
        fq_channel_close(&m->migration.channel);
        set_status(m, FQ_POSTCOPY_PAUSED);
        return;
    }
    if (e)
        m->migration.error = gw_strf("Unable to write to socket: %s", strerror(e));
    set_status(m, FQ_FAILED);
    take_back(m, "migration-failed");
}

void fq_outgoing_cancel(struct fq_machine *m)
{
    if (!fq_outgoing_is_active(m) || m->migration.status == FQ_CANCELLING)
        return;
    if (m->migration.status == FQ_PRE_SWITCHOVER &&
        fq_quirk(&m->quirks, "device-on-cancel", NULL, NULL))
        set_status(m, FQ_DEVICE); /* QEMU wakes its thread up before it tells it why */
    set_status(m, FQ_CANCELLING);
    fq_channel_break(&m->migration.channel);
    next_step(m, 1);
}

/* A guest that runs at the other end by post-copy is lost to both: it stays paused here. */
static void end_cancel(struct fq_machine *m)
{
    if (m->migration.is_state_sent && m->migration.is_postcopy_asked) {
        fq_channel_close(&m->migration.channel);
        m->guest.state = FQ_POSTMIGRATE;
    } else {
        take_back(m, "migration-cancelled");
    }
    set_status(m, FQ_CANCELLED);
}

/* ---- the course ---- */

static void tell_pass(struct fq_machine *m)
{
    if (fq_is_capable(m, "events"))
        fq_event(m, "MIGRATION_PASS", FQ_OBJECT({"pass", fq_number(++m->migration.n_passes)}));
}

static void complete(struct fq_machine *m)
{
    m->migration.ended_us = now_us();
    m->guest.state = FQ_POSTMIGRATE;
    fq_channel_close(&m->migration.channel);
    set_status(m, FQ_COMPLETED);
}

static void send_state(struct fq_machine *m)
{
    bool is_postcopy = m->migration.status == FQ_POSTCOPY_ACTIVE;
    bool has_return = fq_is_capable(m, "return-path") || is_postcopy;
    if (m->is_hung) { /* stuck in the middle of it, until yanked */
        next_step(m, STEP_MS);
        return;
    }
    m->migration.is_state_sent = true;
    fq_nodes_deactivate(m);
    json_object *state = FQ_OBJECT({"state", fq_guest_save(m)}, {"postcopy", fq_bool(is_postcopy)},
                                   {"running", fq_bool(m->migration.was_running)});
    if (fq_channel_send(&m->migration.channel, state) < 0)
        fail(m, 0);
    else if (!has_return || fq_quirk(&m->quirks, "no-return-path", NULL, NULL))
        complete(m);
    else
        fq_channel_read(&m->migration.channel);
    if (is_postcopy)
        next_step(m, m->knobs.postcopy_ms);
}

static void switch_over(struct fq_machine *m)
{
    if (m->migration.is_postcopy_asked)
        set_status(m, FQ_POSTCOPY_ACTIVE);
    else if (fq_is_capable(m, "pause-before-switchover"))
        set_status(m, FQ_DEVICE); /* otherwise QEMU does not tell */
    tell_pass(m);
    send_state(m);
}

static void stop_guest(struct fq_machine *m)
{
    m->migration.stopped_us = now_us();
    m->migration.was_running = fq_guest_is_running(m);
    fq_guest_stop(m, FQ_FINISH_MIGRATE, "migration");
    if (fq_is_capable(m, "pause-before-switchover"))
        set_status(m, FQ_PRE_SWITCHOVER);
    else
        switch_over(m);
}

static void send_pages(struct fq_machine *m)
{
    struct fq_migration *out = &m->migration;
    out->n_sent += out->parameters.max_bandwidth / (1000 / STEP_MS);
    if (out->n_sent > m->knobs.memory_bytes)
        out->n_sent = m->knobs.memory_bytes;
    if (fq_channel_send(&out->channel, FQ_OBJECT({"page", fq_number(out->n_sent)})) < 0) {
        fail(m, errno);
        return;
    }
    bool is_over = out->n_sent == m->knobs.memory_bytes &&
                   now_us() - out->begun_us >= m->knobs.memory_ms * 1000;
    if (is_over || out->is_postcopy_asked)
        stop_guest(m);
    else
        next_step(m, STEP_MS);
}

/* What a late post-copy still owes, at its own speed. */
static void send_rest(struct fq_machine *m)
{
    struct fq_migration *out = &m->migration;
    uint64_t bandwidth = out->parameters.max_postcopy_bandwidth;
    if (bandwidth > 0) {
        out->n_sent += bandwidth * STEP_MS / 1000;
        if (out->n_sent < m->knobs.memory_bytes) {
            next_step(m, STEP_MS);
            return;
        }
    }
    if (fq_channel_send(&out->channel, FQ_OBJECT({"rest", fq_bool(true)})) < 0)
        fail(m, errno);
}

static void step(void *arg)
{
    struct fq_machine *m = arg;
    enum fq_status status = m->migration.status;
    if (status == FQ_SETUP) {
        tell_pass(m);
        set_status(m, FQ_ACTIVE);
        next_step(m, STEP_MS);
    } else if (status == FQ_ACTIVE && m->guest.state != FQ_FINISH_MIGRATE) {
        send_pages(m);
    } else if (status == FQ_PRE_SWITCHOVER && m->migration.is_continued) {
        switch_over(m);
    } else if (status == FQ_ACTIVE || status == FQ_DEVICE) {
        send_state(m);
    } else if (status == FQ_CANCELLING) {
        end_cancel(m);
    } else if (status == FQ_POSTCOPY_RECOVER) {
        set_status(m, FQ_POSTCOPY_ACTIVE);
        next_step(m, STEP_MS);
    } else if (status == FQ_POSTCOPY_ACTIVE) {
        send_rest(m);
    }
}

/* ---- the return path ---- */

static void on_line(void *arg, json_object *object)
{
    struct fq_machine *m = arg;
    if (fq_get_bool(object, "ack", false))
        complete(m);
    else
        fail(m, 0);
}

static void on_end(void *arg)
{
    fail(arg, 0);
}

/* ---- from commands ---- */

static void open_channel(struct fq_machine *m, int fd)
{
    m->migration.channel.on_line = on_line;
    m->migration.channel.on_end = on_end;
    m->migration.channel.arg = m;
    fq_channel_open(&m->migration.channel, m->loop, fd);
}

void fq_outgoing_start(struct fq_machine *m, int fd, char *error)
{
    struct fq_migration *out = &m->migration;
    free(out->error);
    out->error = error;
    out->is_state_sent = out->is_continued = out->is_postcopy_asked = false;
    out->n_sent = out->n_passes = 0;
    out->begun_us = out->stopped_us = now_us();
    set_status(m, FQ_SETUP);
    if (fd < 0) {
        set_status(m, FQ_FAILED);
        return;
    }
    open_channel(m, fd);
    (void)fq_channel_send(&out->channel, FQ_OBJECT({"fake-qemu-migration", fq_number(1)},
                                                   {"uuid", fq_text(m->options.uuid)}));
    next_step(m, 1);
}

void fq_outgoing_continue(struct fq_machine *m)
{
    m->migration.is_continued = true;
    next_step(m, 0);
}

void fq_outgoing_recover(struct fq_machine *m, int fd)
{
    open_channel(m, fd);
    (void)fq_channel_send(&m->migration.channel, FQ_OBJECT({"recover", fq_bool(true)}));
    fq_channel_read(&m->migration.channel);
    set_status(m, FQ_POSTCOPY_RECOVER);
    next_step(m, 1);
}

void fq_outgoing_init(struct fq_machine *m)
{
    m->migration.channel.fd = -1;
    m->migration.timer = gw_timer_new(m->loop, step, m);
}
