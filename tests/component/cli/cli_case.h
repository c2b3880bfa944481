#ifndef TESTS_CLI_CASE_H
#define TESTS_CLI_CASE_H
/* The godwit command against a fake scheduler, in one process: what it prints and how it ends. */

#include "support/fake_scheduler.h"
#include "support/test.h"

struct cli_case {
    char *folder;
    char *url;
    struct fake_scheduler *fake; /* started by the set-up */
    char *out;                   /* of the last run */
    char *err;
};

/* cmocka set-up and tear-down: *state is a struct cli_case. */
int cli_case_setup(void **state);
int cli_case_teardown(void **state);

/* Run `godwit` with @line's words and --scheduler; returns the exit status and fills out and err.
 */
int cli_case_run(struct cli_case *c, const char *line);
/* The same with stderr going to @err_fd, e.g. a pty; err stays empty. */
int cli_case_run_err(struct cli_case *c, const char *line, int err_fd);

#endif
