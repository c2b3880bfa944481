#include "fake_qemu.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/guest_dir.h"

static void answer(void *arg, struct fake_qmp *qmp, struct fake_qmp_command *command)
{
    struct fake_qemu *q = arg;
    const char *name = command->name;
    char text[128];

    if (q->hangs != NULL && strcmp(name, q->hangs) == 0)
        return;
    if (q->refuses != NULL && strcmp(name, q->refuses) == 0) {
        fake_qmp_fail(qmp, command->id, "GenericError", "the fake refuses");
    } else if (strcmp(name, "query-status") == 0) {
        (void)snprintf(text, sizeof text, "{\"running\":true,\"status\":\"%s\"}", q->status);
        fake_qmp_return(qmp, command->id, text);
    } else if (strcmp(name, "query-migrate-capabilities") == 0) {
        fake_qmp_return(qmp, command->id,
                        "[{\"capability\":\"return-path\",\"state\":false},"
                        "{\"capability\":\"events\",\"state\":false},"
                        "{\"capability\":\"late-block-activate\",\"state\":false},"
                        "{\"capability\":\"pause-before-switchover\",\"state\":false}]");
    } else if (strcmp(name, "query-migrate") == 0) {
        (void)snprintf(text, sizeof text, "{\"status\":\"%s\",\"downtime\":42}",
                       q->migration != NULL ? q->migration : "none");
        fake_qmp_return(qmp, command->id, q->migration != NULL ? text : "{}");
    } else if (strcmp(name, "query-jobs") == 0) {
        fake_qmp_return(qmp, command->id, q->jobs);
    } else if (strcmp(name, "query-named-block-nodes") == 0) {
        fake_qmp_return(qmp, command->id, q->nodes);
    } else {
        if (strcmp(name, "cont") == 0)
            q->status = "running";
        fake_qmp_return(qmp, command->id, "{}");
        if (strcmp(name, "quit") == 0)
            source_case_signal(q->c);
    }
}

static void listen_for_memory(struct fake_qemu *q)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;

    q->memory_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(q->memory_fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_return_code(listen(q->memory_fd, 8), 0);
    assert_return_code(getsockname(q->memory_fd, (struct sockaddr *)&at, &len), 0);
    q->memory_port = ntohs(at.sin_port);
}

static char *with_port(const struct fake_qemu *q, const char *sample)
{
    const char *at = strstr(sample, "7000");

    assert_non_null(at);
    return gw_strf("%.*s%u%s", (int)(at - sample), sample, q->memory_port, at + 4);
}

void fake_qemu_begin(struct fake_qemu *q, const char *sample)
{
    GW_AUTO_FREE char *json = with_port(q, sample);

    source_case_ok(q->c, "Begin", json);
}

void fake_qemu_begin_fails(struct fake_qemu *q,
                           const char *sample,
                           enum gw_code code,
                           const char *reason)
{
    GW_AUTO_FREE char *json = with_port(q, sample);

    source_case_fails(q->c, "Begin", json, code, reason);
}

struct fake_qemu *fake_qemu_start(struct source_case *c, unsigned n_disks)
{
    static const char *const argv[] = {"sleep", "600", NULL};
    struct fake_qemu *q = calloc(1, sizeof *q);
    const struct fake_qmp_options options = {.fn = answer, .arg = q};

    *q = (struct fake_qemu){.c = c, .status = "running", .jobs = "[]", .nodes = "[]"};
    listen_for_memory(q);
    source_case_spawn(c, argv);
    source_case_guest(c, n_disks, 1);
    GW_AUTO_FREE char *path = source_case_path(c, GW_GUEST_SOURCE_QMP);
    q->qmp = fake_qmp_new(c->loop, path, &options);
    c->extra = q;
    return q;
}

int fake_qemu_teardown(void **state)
{
    struct source_case *c = *state;
    struct fake_qemu *q = c->extra;

    source_case_down(c);
    if (q != NULL) {
        fake_qmp_free(q->qmp);
        close(q->memory_fd);
    }
    free(q);
    return source_case_teardown(state);
}

unsigned fake_qemu_count(const struct fake_qemu *q, const char *command)
{
    const char *heard = fake_qmp_heard(q->qmp);
    size_t len = strlen(command);
    unsigned n = 0;

    for (const char *at = heard; (at = strstr(at, command)) != NULL; at += len)
        n += (at == heard || at[-1] == ' ') && at[len] == ' ';
    return n;
}

struct heard {
    struct fake_qemu *q;
    const char *command;
    unsigned n;
};

static bool was_heard(void *arg)
{
    const struct heard *h = arg;

    return fake_qemu_count(h->q, h->command) >= h->n;
}

void fake_qemu_until_heard(struct fake_qemu *q, const char *command, unsigned n)
{
    struct heard h = {q, command, n};

    source_case_until(q->c, was_heard, &h);
}

void fake_qemu_migration(struct fake_qemu *q, const char *status)
{
    char data[64];

    q->migration = status;
    (void)snprintf(data, sizeof data, "{\"status\":\"%s\"}", status);
    fake_qmp_event(q->qmp, "MIGRATION", data);
}

void fake_qemu_job(struct fake_qemu *q, const char *event, const char *disk, const char *error)
{
    char data[256];

    (void)snprintf(data, sizeof data,
                   "{\"type\":\"mirror\",\"device\":\"gwm-%s-1-%s\",\"len\":1,\"offset\":1%s%s%s}",
                   CASE_MIGRATION, disk, error != NULL ? ",\"error\":\"" : "",
                   error != NULL ? error : "", error != NULL ? "\"" : "");
    fake_qmp_event(q->qmp, event, data);
}
