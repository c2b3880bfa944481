/* A session with a QEMU monitor.
 *
 * Normal course: connect, greeting, qmp_capabilities, ready(); then commands go out in the order
 * they were started (out-of-band ones first), replies are matched by id, events are handed on.
 * Failure: a silent QEMU (GW_QMP_GREETING_MS), a hang-up, a line that is too long or is no QMP, or
 * a failing socket ends the session: the socket is closed, every open command is finished, then
 * closed() is told. A QEMU that only talks too much is read at most GW_QMP_INPUT_BYTES per turn of
 * the loop. Ownership: the session owns socket, watch, timers and table. It lives until
 * gw_qmp_close(); when that is called from a handler, the outermost frame (see leave()) frees it.
 * Thread: the loop's. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/scope.h"
#include "base/str.h"
#include "qmp/session_priv.h"

static void destroy(struct gw_qmp *qmp)
{
    gw_watch_free(qmp->watch);
    gw_timer_free(qmp->due_timer);
    gw_timer_free(qmp->greeting_timer);
    gw_qmp_table_fini(&qmp->table);
    gw_qmp_line_fini(&qmp->line);
    if (qmp->fd >= 0)
        close(qmp->fd);
    free(qmp->path);
    free(qmp);
}

static void enter(struct gw_qmp *qmp)
{
    qmp->depth++;
}

static void leave(struct gw_qmp *qmp)
{
    if (--qmp->depth == 0 && qmp->is_closed)
        destroy(qmp);
}

void gw_qmp_close(struct gw_qmp *qmp)
{
    if (!qmp)
        return;
    qmp->is_closed = true;
    enter(qmp);
    leave(qmp);
}

void gw_qmp_finish(struct gw_qmp *qmp,
                   struct gw_qmp_command *command,
                   json_object *result,
                   const struct gw_error *err)
{
    gw_qmp_result_fn fn = command->fn;
    void *arg = command->arg;
    (void)GW_FAILPOINT(NULL, "qmp.%s.after", command->name);
    gw_qmp_table_remove(&qmp->table, command);
    if (fn)
        fn(arg, result, err);
}

void gw_qmp_arm(struct gw_qmp *qmp)
{
    uint64_t due_us = gw_qmp_table_due_us(&qmp->table);
    if (gw_error_is_set(&qmp->broken))
        due_us = 1;
    if (!due_us) {
        gw_timer_stop(qmp->due_timer);
        return;
    }
    uint64_t now_us = gw_loop_now_us(qmp->loop);
    gw_timer_start(qmp->due_timer, due_us > now_us ? (due_us - now_us + 999) / 1000 : 0);
}

/* End the session because of @why; every command started so far is finished. */
static void end(struct gw_qmp *qmp, const struct gw_error *why)
{
    struct gw_error err = *why;
    (void)gw_error_wrap(&err, "monitor \"%s\"", qmp->path);
    gw_watch_free(gw_steal(qmp->watch));
    close(gw_steal_fd(&qmp->fd));
    gw_timer_stop(qmp->greeting_timer);
    gw_error_clear(&qmp->broken);

    uint64_t last_id = qmp->table.next_id - 1;
    struct gw_qmp_command *command;
    while (!qmp->is_closed && (command = TAILQ_FIRST(&qmp->table.list)) && command->id <= last_id) {
        struct gw_error lost = command->err;
        if (!gw_error_is_set(&lost)) {
            lost = err;
            lost.code = GW_UNAVAILABLE;
            (void)gw_error_wrap(&lost, "command \"%s\"", command->name);
        }
        gw_qmp_finish(qmp, command, NULL, &lost);
    }
    if (!qmp->is_closed && qmp->handlers.closed)
        qmp->handlers.closed(qmp->handlers.arg, &err);
    if (!qmp->is_closed)
        gw_qmp_arm(qmp);
}

void gw_qmp_flush(struct gw_qmp *qmp)
{
    bool is_blocked = false;
    if (qmp->fd < 0 || gw_error_is_set(&qmp->broken))
        return;
    if (!gw_qmp_output_flush(&qmp->table, qmp->fd, &is_blocked, &qmp->broken))
        (void)gw_watch_set(qmp->watch, GW_WATCH_READ | (is_blocked ? GW_WATCH_WRITE : 0u),
                           &qmp->broken);
    if (gw_error_is_set(&qmp->broken))
        gw_qmp_arm(qmp);
}

/* Handle @len bytes of input, up to the first line that ends the session. */
static int take_input(struct gw_qmp *qmp, size_t len, struct gw_error *err)
{
    size_t done = 0;
    while (done < len && !qmp->is_closed) {
        size_t used = 0;
        json_object *object = NULL;
        if (gw_qmp_line_feed(&qmp->line, qmp->input + done, len - done, &used, &object, err))
            return -1;
        done += used;
        if (!object)
            continue;
        int failed = gw_qmp_take_message(qmp, object, err);
        json_object_put(object);
        if (failed)
            return -1;
    }
    return 0;
}

