#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/scope.h"
#include "command.h"
#include "machine.h"

enum { DOWNTIME_LIMIT_MAX_MS = 2000 * 1000 };

/* ---- capabilities and parameters ---- */

void fq_cmd_query_capabilities(struct fq_call *call)
{
    json_object *list = fq_array();
    for (int i = 0; fq_capability_name(i); i++)
        fq_push(list, FQ_OBJECT({"state", fq_bool(call->m->migration.capabilities[i])},
                                {"capability", fq_text(fq_capability_name(i))}));
    fq_return(call, list);
}

void fq_cmd_set_capabilities(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    json_object *list = fq_get(call->args, "capabilities");
    bool wanted[FQ_CAPABILITIES_MAX];
    if (fq_outgoing_is_active(m)) {
        fq_refuse(call, "There's a migration process in progress");
        return;
    }
    memcpy(wanted, m->migration.capabilities, sizeof wanted);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *item = json_object_array_get_idx(list, i);
        const char *name = fq_get_text(item, "capability");
        int capability = fq_capability_find(name);
        if (capability < 0) {
            fq_refuse(call, "Parameter 'capability' does not accept value '%s'", name ? name : "");
            return;
        }
        wanted[capability] = fq_get_bool(item, "state", false);
    }
    memcpy(m->migration.capabilities, wanted, sizeof wanted);
    fq_return(call, NULL);
}

void fq_cmd_query_parameters(struct fq_call *call)
{
    const struct fq_parameters *p = &call->m->migration.parameters;
    fq_return(call, FQ_OBJECT({"max-bandwidth", fq_number(p->max_bandwidth)},
                              {"downtime-limit", fq_number(p->downtime_limit)},
                              {"max-postcopy-bandwidth", fq_number(p->max_postcopy_bandwidth)}));
}

void fq_cmd_set_parameters(struct fq_call *call)
{
    struct fq_parameters *p = &call->m->migration.parameters;
    uint64_t downtime = fq_get_number(call->args, "downtime-limit", p->downtime_limit);
    if (downtime > DOWNTIME_LIMIT_MAX_MS) {
        fq_refuse(call, "Parameter 'downtime_limit' expects an integer in the range of 0 to "
                        "(2000 * 1000) ms");
        return;
    }
    p->downtime_limit = downtime;
    p->max_bandwidth = fq_get_number(call->args, "max-bandwidth", p->max_bandwidth);
    p->max_postcopy_bandwidth =
        fq_get_number(call->args, "max-postcopy-bandwidth", p->max_postcopy_bandwidth);
    fq_return(call, NULL);
}

/* ---- how far it is ---- */

static json_object *ram(const struct fq_machine *m)
{
    uint64_t total = m->knobs.memory_bytes;
    uint64_t sent = m->migration.n_sent;
    return FQ_OBJECT({"total", fq_number(total)}, {"transferred", fq_number(sent)},
                     {"remaining", fq_number(total > sent ? total - sent : 0)},
                     {"dirty-sync-count", fq_number(m->migration.n_passes)},
                     {"dirty-pages-rate", fq_number(0)}, {"page-size", fq_number(4096)},
                     {"mbps", json_object_new_double(0.0)});
}

static json_object *outgoing_word(const struct fq_machine *m)
{
    const struct fq_migration *out = &m->migration;
    const char *status = fq_status_name(out->status);
    uint64_t until =
        out->status == FQ_COMPLETED ? out->ended_us : gw_clock_mono_us(gw_clock_system());
    json_object *total = fq_number((until - out->begun_us) / 1000);
    if (out->status == FQ_COMPLETED)
        return FQ_OBJECT({"status", fq_text(status)}, {"total-time", total},
                         {"downtime", fq_number((until - out->stopped_us) / 1000)},
                         {"setup-time", fq_number(1)}, {"ram", ram(m)});
    if (fq_outgoing_is_active(m) && out->status != FQ_SETUP && out->status != FQ_CANCELLING)
        return FQ_OBJECT({"status", fq_text(status)}, {"total-time", total},
                         {"expected-downtime", fq_number(out->parameters.downtime_limit)},
                         {"setup-time", fq_number(1)}, {"ram", ram(m)});
    json_object_put(total);
    return FQ_OBJECT({"status", fq_text(status)}, {"error-desc", fq_text(out->error)});
}

static json_object *socket_address(const struct fq_machine *m)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    char port[8];
    if (m->incoming.listen_fd < 0 ||
        getsockname(m->incoming.listen_fd, (struct sockaddr *)&at, &len) < 0)
        return NULL;
    (void)snprintf(port, sizeof port, "%u", ntohs(at.sin_port));
    json_object *list = fq_array();
    fq_push(list, FQ_OBJECT({"port", fq_text(port)}, {"host", fq_text("127.0.0.1")},
                            {"type", fq_text("inet")}));
    return list;
}

void fq_cmd_query_migrate(struct fq_call *call)
{
    const struct fq_machine *m = call->m;
    bool is_quiet = m->incoming.status == FQ_NONE || m->incoming.status == FQ_SETUP;
    json_object *word =
        m->migration.status != FQ_NONE
            ? outgoing_word(m)
            : FQ_OBJECT({"status", is_quiet ? NULL : fq_text(fq_status_name(m->incoming.status))},
                        {"socket-address", socket_address(m)});
    fq_return(call, word);
}

/* ---- out of here ---- */

