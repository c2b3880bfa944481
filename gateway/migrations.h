#ifndef GWY_MIGRATIONS_H
#define GWY_MIGRATIONS_H
/* POST /v1/migrations: a MigrationRequest becomes a plan of one. */

#include "request.h"

void gwy_migrations_post(struct gwy_request *request);

#endif
