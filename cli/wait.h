#ifndef CLI_WAIT_H
#define CLI_WAIT_H
/* Follow a migration to its end. */

#include "cli.h"

/* A migration in one of its last phases? */
bool cli_migration_is_over(const Godwit__V1__Migration *migration);

/* Watch migration @id, showing its progress on stderr, until it is over; then print the outcome.
 * Returns the exit status of the outcome: 0 it succeeded; as for FAILED_PRECONDITION it failed; as
 * for CANCELLED it was cancelled; CLI_EXIT_INTERRUPTED for Ctrl-C, which ends the watching only and
 * says so. -1 and @err when watching failed. */
int cli_wait(struct cli_context *context, char *id, struct gw_error *err);
/* Follow all events after cursor @after (NULL: from now on), one line each on stdout, until Ctrl-C.
 * Returns as cli_wait(). */
int cli_watch_all(struct cli_context *context, const char *after, struct gw_error *err);

#endif
