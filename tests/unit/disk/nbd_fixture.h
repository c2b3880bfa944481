#ifndef GW_TESTS_UNIT_DISK_NBD_FIXTURE_H
#define GW_TESTS_UNIT_DISK_NBD_FIXTURE_H
/* Images in a folder of their own, and qemu-nbd processes that export them. */

#include <pthread.h>
#include <sys/types.h>

#include "disk/copy.h"

enum { NBD_SERVERS_MAX = 4 };

struct nbd_fixture {
    char dir[32];
    pid_t servers[NBD_SERVERS_MAX];
    unsigned n_servers;
    char source_socket[64], target_socket[64];
    struct gw_disk_copy_spec spec; /* between the two sockets */
    struct gw_disk_progress progress;
    atomic_bool is_cancelled;
    struct gw_error err;
    pthread_t thread;
    int result;
};

int nbd_setup(void **state);
int nbd_teardown(void **state);

/* Run a program in the fixture's folder; a status other than 0 fails the test. NULL at the end. */
void nbd_run(struct nbd_fixture *f, const char *program, ...) __attribute__((sentinel));
void nbd_make(struct nbd_fixture *f, const char *format, const char *name, const char *size);
/* Make an image and fill parts of it: "write -P 1 0 1M" and the like, NULL at the end. */
void nbd_fill(struct nbd_fixture *f, const char *format, const char *name, ...)
    __attribute__((sentinel));
/* Export an image at the fixture's source or target socket, to @n_clients at once. @format NULL:
 * @name is a json: description. @flag: one more option, or NULL. Returns the server's pid. */
pid_t nbd_serve_source(struct nbd_fixture *f, const char *format, const char *name, int n_clients);
pid_t nbd_serve_target(
    struct nbd_fixture *f, const char *format, const char *name, int n_clients, const char *flag);
/* Take the server that wrote the folder's file "pid" into the fixture's care. Returns its pid. */
pid_t nbd_adopt(struct nbd_fixture *f);
/* Stop a server and wait for its end, so that its image is whole. */
void nbd_stop(struct nbd_fixture *f, pid_t pid, int signo);
/* Compare two images as guests see them. Stops all servers. */
void nbd_assert_same(struct nbd_fixture *f,
                     const char *format_a,
                     const char *a,
                     const char *format_b,
                     const char *b);
/* Bytes that the image's file takes on the disk. */
uint64_t nbd_allocated(struct nbd_fixture *f, const char *name);

/* Copy by @f->spec; the test fails when that fails. */
void nbd_copy(struct nbd_fixture *f);
/* The same on a thread; nbd_wait() gives its result and fills f->err. */
void nbd_start_copy(struct nbd_fixture *f);
int nbd_wait(struct nbd_fixture *f);
/* Wait until something of the disk was copied. */
void nbd_await_progress(struct nbd_fixture *f);

#define NBD_TEST(name) cmocka_unit_test_setup_teardown(name, nbd_setup, nbd_teardown)

#endif
