/* Cold moves: the copying is real (qemu-nbd at both ends), the scheduler and the target are not. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "fake_qemu.h"

#define QEMU_NBD "/usr/bin/qemu-nbd"
enum { DISK_BYTES = 1 << 20 };

struct sink {
    struct source_case *c;
    struct gw_child *server;
    char *path;
    unsigned port;
};

static void on_sink_ended(void *arg, int status)
{
    struct sink *s = arg;

    (void)status;
    gw_child_free(gw_steal(s->server));
}

static bool sink_ended(void *arg)
{
    return ((struct sink *)arg)->server == NULL;
}

static bool sink_listens(void *arg)
{
    struct sink *s = arg;
    GW_AUTO_FREE char *text = gw_file_read("/proc/net/tcp", 1 << 20, NULL, NULL);
    char wanted[32];

    (void)snprintf(wanted, sizeof wanted, "0100007F:%04X 00000000:0000 0A", s->port);
    return text != NULL && strstr(text, wanted) != NULL;
}

/* A port nobody has just now. */
static unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    GW_AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_return_code(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

static void sink_start(struct sink *s, struct source_case *c)
{
    struct gw_error err = {0};
    char port[16];

    *s = (struct sink){.c = c, .port = free_port()};
    s->path = gw_strf("%s/sink.raw", c->folder);
    GW_AUTO_FD int fd = open(s->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_return_code(ftruncate(fd, DISK_BYTES), 0);
    (void)snprintf(port, sizeof port, "%u", s->port);
    const char *const argv[] = {QEMU_NBD, "-t", "-f", "raw", "-b", "127.0.0.1", "-p",
                                port,     "-e", "8",  "-x",  "d0", s->path,     NULL};
    const struct gw_spawn spawn = {.argv = argv, .stdout_fd = -1, .stderr_fd = -1};
    s->server = gw_child_spawn(c->loop, &spawn, on_sink_ended, s, &err);
    assert_non_null(s->server);
    source_case_until(c, sink_listens, s);
}

static void sink_end(struct sink *s)
{
    if (s->server != NULL) {
        (void)gw_child_kill(s->server, SIGKILL, NULL);
        source_case_until(s->c, sink_ended, s);
    }
    free(s->path);
}

static char *fill_disk(struct source_case *c)
{
    char *bytes = calloc(1, DISK_BYTES);
    GW_AUTO_FREE char *path = gw_strf("%s/pool/vm1-d0.raw", c->folder);
    GW_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    for (size_t at = 0; at < DISK_BYTES / 2; at += 256)
        assert_int_equal(getrandom(bytes + at, 256, 0), 256);
    assert_int_equal(pwrite(fd, bytes, DISK_BYTES, 0), DISK_BYTES);
    return bytes;
}

static char *begin_message(const struct sink *s, const char *extra)
{
    return gw_strf("{" SAMPLE_ATTEMPT ",\"mode\":\"MIGRATION_MODE_COLD\"%s,\"endpoints\":{"
                   "\"disks\":[{\"name\":\"d0\",\"host\":\"127.0.0.1\",\"port\":%u,"
                   "\"exportName\":\"d0\"}]}}",
                   extra, s->port);
}

static void a_stopped_guest_is_copied(void **state)
{
    struct source_case *c = *state;
    struct sink s;

    source_case_guest(c, 1, 1);
    GW_AUTO_FREE char *bytes = fill_disk(c);
    source_case_up(c);
    sink_start(&s, c);
    GW_AUTO_FREE char *begin = begin_message(&s, "");
    source_case_ok(c, "Begin", begin);
    source_case_until_asked(c, "Relinquished", 1);
    assert_int_equal(source_case_record(c).state, GW_RECORD_RELINQUISHED);
    GW_AUTO_FREE char *copy = gw_file_read(s.path, DISK_BYTES, NULL, NULL);
    assert_memory_equal(copy, bytes, DISK_BYTES);
    sink_end(&s);
}

static void a_running_guest_is_shut_down_first(void **state)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, 1);
    struct gw_error err = {0};
    struct sink s;

    GW_AUTO_FREE char *bytes = fill_disk(c);
    source_case_up(c);
    sink_start(&s, c);
    GW_AUTO_FREE char *begin = begin_message(&s, "");
    source_case_ok(c, "Begin", begin);
    fake_qemu_until_heard(q, "system_powerdown", 1);
    assert_int_equal(source_case_record(c).state, GW_RECORD_OUTGOING);
    source_case_kill(c);
    source_case_until_asked(c, "Relinquished", 1);
    assert_int_equal(fake_scheduler_count(c->scheduler, "GuestChanged"), 0);
    GW_AUTO_FREE char *reply = source_case_call(c, "Cancel", "{" SAMPLE_ATTEMPT "}", &err);
    assert_contains(reply, "\"relinquished\":true");
    source_case_fails(c, "Regrant",
                      "{\"attempt\":{\"guestUuid\":\"" CASE_UUID
                      "\",\"migrationId\":\"" CASE_MIGRATION
                      "\",\"attempt\":1,\"epoch\":\"3\"},\"run\":true}",
                      GW_FAILED_PRECONDITION, "GUEST_STOPPED");
    sink_end(&s);
}

