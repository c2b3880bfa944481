/* A QEMU that receives a guest (QEMU docs/devel/migration, qapi/migration.json).
 *
 * Normal course: capabilities, as both ends need them -> exports -> a listener whose one connection
 * is handed to QEMU -> the stream -> MIGRATION `completed`. That word says that the guest is whole
 * here; it does not say that it may run (handover, Q2): it stays paused until Activate.
 * Failure modes: the stream breaks: `failed`, or QEMU ends; either leaves only Refuse. */
#include "qemu.h"

#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "listen.h"

#define FD_NAME "gw-migration"

static const struct {
    const char *name;
    bool is_needed;
} wanted[] = {
    {"return-path", true},         {"pause-before-switchover", true}, {"events", true},
    {"late-block-activate", true}, {"validate-uuid", false},
};

static bool is_offered(json_object *offered, const char *name)
{
    size_t n =
        json_object_is_type(offered, json_type_array) ? json_object_array_length(offered) : 0;
    for (size_t i = 0; i < n; i++) {
        json_object *word = NULL;
        if (json_object_object_get_ex(json_object_array_get_idx(offered, i), "capability", &word) &&
            strcmp(json_object_get_string(word), name) == 0)
            return true;
    }
    return false;
}

static json_object *capabilities(json_object *offered, const char **out_missing)
{
    json_object *arguments = json_object_new_object();
    json_object *list = json_object_new_array();
    *out_missing = NULL;
    for (size_t i = 0; i < GW_ARRAY_LEN(wanted); i++) {
        if (is_offered(offered, wanted[i].name)) {
            json_object *item = tgt_args_text("capability", wanted[i].name);
            (void)json_object_object_add(item, "state", json_object_new_boolean(1));
            (void)json_object_array_add(list, item);
        } else if (wanted[i].is_needed) {
            *out_missing = wanted[i].name;
        }
    }
    (void)json_object_object_add(arguments, "capabilities", list);
    return arguments;
}

static void on_unwanted_ended(struct tgt_guest *guest, const struct gw_error *unused)
{
    (void)unused; /* killed on purpose */
    tgt_activate_on_loaded(guest);
    tgt_guests_sweep(guest->daemon);
}

/* QEMU holds the stream and will not read it. It must go, for as long as the connection stands the
 * source waits. */
static void on_incoming(void *arg, json_object *result, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    if (result)
        return;
    gw_log_failure(&guest->log, GW_LOG_WARN, "incoming.refused", err);
    guest->is_load_failed = true;
    guest->failure = *err;
    tgt_qemu_end(guest, on_unwanted_ended);
}

/* The source has connected: its stream is QEMU's from now on. */
static void on_connected(struct tgt_guest *guest, int fd)
{
    GW_AUTO_FD int stream = fd;
    gw_log_info(&guest->log, "incoming.connected", "port=%u", guest->record.now.memory_port);
    if (!tgt_qemu_monitor(guest))
        return;
    gw_qmp_send_fd(tgt_qemu_monitor(guest), stream, FD_NAME, TGT_QMP_MS, on_incoming, guest);
    tgt_qmp(guest, "migrate-incoming", tgt_args_text("uri", "fd:" FD_NAME), on_incoming);
}

int tgt_incoming_listen(struct tgt_guest *guest, uint32_t port, struct gw_error *err)
{
    int fd = -1;
    struct gw_record record = guest->record.now;
    if (tgt_listen(guest->daemon->settings->migration_address, record.peer, port, &fd,
                   &record.memory_port, err) < 0)
        return -1;
    if (tgt_listener_start(guest, fd, on_connected, err) < 0)
        return -1;
    return port ? 0 : tgt_guest_write(guest, &record, GW_RECORD_NO_SYNC, err);
}

static void on_exported(struct tgt_guest *guest, const struct gw_error *err)
{
    struct gw_error why = {0};
    if (!err && tgt_incoming_listen(guest, 0, &why) < 0)
        err = &why;
    tgt_go_on(guest, &guest->then.incoming, err);
}

static void on_capable(void *arg, json_object *result, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    if (!result)
        tgt_go_on(guest, &guest->then.incoming, err);
    else
        tgt_exports_start(guest, on_exported);
}

static void on_offered(void *arg, json_object *result, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    struct gw_error why = {0};
    const char *missing = NULL;
    if (!result) {
        tgt_go_on(guest, &guest->then.incoming, err);
        return;
    }
    json_object *arguments = capabilities(result, &missing);
    if (!missing) {
        tgt_qmp(guest, "migrate-set-capabilities", arguments, on_capable);
        return;
    }
    json_object_put(arguments);
    (void)gw_error_set(&why, GW_FAILED_PRECONDITION,
                       "QEMU %s lacks the migration capability %s; a live move needs QEMU 7.2 or "
                       "newer",
                       guest->daemon->settings->qemu, missing);
    tgt_go_on(guest, &guest->then.incoming, &why);
}

void tgt_incoming_start(struct tgt_guest *guest, tgt_step_fn step)
{
    guest->then.incoming = step;
    tgt_qmp(guest, "query-migrate-capabilities", NULL, on_offered);
}

void tgt_incoming_on_event(struct tgt_guest *guest, const char *name, json_object *data)
{
    json_object *status = NULL;
    if (strcmp(name, "MIGRATION") != 0 || !json_object_object_get_ex(data, "status", &status))
        return;
    const char *word = json_object_get_string(status);
    gw_log_info(&guest->log, "incoming.status", "status=%s", word);
    if (strcmp(word, "completed") == 0)
        guest->is_loaded = true;
    else if (strcmp(word, "failed") == 0)
        guest->is_load_failed = true;
    else
        return;
    tgt_activate_on_loaded(guest);
}
