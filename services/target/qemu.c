/* Minding a QEMU.
 *
 * Its end is told by its pidfd, its words by its monitor; either may come first. A monitor that is
 * lost while QEMU has not been let run makes it worthless: it is killed, and its end is the one
 * thing told. Once `cont` was sent it is the guest's, and only let go. The journal holds its pid
 * before its monitor is asked anything, so that an agent that dies here finds it again. */
#include "qemu.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/guest_dir.h"
#include "launch.h"
#include "loop/child.h"

enum { WORDS_MAX = 300 };

struct tgt_qemu {
    struct tgt_guest *guest;
    struct gw_child *child;
    struct gw_qmp *qmp;
    const struct tgt_qemu_handlers *handlers;
    struct gw_timer *quit_timer;
    tgt_step_fn on_end; /* set: it is being ended */
    bool was_killed;
    struct gw_error lost; /* why the monitor was lost */
};

static void qemu_free(struct tgt_qemu *qemu)
{
    gw_qmp_close(qemu->qmp);
    gw_child_free(qemu->child);
    gw_timer_free(qemu->quit_timer);
    free(qemu);
}

/* How it ended, with its own words where it said any. */
static void describe_end(const struct tgt_qemu *qemu, int status, struct gw_error *err)
{
    const struct tgt_guest *guest = qemu->guest;
    char words[WORDS_MAX];
    gw_guest_dir_qemu_words(&guest->daemon->host, guest->uuid, words, sizeof words);
    bool is_ours = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (gw_error_is_set(&qemu->lost) && (is_ours || !words[0]))
        (void)gw_error_set(err, GW_FAILED_PRECONDITION, "QEMU of guest %s was ended: %s; %s",
                           guest->uuid, qemu->lost.message, words);
    else if (WIFSIGNALED(status))
        (void)gw_error_set(err, GW_FAILED_PRECONDITION, "QEMU of guest %s died of signal %d: %s",
                           guest->uuid, WTERMSIG(status), words);
    else
        (void)gw_error_set(err, GW_FAILED_PRECONDITION, "QEMU of guest %s ended: %s", guest->uuid,
                           words[0] ? words : "it did not say why");
    (void)gw_error_reason(err, "QEMU_ENDED");
}

static void on_child_end(void *arg, int status)
{
    struct tgt_qemu *qemu = arg;
    struct tgt_guest *guest = qemu->guest;
    const struct tgt_qemu_handlers *handlers = qemu->handlers;
    tgt_step_fn on_end = qemu->on_end;
    bool was_killed = qemu->was_killed;
    struct gw_error err = {0};
    describe_end(qemu, status, &err);
    guest->qemu = NULL;
    qemu_free(qemu);
    if (!on_end)
        handlers->gone(guest, &err);
    else
        on_end(guest, was_killed ? &err : NULL);
}

static void kill_it(struct tgt_qemu *qemu)
{
    struct gw_error err = {0};
    if (gw_child_kill(qemu->child, SIGKILL, &err) < 0 && err.code != GW_NOT_FOUND)
        gw_log_failure(&qemu->guest->log, GW_LOG_ERROR, "qemu.kill_failed", &err);
}

static void on_ready(void *arg, bool has_oob)
{
    struct tgt_qemu *qemu = arg;
    (void)has_oob;
    if (!qemu->on_end)
        qemu->handlers->ready(qemu->guest);
}

static void on_event(void *arg, const char *name, json_object *data, uint64_t stamp_us)
{
    struct tgt_qemu *qemu = arg;
    (void)stamp_us;
    if (!qemu->on_end && qemu->handlers->event)
        qemu->handlers->event(qemu->guest, name, data);
}

static void on_closed(void *arg, const struct gw_error *err)
{
    struct tgt_qemu *qemu = arg;
    struct tgt_guest *guest = qemu->guest;
    const struct tgt_qemu_handlers *handlers = qemu->handlers;
    struct gw_error why = *err;
    gw_qmp_close(qemu->qmp);
    qemu->qmp = NULL;
    if (qemu->on_end)
        return;
    if (!guest->is_cont_sent) {
        if (gw_child_kill(qemu->child, SIGKILL, NULL) == 0)
            qemu->lost = why;
        return;
    }
    guest->qemu = NULL;
    qemu_free(qemu);
    handlers->gone(guest, &why);
}

static int open_monitor(struct tgt_qemu *qemu, struct gw_error *err)
{
    const struct tgt_guest *guest = qemu->guest;
    const struct gw_qmp_handlers handlers = {
        .ready = on_ready, .event = on_event, .closed = on_closed, .arg = qemu};
    GW_AUTO_FREE char *path =
        gw_guest_dir_path(&guest->daemon->host, guest->uuid, GW_GUEST_TARGET_QMP);
    if (!path)
        return gw_error_set_nomem(err, "naming a monitor socket");
    qemu->qmp = gw_qmp_open(guest->daemon->loop, path, &handlers, err);
    return qemu->qmp ? 0 : -1;
}

static void on_quit_late(void *arg)
{
    struct tgt_qemu *qemu = arg;
    qemu->was_killed = true;
    kill_it(qemu);
}