static void a_guest_that_does_not_stop_is_left_alone(void **state)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, 1);
    const struct sink s = {.port = 1};

    source_case_up(c);
    GW_AUTO_FREE char *begin = begin_message(&s, ",\"shutdownTimeoutMs\":100");
    source_case_ok(c, "Begin", begin);
    source_case_until_record(c, GW_RECORD_HOLDING);
    source_case_until_asked(c, "Report", 2);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(c->scheduler, "Report");
    assert_contains(asked, "GUEST_DID_NOT_STOP");
    assert_null(strstr(asked, "guestStopped"));
    assert_non_null(q->c->qemu);
}

static void a_target_that_is_not_there_is_reported(void **state)
{
    struct source_case *c = *state;
    const struct sink s = {.port = free_port()};

    source_case_guest(c, 1, 1);
    GW_AUTO_FREE char *bytes = fill_disk(c);
    source_case_up(c);
    GW_AUTO_FREE char *begin = begin_message(&s, "");
    source_case_ok(c, "Begin", begin);
    source_case_until_record(c, GW_RECORD_HOLDING);
    source_case_until_asked(c, "Report", 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(c->scheduler, "Report");
    assert_contains(asked, "failure");
}

static void cancel_of_a_copy_leaves_the_guest_stopped_here(void **state)
{
    struct source_case *c = *state;
    struct fake_qemu *q = fake_qemu_start(c, 1);
    struct gw_error err = {0};
    struct sink s;

    GW_AUTO_FREE char *bytes = fill_disk(c);
    source_case_up(c);
    sink_start(&s, c);
    GW_AUTO_FREE char *begin = begin_message(&s, ",\"bandwidthBps\":\"20000\"");
    source_case_ok(c, "Begin", begin);
    fake_qemu_until_heard(q, "system_powerdown", 1);
    source_case_kill(c);
    unsigned n = fake_scheduler_count(c->scheduler, "Report");
    source_case_until_asked(c, "Report", n + 2);
    GW_AUTO_FREE char *reply = source_case_call(c, "Cancel", "{" SAMPLE_ATTEMPT "}", &err);
    assert_string_equal(reply, "{\"guestStopped\":true}");
    assert_int_equal(source_case_record(c).state, GW_RECORD_HOLDING);
    GW_AUTO_FREE char *again = source_case_call(c, "Cancel", "{" SAMPLE_ATTEMPT "}", &err);
    assert_string_equal(again, "{\"guestStopped\":true}");
    sink_end(&s);
}

static void a_copy_that_died_with_the_agent_is_reported(void **state)
{
    struct source_case *c = *state;
    struct sink s;

    source_case_guest(c, 1, 1);
    GW_AUTO_FREE char *bytes = fill_disk(c);
    source_case_up(c);
    sink_start(&s, c);
    GW_AUTO_FREE char *begin = begin_message(&s, ",\"bandwidthBps\":\"20000\"");
    source_case_ok(c, "Begin", begin);
    source_case_until_asked(c, "Report", 1);
    source_case_down(c);
    assert_int_equal(source_case_record(c).state, GW_RECORD_OUTGOING);
    unsigned n = fake_scheduler_count(c->scheduler, "Report");
    source_case_up(c);
    source_case_until_asked(c, "Report", n + 1);
    GW_AUTO_FREE char *asked = fake_scheduler_asked(c->scheduler, "Report");
    assert_contains(asked, "SOURCE_RESTARTED");
    assert_int_equal(source_case_record(c).state, GW_RECORD_HOLDING);
    sink_end(&s);
}

static void without_disks_to_copy_the_guest_is_just_given_up(void **state)
{
    struct source_case *c = *state;

    source_case_guest(c, 1, 1);
    source_case_up(c);
    source_case_ok(c, "Begin", "{" SAMPLE_ATTEMPT ",\"mode\":\"MIGRATION_MODE_COLD\"}");
    source_case_until_asked(c, "Relinquished", 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, source_case_setup, fake_qemu_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_stopped_guest_is_copied),
        CASE(a_running_guest_is_shut_down_first),
        CASE(a_guest_that_does_not_stop_is_left_alone),
        CASE(a_target_that_is_not_there_is_reported),
        CASE(cancel_of_a_copy_leaves_the_guest_stopped_here),
        CASE(a_copy_that_died_with_the_agent_is_reported),
        CASE(without_disks_to_copy_the_guest_is_just_given_up),
    };

    if (access(QEMU_NBD, X_OK) != 0) {
        (void)puts("skipped: there is no qemu-nbd");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
