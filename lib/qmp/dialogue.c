/* What a session does with each message: greeting and handshake, replies to whom they belong,
 * events to the session's owner. Anything out of order is rubbish and ends the session. */

#include <string.h>

#include "qmp/session_priv.h"

void gw_qmp_refuse_oob(struct gw_qmp *qmp, struct gw_qmp_command *command)
{
    (void)gw_error_set(&command->err, GW_UNIMPLEMENTED,
                       "monitor \"%s\" has no out-of-band commands, \"%s\" cannot be sent so",
                       qmp->path, command->name);
    gw_qmp_table_move(&qmp->table, command, GW_QMP_REFUSED);
}

static void become_ready(struct gw_qmp *qmp)
{
    struct gw_qmp_command *command;
    gw_timer_stop(qmp->greeting_timer);
    qmp->table.is_ready = true;
    TAILQ_FOREACH(command, &qmp->table.list, link)
    {
        if (command->is_oob && !qmp->has_oob && command->state == GW_QMP_WAITING)
            gw_qmp_refuse_oob(qmp, command);
    }
    if (qmp->handlers.ready)
        qmp->handlers.ready(qmp->handlers.arg, qmp->has_oob);
}

static int
take_greeting(struct gw_qmp *qmp, const struct gw_qmp_message *message, struct gw_error *err)
{
    if (qmp->is_greeted)
        return gw_error_set(err, GW_DATA_LOSS, "the monitor greeted twice");
    qmp->is_greeted = true;
    qmp->has_oob = message->offers_oob;

    struct gw_qmp_command *command = gw_qmp_table_add(&qmp->table, "qmp_capabilities");
    json_object *arguments = json_tokener_parse(qmp->has_oob ? "{\"enable\":[\"oob\"]}" : "{}");
    if (command) {
        command->is_handshake = true;
        command->text =
            gw_qmp_message_format(command->name, false, arguments, command->id, &command->len, err);
    }
    json_object_put(arguments);
    if (!command || !arguments || !command->text)
        return gw_error_set_nomem(err, "greeting a monitor");
    return 0;
}

/* The error that QEMU answered to @command. */
static void error_from_reply(const struct gw_qmp_command *command,
                             const struct gw_qmp_message *message,
                             struct gw_error *err)
{
    bool is_unknown = strcmp(message->error_class, "CommandNotFound") == 0;
    (void)gw_error_set(err, is_unknown ? GW_UNIMPLEMENTED : GW_INTERNAL, "QEMU refused \"%s\": %s",
                       command->name, message->error_text);
    (void)gw_error_reason(err, message->error_class);
}

static int
take_reply(struct gw_qmp *qmp, const struct gw_qmp_message *message, struct gw_error *err)
{
    if (!message->has_id)
        return gw_error_set(err, GW_DATA_LOSS, "the monitor answered without an id: %s",
                            message->kind == GW_QMP_ERROR ? message->error_text : "a result");
    struct gw_qmp_command *command = gw_qmp_table_find_sent(&qmp->table, message->id);
    if (!command)
        return gw_error_set(err, GW_DATA_LOSS,
                            "the monitor answered command %llu, which was not asked",
                            (unsigned long long)message->id);
    struct gw_error said = {0};
    if (message->kind == GW_QMP_ERROR)
        error_from_reply(command, message, &said);
    if (!command->is_handshake) {
        gw_qmp_finish(qmp, command, gw_error_is_set(&said) ? NULL : message->data,
                      gw_error_is_set(&said) ? &said : &(struct gw_error){0});
        return 0;
    }
    gw_qmp_table_remove(&qmp->table, command);
    if (gw_error_is_set(&said)) {
        *err = said;
        return -1;
    }
    become_ready(qmp);
    return 0;
}

int gw_qmp_take_message(struct gw_qmp *qmp, json_object *object, struct gw_error *err)
{
    struct gw_qmp_message message;
    if (gw_qmp_message_parse(object, &message, err))
        return -1;
    if (message.kind == GW_QMP_GREETING)
        return take_greeting(qmp, &message, err);
    if (!qmp->is_greeted)
        return gw_error_set(err, GW_DATA_LOSS, "the monitor did not start with a greeting");
    if (message.kind != GW_QMP_EVENT)
        return take_reply(qmp, &message, err);
    if (qmp->handlers.event)
        qmp->handlers.event(qmp->handlers.arg, message.event, message.data, message.stamp_us);
    return 0;
}
