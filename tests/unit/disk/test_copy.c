#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "disk/copy_priv.h"
#include "nbd_fixture.h"

enum { MIB = 1024 * 1024 };

/* A 256 MiB disk with 5 MiB of data in three places, one of them odd. */
static void make_source(struct nbd_fixture *f, const char *format)
{
    nbd_make(f, format, "a", "256M");
    nbd_fill(f, format, "a", "write -P 1 0 1M", "write -P 2 100M 3M", "write -P 3 255M 1M",
             "write -P 4 50331136 1536", NULL);
}

static void sparse_copy(struct nbd_fixture *f, const char *from, const char *to)
{
    make_source(f, from);
    nbd_make(f, to, "b", "256M");
    nbd_serve_source(f, from, "a", 4);
    nbd_serve_target(f, to, "b", 4, NULL);
    nbd_copy(f);
    assert_int_equal(f->progress.size_bytes, 256 * MIB);
    assert_int_equal(f->progress.done_bytes, 256 * MIB);
    assert_true(f->progress.sent_bytes >= 5 * MIB);
    assert_true(f->progress.sent_bytes < 6 * MIB);
    nbd_assert_same(f, from, "a", to, "b");
    assert_true(nbd_allocated(f, "b") < 7 * MIB);
}

static void qcow2_to_qcow2_sends_data_and_keeps_holes(void **state)
{
    sparse_copy(*state, "qcow2", "qcow2");
}

static void qcow2_to_raw_sends_data_and_keeps_holes(void **state)
{
    sparse_copy(*state, "qcow2", "raw");
}

static void raw_to_qcow2_sends_data_and_keeps_holes(void **state)
{
    sparse_copy(*state, "raw", "qcow2");
}

static void what_lay_in_the_target_is_overwritten(void **state)
{
    struct nbd_fixture *f = *state;
    make_source(f, "qcow2");
    nbd_make(f, "qcow2", "b", "256M");
    nbd_fill(f, "qcow2", "b", "write -P 9 0 200M", NULL);
    nbd_serve_source(f, "qcow2", "a", 4);
    nbd_serve_target(f, "qcow2", "b", 4, NULL);
    nbd_copy(f);
    nbd_assert_same(f, "qcow2", "a", "qcow2", "b");
}

static void zeroes_that_take_room_are_not_sent(void **state)
{
    struct nbd_fixture *f = *state;
    nbd_make(f, "raw", "a", "16M");
    nbd_fill(f, "raw", "a", "write -P 0 0 16M", "write -P 5 8M 1M", NULL);
    nbd_make(f, "raw", "b", "16M");
    nbd_serve_source(f, "raw", "a", 4);
    nbd_serve_target(f, "raw", "b", 4, NULL);
    nbd_copy(f);
    assert_int_equal(f->progress.sent_bytes, 1 * MIB);
    nbd_assert_same(f, "raw", "a", "raw", "b");
}

static void a_zeroed_target_is_not_zeroed_again(void **state)
{
    struct nbd_fixture *f = *state;
    make_source(f, "qcow2");
    nbd_make(f, "qcow2", "b", "256M");
    nbd_serve_source(f, "qcow2", "a", 4);
    nbd_serve_target(f, "qcow2", "b", 4, NULL);
    f->spec.is_target_zeroed = true;
    nbd_copy(f);
    assert_int_equal(f->progress.done_bytes, 256 * MIB);
    nbd_assert_same(f, "qcow2", "a", "qcow2", "b");
}

static void an_empty_disk_is_copied(void **state)
{
    struct nbd_fixture *f = *state;
    nbd_make(f, "qcow2", "a", "3G");
    nbd_make(f, "qcow2", "b", "3G");
    nbd_serve_source(f, "qcow2", "a", 4);
    nbd_serve_target(f, "qcow2", "b", 4, NULL);
    nbd_copy(f);
    assert_int_equal(f->progress.sent_bytes, 0);
    assert_int_equal(f->progress.done_bytes, 3ull * 1024 * MIB);
    nbd_assert_same(f, "qcow2", "a", "qcow2", "b");
}

static void connections_are_as_many_as_both_ends_allow(void **state)
{
    struct nbd_fixture *f = *state;
    nbd_make(f, "qcow2", "a", "1M");
    nbd_make(f, "qcow2", "b", "1M");
    nbd_serve_source(f, "qcow2", "a", 4);
    pid_t target = nbd_serve_target(f, "qcow2", "b", 4, NULL);
    f->spec.n_connections = 3;
    struct gw_disk_wires wires = {0};
    assert_int_equal(gw_disk_wires_open(&wires, &f->spec, NULL), 0);
    assert_int_equal(wires.n, 3);
    gw_disk_wires_close(&wires, true);

    nbd_stop(f, target, 15);
    nbd_serve_target(f, "qcow2", "b", 1, NULL);
    assert_int_equal(gw_disk_wires_open(&wires, &f->spec, NULL), 0);
    assert_int_equal(wires.n, 1);
    gw_disk_wires_close(&wires, true);
}

