#include <json-c/json.h>
#include <stdlib.h>

#include "base/str.h"
#include "move.h"

/* Answers that matter only when they are errors. */
static void on_answer(void *arg, json_object *result, const struct gw_error *err)
{
    (void)result;
    if (gw_error_is_set(err))
        floor_fail(arg, err, "asking QEMU");
}

/* Send @name with arguments from a format; the answer goes to @fn. */
static void __attribute__((format(printf, 5, 6))) send_to(struct floor_move *move,
                                                          struct gw_qmp *qmp,
                                                          const char *name,
                                                          gw_qmp_result_fn fn,
                                                          const char *fmt,
                                                          ...)
{
    GW_AUTO_STR text;
    va_list args;
    gw_str_init(&text, 4096);
    va_start(args, fmt);
    gw_str_appendv(&text, fmt, args);
    va_end(args);
    json_object *arguments = gw_str_ok(&text) ? json_tokener_parse(gw_str_text(&text)) : NULL;
    if (!arguments) {
        struct gw_error err = {0};
        (void)gw_error_set(&err, GW_INVALID_ARGUMENT, "an option is too long or not plain text");
        floor_fail(move, &err, name);
        return;
    }
    gw_qmp_execute(qmp, name, arguments, FLOOR_COMMAND_MS, fn, move);
}

static void set_capabilities(struct floor_move *move, struct gw_qmp *qmp)
{
    send_to(move, qmp, "migrate-set-capabilities", on_answer,
            "{\"capabilities\": [{\"capability\": \"return-path\", \"state\": true},"
            " {\"capability\": \"late-block-activate\", \"state\": true},"
            " {\"capability\": \"pause-before-switchover\", \"state\": true},"
            " {\"capability\": \"events\", \"state\": true}]}");
}

static void on_listening(void *arg, json_object *result, const struct gw_error *err)
{
    on_answer(arg, result, err);
    if (!gw_error_is_set(err))
        floor_on_prepared(arg);
}

void floor_prepare_target(struct floor_move *move)
{
    const struct floor_options *o = &move->options;
    set_capabilities(move, move->target);
    if (o->n_disks)
        send_to(move, move->target, "nbd-server-start", on_answer,
                "{\"addr\": {\"type\": \"inet\", \"data\": {\"host\": \"%s\", \"port\": \"%s\"}}}",
                o->address, o->disk_port);
    for (unsigned i = 0; i < o->n_disks; i++)
        send_to(move, move->target, "block-export-add", on_answer,
                "{\"type\": \"nbd\", \"id\": \"export-%s\", \"node-name\": \"%s\","
                " \"writable\": true}",
                o->disks[i], o->disks[i]);
    send_to(move, move->target, "migrate-incoming", on_listening, "{\"uri\": \"tcp:%s:%s\"}",
            o->address, o->memory_port);
}

void floor_start_mirrors(struct floor_move *move)
{
    const struct floor_options *o = &move->options;
    set_capabilities(move, move->source);
    send_to(move, move->source, "migrate-set-parameters", on_answer,
            "{\"max-bandwidth\": 1099511627776, \"downtime-limit\": %u}", o->downtime_limit_ms);
    for (unsigned i = 0; i < o->n_disks; i++) {
        send_to(move, move->source, "blockdev-add", on_answer,
                "{\"driver\": \"nbd\", \"node-name\": \"to-%s\", \"export\": \"%s\","
                " \"server\": {\"type\": \"inet\", \"host\": \"%s\", \"port\": \"%s\"}}",
                o->disks[i], o->disks[i], o->address, o->disk_port);
        send_to(move, move->source, "blockdev-mirror", on_answer,
                "{\"job-id\": \"mirror-%s\", \"device\": \"%s\", \"target\": \"to-%s\","
                " \"sync\": \"full\"}",
                o->disks[i], o->disks[i], o->disks[i]);
    }
}

void floor_migrate(struct floor_move *move)
{
    send_to(move, move->source, "migrate", on_answer, "{\"uri\": \"tcp:%s:%s\"}",
            move->options.address, move->options.memory_port);
}

void floor_end_mirrors(struct floor_move *move)
{
    for (unsigned i = 0; i < move->options.n_disks; i++)
        send_to(move, move->source, "block-job-cancel", on_answer,
                "{\"device\": \"mirror-%s\", \"force\": false}", move->options.disks[i]);
}

void floor_continue(struct floor_move *move)
{
    send_to(move, move->source, "migrate-continue", on_answer, "{\"state\": \"pre-switchover\"}");
}

void floor_resume(struct floor_move *move)
{
    if (move->options.n_disks)
        send_to(move, move->target, "nbd-server-stop", on_answer, "{}");
    send_to(move, move->target, "cont", on_answer, "{}");
}

static uint64_t number(json_object *object, const char *key)
{
    json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value))
        return 0;
    int64_t n = json_object_get_int64(value);
    return n > 0 ? (uint64_t)n : 0;
}

static void on_figures(void *arg, json_object *result, const struct gw_error *err)
{
    struct floor_move *move = arg;
    json_object *ram = NULL;
    if (gw_error_is_set(err)) {
        floor_fail(move, err, "asking for figures");
        return;
    }
    move->downtime_ms = number(result, "downtime");
    if (json_object_object_get_ex(result, "ram", &ram))
        move->transferred_bytes = number(ram, "transferred");
    floor_on_told(move);
}

void floor_ask_figures(struct floor_move *move)
{
    send_to(move, move->target, "announce-self", on_answer,
            "{\"initial\": 50, \"max\": 550, \"rounds\": 5, \"step\": 100}");
    send_to(move, move->source, "query-migrate", on_figures, "{}");
}
