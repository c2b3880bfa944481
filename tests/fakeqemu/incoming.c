/* A guest on its way in. A stream that breaks, or is none, ends the program, as QEMU does; but not
 * once the guest may run here while its memory is still on the way (post-copy). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "machine.h"

static void set_status(struct fq_machine *m, enum fq_status status)
{
    m->incoming.status = status;
    fq_tell_status(m, status);
}

__attribute__((noreturn)) static void fail(struct fq_machine *m, const char *words)
{
    (void)fprintf(stderr, "gw-fake-qemu: %s\ngw-fake-qemu: load of migration failed\n", words);
    set_status(m, FQ_FAILED);
    fq_end(m, "load-failed", 1);
}

/* ---- the guest ---- */

static void tell_source(struct fq_machine *m)
{
    if (fq_quirk(&m->quirks, "lost-ack", NULL, NULL))
        fq_channel_break(&m->incoming.channel);
    else if (fq_is_capable(m, "return-path"))
        (void)fq_channel_send(&m->incoming.channel, FQ_OBJECT({"ack", fq_bool(true)}));
    fq_channel_close(&m->incoming.channel);
}

/* It runs at once only without -S, or after an early `cont` (handover, Q4). */
static void place_guest(struct fq_machine *m)
{
    bool does_run =
        m->incoming.is_to_run && (m->autostart || fq_quirk(&m->quirks, "autostart", NULL, NULL));
    if (does_run || !fq_is_capable(m, "late-block-activate")) {
        const char *error = fq_nodes_activate(m);
        if (error)
            (void)fprintf(stderr, "gw-fake-qemu: %s\n", error);
        does_run = does_run && !error;
    }
    if (does_run)
        fq_guest_run(m, "incoming");
    else
        m->guest.state = FQ_PAUSED;
}

static void on_loaded(void *arg)
{
    struct fq_machine *m = arg;
    fq_point(m, "loading");
    if (fq_quirk(&m->quirks, "load-fails", NULL, NULL))
        fail(m, "told to fail");
    if (m->incoming.is_postcopy) {
        set_status(m, FQ_POSTCOPY_ACTIVE);
        place_guest(m);
        return;
    }
    place_guest(m);
    set_status(m, FQ_COMPLETED);
    tell_source(m);
}

/* ---- the stream ---- */

static void take_header(struct fq_machine *m, json_object *object)
{
    const char *uuid = fq_get_text(object, "uuid");
    if (!fq_get(object, "fake-qemu-migration") || !uuid)
        fail(m, "Not a migration stream");
    if (fq_is_capable(m, "validate-uuid") && strcmp(uuid, m->options.uuid) != 0) {
        GW_AUTO_FREE char *words =
            gw_strf("UUID received is %s and local is %s", uuid, m->options.uuid);
        fail(m, words ? words : "wrong UUID");
    }
    m->incoming.is_header_seen = true;
}

static void on_line(void *arg, json_object *object)
{
    struct fq_machine *m = arg;
    json_object *state = fq_get(object, "state");
    if (m->incoming.status == FQ_POSTCOPY_RECOVER) {
        set_status(m, FQ_POSTCOPY_ACTIVE);
    } else if (!m->incoming.is_header_seen) {
        take_header(m, object);
    } else if (state) {
        if (fq_guest_load(m, state) < 0)
            fail(m, "Not a guest's memory");
        m->incoming.is_to_run = fq_get_bool(object, "running", true);
        m->incoming.is_postcopy = fq_get_bool(object, "postcopy", false);
        gw_timer_start(m->incoming.timer, m->knobs.load_ms);
    } else if (fq_get(object, "rest")) {
        set_status(m, FQ_COMPLETED);
        tell_source(m);
    } else if (!fq_get(object, "page")) {
        fail(m, "Unknown combination of migration flags");
    }
}

static void on_end(void *arg)
{
    struct fq_machine *m = arg;
    if (gw_timer_is_running(m->incoming.timer))
        return; /* all is here; QEMU does not notice before it answers */
    if (m->incoming.status != FQ_POSTCOPY_ACTIVE)
        fail(m, "Read section footer failed: -5");
    (void)fprintf(stderr, "gw-fake-qemu: Detected IO failure for postcopy. Migration paused.\n");
    fq_channel_close(&m->incoming.channel);
    set_status(m, FQ_POSTCOPY_PAUSED);
}

static void on_first(void *arg)
{
    struct fq_machine *m = arg;
    if (fq_quirk(&m->quirks, "frozen-incoming", NULL, NULL))
        fq_unhang(m);
    set_status(m, m->incoming.is_postcopy ? FQ_POSTCOPY_RECOVER : FQ_ACTIVE);
}

static void open_channel(struct fq_machine *m, int fd)
{
    m->incoming.channel.on_line = on_line;
    m->incoming.channel.on_end = on_end;
    m->incoming.channel.on_first = on_first;
    m->incoming.channel.arg = m;
    fq_channel_open(&m->incoming.channel, m->loop, fd);
    fq_channel_read(&m->incoming.channel);
}

static void on_connection(void *arg, unsigned events)
{
    struct fq_machine *m = arg;
    (void)events;
    int fd = accept4(m->incoming.listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    gw_watch_free(gw_steal(m->incoming.listen_watch));
    close(gw_steal_fd(&m->incoming.listen_fd));
    open_channel(m, fd);
}

void fq_incoming_start(struct fq_machine *m, int fd, bool is_listening)
{
    enum fq_status old = m->incoming.status;
    m->incoming.is_started = true;
    set_status(m, FQ_SETUP);
    if (m->incoming.is_postcopy)
        m->incoming.status = old;
    if (fq_quirk(&m->quirks, "frozen-incoming", NULL, NULL))
        m->is_mute = true;
    if (!is_listening) {
        open_channel(m, fd);
        return;
    }
    m->incoming.listen_fd = fd;
    m->incoming.listen_watch = gw_watch_new(m->loop, fd, GW_WATCH_READ, on_connection, m, NULL);
}

void fq_incoming_init(struct fq_machine *m)
{
    m->incoming.channel.fd = m->incoming.listen_fd = -1;
    m->incoming.timer = gw_timer_new(m->loop, on_loaded, m);
}
