#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "nbd_fixture.h"

enum { MIB = 1024 * 1024 };

static void assert_fails(struct nbd_fixture *f, enum gw_code code, const char *message)
{
    nbd_start_copy(f);
    assert_int_equal(nbd_wait(f), -1);
    if (f->err.code != code || !strstr(f->err.message, message))
        fail_msg("%s: %s", gw_code_name(f->err.code), f->err.message);
    assert_non_null(strstr(f->err.message, "copying disk \"root\""));
}

/* 8 MiB of data from raw to raw. */
static void make_pair(struct nbd_fixture *f)
{
    nbd_make(f, "raw", "a", "8M");
    nbd_fill(f, "raw", "a", "write -P 1 0 8M", NULL);
    nbd_make(f, "raw", "b", "8M");
}

static void a_target_of_another_size_is_refused_untouched(void **state)
{
    static const char *const sizes[] = {"4M", "9M"};
    static const char *const messages[] = {"8388608 bytes and the target 4194304",
                                           "8388608 bytes and the target 9437184"};
    struct nbd_fixture *f = *state;
    make_pair(f);
    nbd_serve_source(f, "raw", "a", 4);
    for (int i = 0; i < 2; i++) {
        nbd_make(f, "raw", "b", sizes[i]);
        uint64_t allocated = nbd_allocated(f, "b");
        pid_t target = nbd_serve_target(f, "raw", "b", 4, NULL);
        assert_fails(f, GW_FAILED_PRECONDITION, messages[i]);
        assert_string_equal(f->err.reason, "DISK_SIZE");
        assert_int_equal(f->progress.done_bytes, 0);
        assert_int_equal(nbd_allocated(f, "b"), allocated);
        nbd_stop(f, target, SIGTERM);
    }
}

static void a_read_only_target_is_refused(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    nbd_serve_source(f, "raw", "a", 4);
    nbd_serve_target(f, "raw", "b", 4, "--read-only");
    assert_fails(f, GW_FAILED_PRECONDITION, "read-only");
    assert_string_equal(f->err.reason, "DISK_READ_ONLY");
}

/* Image @name whose @iotype of the sector at 2 MiB fails with @e. */
static char *blkdebug(const char *name, const char *iotype, int e)
{
    return gw_strf("json:{\"driver\": \"raw\", \"file\": {\"driver\": \"blkdebug\", "
                   "\"image\": {\"driver\": \"file\", \"filename\": \"%s\"}, "
                   "\"inject-error\": [{\"event\": \"none\", \"iotype\": \"%s\", "
                   "\"errno\": %d, \"sector\": 4100}]}}",
                   name, iotype, e);
}

static void a_read_error_names_its_offset(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    char *image = blkdebug("a", "read", EIO);
    nbd_serve_source(f, NULL, image, 4);
    nbd_serve_target(f, "raw", "b", 4, NULL);
    assert_fails(f, GW_INTERNAL, "reading 262144 bytes at offset 2097152 of the source");
    assert_int_equal(f->err.sys_errno, EIO);
    free(image);
}

static void a_full_target_names_its_offset(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    char *image = blkdebug("b", "write", ENOSPC);
    nbd_serve_source(f, "raw", "a", 4);
    nbd_serve_target(f, NULL, image, 4, NULL);
    assert_fails(f, GW_RESOURCE_EXHAUSTED, "writing 262144 bytes at offset 2097152 of the target");
    assert_int_equal(f->err.sys_errno, ENOSPC);
    free(image);
}

static void a_failing_flush_is_told(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    char *image = gw_strf("json:{\"driver\": \"raw\", \"file\": {\"driver\": \"blkdebug\", "
                          "\"image\": {\"driver\": \"file\", \"filename\": \"b\"}, "
                          "\"inject-error\": [{\"event\": \"none\", \"iotype\": \"flush\", "
                          "\"errno\": 5}]}}");
    nbd_serve_source(f, "raw", "a", 4);
    nbd_serve_target(f, NULL, image, 4, NULL);
    assert_fails(f, GW_INTERNAL, "flushing the target");
    free(image);
}

/* Slow enough to be caught in the middle. */
static void start_slowly(struct nbd_fixture *f)
{
    f->spec.bandwidth_bps = 4 * MIB;
    f->spec.request_bytes = GW_DISK_REQUEST_MIN_BYTES;
    nbd_start_copy(f);
    nbd_await_progress(f);
}

static void a_cancelled_copy_ends(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    nbd_serve_source(f, "raw", "a", 4);
    nbd_serve_target(f, "raw", "b", 4, NULL);
    start_slowly(f);
    atomic_store(&f->is_cancelled, true);
    assert_int_equal(nbd_wait(f), -1);
    assert_int_equal(f->err.code, GW_CANCELLED);
    assert_true(f->progress.done_bytes < 8 * MIB);
}