static int read_some(struct gw_qmp *qmp, struct gw_error *err)
{
    ssize_t n;
    do {
        n = read(qmp->fd, qmp->input, sizeof qmp->input);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n < 0)
        return gw_error_set_errno(err, errno, "reading");
    if (n == 0)
        return gw_error_set(err, GW_UNAVAILABLE, "QEMU hung up%s",
                            gw_qmp_line_is_open(&qmp->line) ? " in the middle of a line" : "");
    return take_input(qmp, (size_t)n, err);
}

static void on_socket(void *arg, unsigned events)
{
    struct gw_qmp *qmp = arg;
    struct gw_error err = {0};
    enter(qmp);
    if ((events & GW_WATCH_READ) && read_some(qmp, &err) && !qmp->is_closed) {
        end(qmp, &err);
    } else if (!qmp->is_closed) {
        gw_qmp_flush(qmp);
        gw_qmp_arm(qmp);
    }
    leave(qmp);
}

/* Finish @command without a reply: it was refused, or its deadline has passed. */
static void finish_due(struct gw_qmp *qmp, struct gw_qmp_command *command)
{
    struct gw_error err = command->err;
    if (command->state == GW_QMP_REFUSED ||
        (command->state == GW_QMP_WAITING && command->n_sent == 0)) {
        if (!gw_error_is_set(&err))
            (void)gw_error_set(&err, GW_DEADLINE_EXCEEDED,
                               "monitor \"%s\": command \"%s\" could not be sent in time",
                               qmp->path, command->name);
        gw_qmp_finish(qmp, command, NULL, &err);
        return;
    }
    (void)gw_error_set(&err, GW_DEADLINE_EXCEEDED,
                       "monitor \"%s\": command \"%s\" was not answered in time", qmp->path,
                       command->name);
    gw_qmp_table_move(&qmp->table, command, GW_QMP_ABANDONED);
    gw_qmp_result_fn fn = command->fn;
    command->fn = NULL;
    if (fn)
        fn(command->arg, NULL, &err);
}

static void on_due(void *arg)
{
    struct gw_qmp *qmp = arg;
    struct gw_qmp_command *command;
    uint64_t now_us = gw_loop_now_us(qmp->loop), last_id = qmp->table.next_id - 1;
    enter(qmp);
    while (!qmp->is_closed && (command = gw_qmp_table_next_due(&qmp->table, now_us)) &&
           command->id <= last_id)
        finish_due(qmp, command);
    if (!qmp->is_closed && gw_error_is_set(&qmp->broken)) {
        struct gw_error why = qmp->broken;
        end(qmp, &why);
    } else if (!qmp->is_closed) {
        gw_qmp_flush(qmp);
        gw_qmp_arm(qmp);
    }
    leave(qmp);
}

static void on_silence(void *arg)
{
    struct gw_qmp *qmp = arg;
    struct gw_error err = {0};
    (void)gw_error_set(&err, GW_DEADLINE_EXCEEDED,
                       "QEMU said nothing for %d ms: it hangs, or another client has its monitor",
                       GW_QMP_GREETING_MS);
    enter(qmp);
    end(qmp, &err);
    leave(qmp);
}

static int connect_socket(const char *path, struct gw_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (gw_str_copy(address.sun_path, sizeof address.sun_path, path))
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "monitor path \"%s\" has %zu bytes; a socket's path may have %zu", path,
                            strlen(path), sizeof address.sun_path - 1);
    GW_AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return gw_error_set_errno(err, errno, "making a socket for monitor \"%s\"", path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
        if (errno == EAGAIN) /* unix(7): the listener's queue is full */
            return gw_error_set(err, GW_UNAVAILABLE, "monitor \"%s\" has too many clients waiting",
                                path);
        return gw_error_set_errno(err, errno, "connecting to monitor \"%s\"", path);
    }
    return gw_steal_fd(&fd);
}

static int set_up(struct gw_qmp *qmp, const char *path, struct gw_error *err)
{
    qmp->path = strdup(path);
    qmp->due_timer = gw_timer_new(qmp->loop, on_due, qmp);
    qmp->greeting_timer = gw_timer_new(qmp->loop, on_silence, qmp);
    if (!qmp->path || !qmp->due_timer || !qmp->greeting_timer)
        return gw_error_set_nomem(err, "opening a monitor session");
    if (gw_qmp_line_init(&qmp->line, GW_QMP_LINE_MAX_BYTES, err))
        return -1;
    qmp->fd = connect_socket(path, err);
    if (qmp->fd < 0)
        return -1;
    qmp->watch = gw_watch_new(qmp->loop, qmp->fd, GW_WATCH_READ, on_socket, qmp, err);
    return qmp->watch ? 0 : -1;
}

struct gw_qmp *gw_qmp_open(struct gw_loop *loop,
                           const char *path,
                           const struct gw_qmp_handlers *handlers,
                           struct gw_error *err)
{
    struct gw_qmp *qmp = calloc(1, sizeof *qmp);
    if (!qmp) {
        (void)gw_error_set_nomem(err, "opening a monitor session");
        return NULL;
    }
    qmp->loop = loop;
    qmp->handlers = *handlers;
    qmp->fd = -1;
    gw_qmp_table_init(&qmp->table);
    if (set_up(qmp, path, err)) {
        destroy(qmp);
        return NULL;
    }
    gw_timer_start(qmp->greeting_timer, GW_QMP_GREETING_MS);
    return qmp;
}