/* Servers that know neither block status nor write-zeroes. */
static void every_number_at_its_limit_is_taken(void **state)
{
    struct nbd_fixture *f = *state;
    static const uint32_t sizes[] = {GW_DISK_REQUEST_MIN_BYTES, GW_DISK_REQUEST_MAX_BYTES};
    f->spec.n_connections = GW_DISK_CONNECTIONS_MAX;
    f->spec.n_requests = GW_DISK_REQUESTS_MAX;
    make_source(f, "raw");
    nbd_make(f, "raw", "b", "256M");
    nbd_serve_source(f, "raw", "a", GW_DISK_CONNECTIONS_MAX);
    nbd_serve_target(f, "raw", "b", GW_DISK_CONNECTIONS_MAX, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        f->spec.request_bytes = sizes[i];
        nbd_copy(f);
    }
    nbd_assert_same(f, "raw", "a", "raw", "b");
}

static void a_plain_pair_of_servers_is_enough(void **state)
{
    struct nbd_fixture *f = *state;
    struct gw_disk_wires wires = {0};
    struct gw_disk_transfer transfer;
    make_source(f, "qcow2");
    nbd_make(f, "raw", "b", "256M");
    nbd_fill(f, "raw", "b", "write -P 9 0 20M", NULL);
    nbd_serve_source(f, "qcow2", "a", 4);
    nbd_serve_target(f, "raw", "b", 4, NULL);
    assert_int_equal(gw_disk_wires_open(&wires, &f->spec, NULL), 0);
    assert_int_equal(gw_disk_transfer_init(&transfer, &f->spec, &wires, &f->progress, NULL), 0);
    assert_true(transfer.can_map && transfer.can_zero);
    transfer.can_map = transfer.can_zero = false;
    transfer.zero_bytes = transfer.request_bytes;
    assert_int_equal(gw_disk_transfer_run(&transfer, NULL), 0);
    gw_disk_wires_close(&wires, true);
    gw_disk_transfer_fini(&transfer);
    nbd_assert_same(f, "qcow2", "a", "raw", "b");
}

static void bandwidth_is_limited(void **state)
{
    struct nbd_fixture *f = *state;
    nbd_make(f, "raw", "a", "8M");
    nbd_fill(f, "raw", "a", "write -P 1 0 8M", NULL);
    nbd_make(f, "raw", "b", "8M");
    nbd_serve_source(f, "raw", "a", 4);
    nbd_serve_target(f, "raw", "b", 4, NULL);
    f->spec.bandwidth_bps = 16 * MIB;
    uint64_t from_us = gw_clock_mono_us(gw_clock_system());
    nbd_copy(f);
    uint64_t took_us = gw_clock_mono_us(gw_clock_system()) - from_us;
    assert_true(took_us > 400000);
    nbd_assert_same(f, "raw", "a", "raw", "b");
}

/* A port that was free a moment ago. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void a_target_is_reached_over_tcp_by_export_name(void **state)
{
    struct nbd_fixture *f = *state;
    char port[24];
    make_source(f, "qcow2");
    nbd_make(f, "qcow2", "b", "256M");
    nbd_serve_source(f, "qcow2", "a", 4);
    f->spec.target =
        (struct gw_disk_end){.host = "127.0.0.1", .port = free_port(), .export_name = "disk-root"};
    (void)snprintf(port, sizeof port, "%u", f->spec.target.port);
    nbd_run(f, "qemu-nbd", "--fork", "--persistent", "--bind", "127.0.0.1", "--port", port,
            "--export-name", "disk-root", "--shared", "4", "--pid-file", "pid", "-f", "qcow2", "b",
            NULL);
    nbd_adopt(f);
    nbd_copy(f);
    nbd_assert_same(f, "qcow2", "a", "qcow2", "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NBD_TEST(qcow2_to_qcow2_sends_data_and_keeps_holes),
        NBD_TEST(qcow2_to_raw_sends_data_and_keeps_holes),
        NBD_TEST(raw_to_qcow2_sends_data_and_keeps_holes),
        NBD_TEST(what_lay_in_the_target_is_overwritten),
        NBD_TEST(zeroes_that_take_room_are_not_sent),
        NBD_TEST(a_zeroed_target_is_not_zeroed_again),
        NBD_TEST(an_empty_disk_is_copied),
        NBD_TEST(connections_are_as_many_as_both_ends_allow),
        NBD_TEST(every_number_at_its_limit_is_taken),
        NBD_TEST(a_plain_pair_of_servers_is_enough),
        NBD_TEST(bandwidth_is_limited),
        NBD_TEST(a_target_is_reached_over_tcp_by_export_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
