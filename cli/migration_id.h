#ifndef CLI_MIGRATION_ID_H
#define CLI_MIGRATION_ID_H
/* Ids of migrations as people type them: in full, or as many of the first digits as single one out,
 * with or without the '~' that a table puts where it cut one. */

#include "cli.h"

/* The id that @given means; the caller frees it. What no migration begins with is given back as it
 * is: the scheduler says best that there is none. NULL and @err. Errors: INVALID_ARGUMENT several
 * begin with it; those of ListMigrations. */
char *cli_migration_id(struct cli_context *context, const char *given, struct gw_error *err);

#endif