/* The socket that @uri names; -1: *out_error has malloc'd words, or NULL where it is no uri. */
static int open_uri(struct fq_call *call, const char *uri, char **out_error)
{
    int fd = -1;
    *out_error = NULL;
    if (strncmp(uri, "fd:", 3) == 0) {
        fd = fq_take_fd(call->monitor, uri + 3);
        if (fd < 0)
            *out_error = gw_strf("File descriptor named '%s' has not been found", uri + 3);
    } else if (strncmp(uri, "tcp:", 4) == 0) {
        fd = fq_connect_tcp(uri + 4);
        if (fd < 0)
            *out_error = gw_strf("Failed to connect to '%s': %s", uri + 4, strerror(errno));
    }
    return fd;
}

/* QEMU's reason not to start one now, or NULL. */
static const char *reason_against(const struct fq_machine *m, bool is_resume)
{
    if (is_resume)
        return m->migration.status == FQ_POSTCOPY_PAUSED
                   ? NULL
                   : "Cannot resume if there is no paused migration";
    if (fq_outgoing_is_active(m))
        return "There's a migration process in progress";
    if (m->guest.state == FQ_INMIGRATE)
        return "Guest is waiting for an incoming migration";
    if (m->guest.state == FQ_POSTMIGRATE)
        return "Can't migrate the vm that was paused due to previous migration";
    return NULL;
}

void fq_cmd_migrate(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    const char *uri = fq_get_text(call->args, "uri");
    bool is_resume = fq_get_bool(call->args, "resume", false);
    const char *reason = reason_against(m, is_resume);
    char *error = NULL;
    if (reason) {
        fq_refuse(call, "%s", reason);
        return;
    }
    int fd = open_uri(call, uri, &error);
    if (fd < 0 && !error) {
        fq_refuse(call, "Parameter 'uri' expects a valid migration protocol");
    } else if (fd < 0) {
        fq_outgoing_start(m, -1, strdup(error));
        fq_refuse(call, "%s", error);
        free(error);
    } else if (is_resume) {
        fq_return(call, NULL);
        fq_outgoing_recover(m, fd);
    } else {
        fq_outgoing_start(m, fd, NULL);
        fq_return(call, NULL);
    }
}

void fq_cmd_migrate_cancel(struct fq_call *call)
{
    fq_outgoing_cancel(call->m);
    fq_return(call, NULL);
}

void fq_cmd_migrate_continue(struct fq_call *call)
{
    const char *state = fq_get_text(call->args, "state");
    enum fq_status status = FQ_NONE;
    while (status <= FQ_CANCELLED && strcmp(fq_status_name(status), state) != 0)
        status++;
    if (status > FQ_CANCELLED)
        fq_refuse(call, "Parameter 'state' does not accept value '%s'", state);
    else if (status != call->m->migration.status)
        fq_refuse(call, "Migration not in expected state: %s",
                  fq_status_name(call->m->migration.status));
    else {
        if (status == FQ_PRE_SWITCHOVER)
            fq_outgoing_continue(call->m);
        fq_return(call, NULL);
    }
}

/* ---- into here ---- */

/* The socket or listening socket that @uri names, for the stream to come. */
static int open_incoming(struct fq_call *call, const char *uri, bool *out_is_listening)
{
    char *error = NULL;
    *out_is_listening = strncmp(uri, "tcp:", 4) == 0;
    int fd = *out_is_listening ? fq_listen_tcp(uri + 4) : open_uri(call, uri, &error);
    if (fd < 0 && error)
        fq_refuse(call, "%s", error);
    else if (fd < 0)
        fq_refuse(call, "unknown migration protocol: %s", uri);
    free(error);
    return fd;
}

static void start_incoming(struct fq_call *call)
{
    bool is_listening = false;
    int fd = open_incoming(call, fq_get_text(call->args, "uri"), &is_listening);
    if (fd < 0)
        return;
    fq_incoming_start(call->m, fd, is_listening);
    fq_return(call, NULL);
}

void fq_cmd_migrate_incoming(struct fq_call *call)
{
    if (!call->m->options.is_incoming)
        fq_refuse(call, "'-incoming' was not specified on the command line");
    else if (call->m->incoming.is_started)
        fq_refuse(call, "The incoming migration has already been started");
    else
        start_incoming(call);
}

/* ---- post-copy ---- */

void fq_cmd_start_postcopy(struct fq_call *call)
{
    struct fq_machine *m = call->m;
    if (!fq_is_capable(m, "postcopy-ram")) {
        fq_refuse(call, "Enable postcopy with migrate_set_capability before the start of "
                        "migration");
    } else if (m->migration.status == FQ_NONE) {
        fq_refuse(call, "Postcopy must be started after migration has been started");
    } else {
        m->migration.is_postcopy_asked = true;
        fq_return(call, NULL);
    }
}

void fq_cmd_migrate_pause(struct fq_call *call)
{
    if (call->m->migration.status != FQ_POSTCOPY_ACTIVE) {
        fq_refuse(call, "migrate-pause is currently only supported during postcopy-active state");
        return;
    }
    fq_channel_break(&call->m->migration.channel);
    fq_return(call, NULL);
}

void fq_cmd_migrate_recover(struct fq_call *call)
{
    if (call->m->incoming.status != FQ_POSTCOPY_PAUSED)
        fq_refuse(call, "Migrate recover can only be run when postcopy is paused.");
    else
        start_incoming(call);
}
