#ifndef GWY_PROBLEM_H
#define GWY_PROBLEM_H
/* Failures as application/problem+json (RFC 9457). */

#include "base/error.h"

/* The JSON text of @err under HTTP status @status, malloc'd; NULL without memory. */
char *gwy_problem_text(int status, const struct gw_error *err, const char *request_id);

#endif
