#ifndef GW_TESTS_UNIT_DAEMON_DAEMON_FIXTURE_H
#define GW_TESTS_UNIT_DAEMON_DAEMON_FIXTURE_H
/* Runs the tiny daemon in a folder of its own and keeps what it says. */

#include <stdbool.h>
#include <sys/types.h>

#include "loop/child.h"
#include "loop/loop.h"
#include "support/test.h"

enum { RUN_ARGS_MAX = 8, SAID_MAX = 16 * 1024 };

struct bench {
    char *folder;      /* holds tiny.conf, and data/ once a daemon made it */
    char *config_path; /* of tiny.conf */
    char *data_dir;
    struct gw_loop *loop;
    struct gw_timer *guard;
    bool has_given_up;
    int notify_fd;
};

/* One run of the daemon. */
struct run {
    struct bench *bench;
    struct gw_child *child;
    struct gw_watch *watch;
    int out_fd, err_fd; /* files without a name */
    bool is_ready;      /* READY=1 was received */
    bool has_ended;
    int status;          /* as from waitpid() */
    char notified[1024]; /* the datagram with READY=1 */
    char out[SAID_MAX];  /* what it wrote, once it has ended */
    char err[SAID_MAX];
};

int bench_open(void **state);
int bench_close(void **state);
/* Write tiny.conf: data_dir, then @more. */
void bench_configure(struct bench *bench, const char *more);

/* Start the daemon with @args (NULL at the end) and wait until it is ready or has ended. */
void run_start(struct run *run, struct bench *bench, const char *const *args);
/* Send @signo (0: nothing) and wait for its end; then @out and @err are filled. */
void run_finish(struct run *run, int signo);
/* Start with --config tiny.conf. */
void run_start_configured(struct run *run, struct bench *bench);
/* Start and wait for the end. Returns the exit status, -1 when a signal ended it. */
int run_to_end(struct run *run, struct bench *bench, const char *const *args);

#define with_bench(test) cmocka_unit_test_setup_teardown(test, bench_open, bench_close)

#endif