static struct tgt_qemu *
qemu_new(struct tgt_guest *guest, const struct tgt_qemu_handlers *handlers, struct gw_error *err)
{
    struct tgt_qemu *qemu = calloc(1, sizeof *qemu);
    if (!qemu) {
        (void)gw_error_set_nomem(err, "minding QEMU");
        return NULL;
    }
    qemu->guest = guest;
    qemu->handlers = handlers;
    qemu->quit_timer = gw_timer_new(guest->daemon->loop, on_quit_late, qemu);
    if (qemu->quit_timer)
        return qemu;
    free(qemu);
    (void)gw_error_set_nomem(err, "minding QEMU");
    return NULL;
}

static int journal_pid(struct tgt_guest *guest, const struct gw_child *child, struct gw_error *err)
{
    struct gw_record record = guest->record.now;
    record.qemu_pid = gw_child_pid(child);
    record.qemu_start_ticks = gw_child_start_ticks(child);
    (void)gw_str_copy(record.boot_id, sizeof record.boot_id, guest->daemon->host.boot_id);
    return tgt_guest_write(guest, &record, GW_RECORD_NO_SYNC, err);
}

int tgt_qemu_launch(struct tgt_guest *guest,
                    enum tgt_launch launch,
                    const struct tgt_qemu_handlers *handlers,
                    struct gw_error *err)
{
    struct tgt_qemu *qemu = qemu_new(guest, handlers, err);
    if (!qemu)
        return -1;
    guest->is_loaded = guest->is_load_failed = guest->is_running = guest->is_cont_sent = false;
    qemu->child = tgt_launch(guest, launch, on_child_end, qemu, err);
    if (qemu->child && journal_pid(guest, qemu->child, err) == 0 && open_monitor(qemu, err) == 0) {
        gw_log_info(&guest->log, "qemu.started", "pid=%d", (int)gw_child_pid(qemu->child));
        guest->qemu = qemu;
        return 0;
    }
    if (!qemu->child) {
        qemu_free(qemu);
        return -1;
    }
    guest->qemu = qemu; /* until it has ended: tgt_qemu_end() waits for that */
    kill_it(qemu);
    return -1;
}

int tgt_qemu_attach(struct tgt_guest *guest,
                    const struct tgt_qemu_handlers *handlers,
                    struct gw_error *err)
{
    const struct gw_record *record = &guest->record.now;
    if (record->qemu_pid <= 0 || strcmp(record->boot_id, guest->daemon->host.boot_id) != 0)
        return gw_error_set(err, GW_NOT_FOUND, "guest %s has no QEMU", guest->uuid);
    struct tgt_qemu *qemu = qemu_new(guest, handlers, err);
    if (!qemu)
        return -1;
    qemu->child = gw_child_adopt(guest->daemon->loop, record->qemu_pid, record->qemu_start_ticks,
                                 on_child_end, qemu, err);
    if (!qemu->child) {
        qemu_free(qemu);
        return -1;
    }
    guest->qemu = qemu;
    if (open_monitor(qemu, &qemu->lost) < 0)
        kill_it(qemu); /* its end is told by gone() */
    return 0;
}

void tgt_qemu_hand_over(struct tgt_guest *guest, const struct tgt_qemu_handlers *handlers)
{
    guest->qemu->handlers = handlers;
}

struct gw_qmp *tgt_qemu_monitor(const struct tgt_guest *guest)
{
    return guest->qemu ? guest->qemu->qmp : NULL;
}

void tgt_qemu_end(struct tgt_guest *guest, tgt_step_fn step)
{
    if (!guest->qemu) {
        step(guest, NULL);
        return;
    }
    guest->qemu->on_end = step;
    gw_qmp_close(guest->qemu->qmp); /* what it still says starts nothing any more */
    guest->qemu->qmp = NULL;
    kill_it(guest->qemu);
}

void tgt_qemu_quit(struct tgt_guest *guest, tgt_step_fn step)
{
    if (!guest->qemu || !guest->qemu->qmp) {
        tgt_qemu_end(guest, step);
        return;
    }
    guest->qemu->on_end = step;
    gw_timer_start(guest->qemu->quit_timer, TGT_QUIT_MS);
    gw_qmp_execute(guest->qemu->qmp, "quit", NULL, 0, NULL, NULL);
}

void tgt_qemu_release(struct tgt_guest *guest)
{
    if (!guest->qemu)
        return;
    qemu_free(guest->qemu);
    guest->qemu = NULL;
}

void tgt_qmp(struct tgt_guest *guest,
             const char *command,
             json_object *arguments,
             gw_qmp_result_fn fn)
{
    if (!guest->qemu || !guest->qemu->qmp) {
        json_object_put(arguments); /* its end is on its way and will be told */
        return;
    }
    gw_qmp_execute(guest->qemu->qmp, command, arguments, TGT_QMP_MS, fn, guest);
}

json_object *tgt_args_text(const char *key, const char *value)
{
    json_object *object = json_object_new_object();
    (void)json_object_object_add(object, key, json_object_new_string(value));
    return object;
}