static void a_copy_cancelled_before_its_start_touches_nothing(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    uint64_t allocated = nbd_allocated(f, "b");
    nbd_serve_source(f, "raw", "a", 4);
    nbd_serve_target(f, "raw", "b", 4, NULL);
    atomic_store(&f->is_cancelled, true);
    assert_fails(f, GW_CANCELLED, "cancelled");
    assert_int_equal(nbd_allocated(f, "b"), allocated);
}

static void an_end_that_dies_in_the_middle_is_unavailable(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    for (int i = 0; i < 2; i++) {
        pid_t source = nbd_serve_source(f, "raw", "a", 4);
        pid_t target = nbd_serve_target(f, "raw", "b", 4, NULL);
        start_slowly(f);
        nbd_stop(f, i ? source : target, SIGKILL);
        assert_int_equal(nbd_wait(f), -1);
        if (f->err.code != GW_UNAVAILABLE || !strstr(f->err.message, i ? "source" : "target"))
            fail_msg("%s: %s", gw_code_name(f->err.code), f->err.message);
        nbd_stop(f, i ? target : source, SIGKILL);
        (void)unlink(f->source_socket);
        (void)unlink(f->target_socket);
    }
}

static void a_frozen_end_is_given_up(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    nbd_serve_source(f, "raw", "a", 4);
    pid_t target = nbd_serve_target(f, "raw", "b", 4, NULL);
    f->spec.stall_ms = 300;
    start_slowly(f);
    assert_int_equal(kill(target, SIGSTOP), 0);
    assert_int_equal(nbd_wait(f), -1);
    assert_int_equal(f->err.code, GW_DEADLINE_EXCEEDED);
    assert_non_null(strstr(f->err.message, "answered nothing for 300 ms"));
}

static void a_server_that_says_nothing_is_given_up(void **state)
{
    struct nbd_fixture *f = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    make_pair(f);
    nbd_serve_source(f, "raw", "a", 4);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(gw_str_copy(address.sun_path, sizeof address.sun_path, f->target_socket), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    f->spec.stall_ms = 200;
    assert_fails(f, GW_DEADLINE_EXCEEDED, "no answer for 200 ms");
    assert_non_null(strstr(f->err.message, f->target_socket));
    close(fd);
}

static void an_end_that_is_not_there_is_named(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    assert_fails(f, GW_NOT_FOUND, f->source_socket);
    nbd_serve_source(f, "raw", "a", 4);
    assert_fails(f, GW_NOT_FOUND, f->target_socket);
}

static void an_unknown_export_is_not_found(void **state)
{
    struct nbd_fixture *f = *state;
    make_pair(f);
    nbd_serve_source(f, "raw", "a", 4);
    nbd_serve_target(f, "raw", "b", 4, NULL);
    f->spec.target.export_name = "other";
    assert_fails(f, GW_NOT_FOUND, "\"other\"");
}

static void a_spec_out_of_range_is_invalid(void **state)
{
    struct nbd_fixture *f = *state;
    const struct gw_disk_copy_spec good = f->spec;
    f->spec.n_connections = GW_DISK_CONNECTIONS_MAX + 1;
    assert_fails(f, GW_INVALID_ARGUMENT, "n_connections is 9, more than 8");
    f->spec = good;
    f->spec.n_requests = GW_DISK_REQUESTS_MAX + 1;
    assert_fails(f, GW_INVALID_ARGUMENT, "n_requests is 129, more than 128");
    f->spec = good;
    f->spec.request_bytes = GW_DISK_REQUEST_MIN_BYTES / 2;
    assert_fails(f, GW_INVALID_ARGUMENT, "request_bytes");
    f->spec.request_bytes = GW_DISK_REQUEST_MAX_BYTES * 2;
    assert_fails(f, GW_INVALID_ARGUMENT, "request_bytes");
    f->spec.request_bytes = 3 * 64 * 1024;
    assert_fails(f, GW_INVALID_ARGUMENT, "request_bytes is 196608, no power of two from 65536");
    f->spec = good;
    f->spec.target.unix_path = NULL;
    assert_fails(f, GW_INVALID_ARGUMENT, "the target has neither");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NBD_TEST(a_target_of_another_size_is_refused_untouched),
        NBD_TEST(a_read_only_target_is_refused),
        NBD_TEST(a_read_error_names_its_offset),
        NBD_TEST(a_full_target_names_its_offset),
        NBD_TEST(a_failing_flush_is_told),
        NBD_TEST(a_cancelled_copy_ends),
        NBD_TEST(a_copy_cancelled_before_its_start_touches_nothing),
        NBD_TEST(an_end_that_dies_in_the_middle_is_unavailable),
        NBD_TEST(a_frozen_end_is_given_up),
        NBD_TEST(a_server_that_says_nothing_is_given_up),
        NBD_TEST(an_end_that_is_not_there_is_named),
        NBD_TEST(an_unknown_export_is_not_found),
        NBD_TEST(a_spec_out_of_range_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
