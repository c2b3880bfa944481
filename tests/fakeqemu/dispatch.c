/* From a client's object to a command, and back with its answer. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "command.h"
#include "machine.h"

enum { ERROR_MAX_BYTES = 4096 };

/* ---- answers ---- */

static void answer(struct fq_call *call, const char *key, json_object *value)
{
    struct fq_machine *m = call->m;
    json_object *id = fq_get(call->request, "id");
    if (call->session == call->monitor->session)
        fq_send(call->monitor, FQ_OBJECT({key, value}, {"id", json_object_get(id)}));
    else
        json_object_put(value);
    if (m->busy == call)
        m->busy = NULL;
    if (call->name && fq_get(call->request, "execute"))
        fq_point_of(m, "after", call->name);
    json_object_put(call->request);
    free(call);
    fq_pump(m);
}

void fq_return(struct fq_call *call, json_object *value)
{
    answer(call, "return", value ? value : fq_empty());
}

static void refuse(struct fq_call *call, const char *error_class, const char *fmt, va_list args)
{
    GW_AUTO_STR text;
    gw_str_init(&text, ERROR_MAX_BYTES);
    gw_str_appendv(&text, fmt, args);
    answer(call, "error",
           FQ_OBJECT({"class", fq_text(error_class)}, {"desc", fq_text(gw_str_text(&text))}));
}

void fq_refuse(struct fq_call *call, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    refuse(call, "GenericError", fmt, args);
    va_end(args);
}

void fq_refuse_class(struct fq_call *call, const char *error_class, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    refuse(call, error_class, fmt, args);
    va_end(args);
}

/* ---- commands ---- */

static void execute(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    const struct fq_command *command = fq_command_find(call->name);
    bool is_handshake = strcmp(call->name, "qmp_capabilities") == 0;
    if (!call->monitor->is_ready && !is_handshake) {
        fq_refuse_class(call, "CommandNotFound",
                        "Expecting capabilities negotiation with 'qmp_capabilities'");
        return;
    }
    if (call->monitor->is_ready && is_handshake) {
        fq_refuse_class(call, "CommandNotFound",
                        "Capabilities negotiation is already complete, command ignored");
        return;
    }
    if (!command) {
        fq_refuse_class(call, "CommandNotFound", "The command %s has not been found", call->name);
        return;
    }
    if (call->is_oob && !command->is_oob) {
        fq_refuse(call, "The command %s does not support OOB", call->name);
        return;
    }
    GW_AUTO_FREE char *wrong = fq_command_check(command, call->args);
    if (wrong)
        fq_refuse(call, "%s", wrong);
    else if (fq_quirk(&m->quirks, "refuse", call->name, NULL))
        fq_refuse(call, "refused by a quirk of gw-fake-qemu");
    else
        command->fn(call);
}

static struct fq_call *take_next(struct fq_monitor *monitor)
{
    struct fq_call *call = TAILQ_FIRST(&monitor->queue);
    if (call) {
        TAILQ_REMOVE(&monitor->queue, call, link);
        monitor->n_queued--;
        fq_monitor_rewatch(monitor);
    }
    return call;
}

static bool may_pump(const struct fq_machine *m)
{
    return !m->busy && !m->is_hung && !m->is_mute;
}

void fq_pump(struct fq_machine *m)
{
    bool has_more = !m->is_pumping;
    while (has_more) {
        has_more = false;
        m->is_pumping = true;
        for (struct fq_monitor *monitor = m->monitors; monitor; monitor = monitor->next) {
            struct fq_call *call = may_pump(m) ? take_next(monitor) : NULL;
            if (!call)
                continue;
            m->busy = call;
            has_more = true;
            execute(call);
        }
        m->is_pumping = false;
    }
}

void fq_dispatch_drop(struct fq_monitor *monitor)
{
    struct fq_call *call;
    while ((call = take_next(monitor))) {
        json_object_put(call->request);
        free(call);
    }
}

/* ---- requests ---- */

/* NULL: a proper request; else what is wrong with it, malloc'd (qapi/qmp-dispatch.c). */
static char *check_request(const struct fq_monitor *monitor, json_object *request)
{
    if (!json_object_is_type(request, json_type_object))
        return gw_strf("QMP input must be a JSON object");
    json_object_object_foreach(request, key, value)
    {
        bool is_command =
            strcmp(key, "execute") == 0 || (strcmp(key, "exec-oob") == 0 && monitor->has_oob);
        if (is_command && !json_object_is_type(value, json_type_string))
            return gw_strf("QMP input member '%s' must be a string", key);
        if (strcmp(key, "arguments") == 0 && !json_object_is_type(value, json_type_object))
            return gw_strf("QMP input member 'arguments' must be an object");
        if (!is_command && strcmp(key, "arguments") != 0 && strcmp(key, "id") != 0)
            return gw_strf("QMP input member '%s' is unexpected", key);
    }
    if (!fq_get(request, "execute") && !fq_get(request, "exec-oob"))
        return gw_strf("QMP input lacks member 'execute'");
    return NULL;
}

void fq_dispatch(struct fq_monitor *monitor, json_object *request)
{
    struct fq_machine *m = monitor->m;
    struct fq_call *call = calloc(1, sizeof *call);
    if (!call)
        abort();
    *call = (struct fq_call){
        .m = m, .monitor = monitor, .session = monitor->session, .request = request};
    GW_AUTO_FREE char *wrong = check_request(monitor, request);
    if (wrong) {
        fq_refuse(call, "%s", wrong);
        return;
    }
    call->is_oob = fq_get(request, "exec-oob") != NULL;
    call->name = fq_get_text(request, call->is_oob ? "exec-oob" : "execute");
    call->args = fq_get(request, "arguments");
    if (call->is_oob && !m->is_mute) {
        execute(call);
        return;
    }
    fq_point_of(m, "before", call->name);
    TAILQ_INSERT_TAIL(&monitor->queue, call, link);
    monitor->n_queued++;
    fq_pump(m);
}
