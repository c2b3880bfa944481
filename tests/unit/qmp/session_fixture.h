#ifndef GW_TESTS_UNIT_QMP_SESSION_FIXTURE_H
#define GW_TESTS_UNIT_QMP_SESSION_FIXTURE_H
/* A session with a fake monitor, on one loop. What the session tells is written into a trace of
 * words: "ready:oob", "event:NAME", "closed:CODE", "TAG:ok", "TAG:CODE". */

#include "base/str.h"
#include "qmp/qmp.h"
#include "support/fake_qmp.h"

struct fixture;

/* A started command: @tag names it in the trace. */
struct fixture_call {
    struct fixture *f;
    const char *tag;
    struct gw_error err; /* of the last one finished */
};

struct fixture {
    char dir[32];
    char path[64];
    struct gw_loop *loop;
    struct gw_timer *guard;
    struct fake_qmp *fake;
    struct gw_qmp *qmp;
    struct gw_str trace;
    struct gw_error closed_err;
    const char *awaited;
    const char *close_at; /* close the session from the handler that traces this word */
    struct fixture_call calls[128];
    size_t n_calls;
    uint64_t last_stamp_us;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);
/* Start the fake and the session. @options may be NULL. */
void fixture_open(struct fixture *f, const struct fake_qmp_options *options);
/* Run the loop until the trace holds @text; the test fails after 20 s. */
void fixture_await(struct fixture *f, const char *text);
/* Run the loop until the fake has heard @text. */
void fixture_await_heard(struct fixture *f, const char *text);
/* Run the loop until what is posted now has run. */
void fixture_turn(struct fixture *f);
/* Start a command whose result is traced under @tag. */
struct fixture_call *
fixture_execute(struct fixture *f, const char *tag, const char *command, uint32_t deadline_ms);
struct fixture_call *fixture_execute_oob(struct fixture *f, const char *tag, const char *command);
struct fixture_call *fixture_send_fd(struct fixture *f, const char *tag, int fd);
void fixture_trace(struct fixture *f, const char *word);

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
