/* Starting commands. Nothing here calls a handler, save for want of memory: what fails is kept as
 * REFUSED and finished at the loop's next turn. */

#include <errno.h>
#include <fcntl.h>

#include "base/failpoint.h"
#include "qmp/session_priv.h"

/* Start a command with everything but its text. NULL: it was finished for want of memory. */
static struct gw_qmp_command *
begin(struct gw_qmp *qmp, const char *name, uint32_t deadline_ms, gw_qmp_result_fn fn, void *arg)
{
    struct gw_qmp_command *command = gw_qmp_table_add(&qmp->table, name);
    if (!command) {
        struct gw_error err = {0};
        (void)gw_error_set_nomem(&err, "starting a monitor command");
        if (fn)
            fn(arg, NULL, &err);
        return NULL;
    }
    command->fn = fn;
    command->arg = arg;
    if (deadline_ms)
        command->deadline_us = gw_loop_now_us(qmp->loop) + deadline_ms * 1000ull;
    if (qmp->fd < 0)
        (void)gw_error_set(&command->err, GW_UNAVAILABLE,
                           "monitor \"%s\": command \"%s\": the session is over", qmp->path,
                           command->name);
    else if (qmp->table.n_open > GW_QMP_COMMANDS_MAX)
        (void)gw_error_set(&command->err, GW_RESOURCE_EXHAUSTED,
                           "monitor \"%s\": command \"%s\": %d others are under way", qmp->path,
                           command->name, GW_QMP_COMMANDS_MAX);
    return command;
}

/* Give @command its text and let it go, or refuse it when it has got an error. */
static void commit(struct gw_qmp *qmp, struct gw_qmp_command *command, json_object *arguments)
{
    if (!gw_error_is_set(&command->err) &&
        GW_FAILPOINT(&command->err, "qmp.%s.before", command->name) == 0)
        command->text = gw_qmp_message_format(command->name, command->is_oob, arguments,
                                              command->id, &command->len, &command->err);
    if (gw_error_is_set(&command->err))
        gw_qmp_table_move(&qmp->table, command, GW_QMP_REFUSED);
    else if (command->is_oob && qmp->table.is_ready && !qmp->has_oob)
        gw_qmp_refuse_oob(qmp, command);
    json_object_put(arguments);
    gw_qmp_flush(qmp);
    gw_qmp_arm(qmp);
}

static void start(struct gw_qmp *qmp,
                  const char *name,
                  bool is_oob,
                  json_object *arguments,
                  uint32_t deadline_ms,
                  gw_qmp_result_fn fn,
                  void *arg)
{
    struct gw_qmp_command *command = begin(qmp, name, deadline_ms, fn, arg);
    if (!command) {
        json_object_put(arguments);
        return;
    }
    command->is_oob = is_oob;
    commit(qmp, command, arguments);
}

void gw_qmp_execute(struct gw_qmp *qmp,
                    const char *command,
                    json_object *arguments,
                    uint32_t deadline_ms,
                    gw_qmp_result_fn fn,
                    void *arg)
{
    start(qmp, command, false, arguments, deadline_ms, fn, arg);
}

void gw_qmp_execute_oob(struct gw_qmp *qmp,
                        const char *command,
                        json_object *arguments,
                        uint32_t deadline_ms,
                        gw_qmp_result_fn fn,
                        void *arg)
{
    start(qmp, command, true, arguments, deadline_ms, fn, arg);
}

void gw_qmp_send_fd(struct gw_qmp *qmp,
                    int fd,
                    const char *name,
                    uint32_t deadline_ms,
                    gw_qmp_result_fn fn,
                    void *arg)
{
    struct gw_qmp_command *command = begin(qmp, "getfd", deadline_ms, fn, arg);
    if (!command)
        return;
    json_object *arguments = json_object_new_object();
    json_object *text = json_object_new_string(name);
    if (!arguments || !text || json_object_object_add(arguments, "fdname", text)) {
        json_object_put(text);
        (void)gw_error_set_nomem(&command->err, "passing a descriptor to QEMU");
    }
    command->carries_fd = true;
    if (!gw_error_is_set(&command->err)) {
        command->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (command->fd < 0)
            (void)gw_error_set_errno(&command->err, errno, "duplicating descriptor %d", fd);
    }
    commit(qmp, command, arguments);
}
