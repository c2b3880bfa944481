#ifndef GW_BASE_CODE_H
#define GW_BASE_CODE_H
/* Status codes, with gRPC's numbers, and the one table of what each means to HTTP, to a shell and
 * to a caller who thinks of trying again. */

#include <stdbool.h>

enum gw_code {
    GW_OK = 0,
    GW_CANCELLED = 1,
    GW_UNKNOWN = 2,
    GW_INVALID_ARGUMENT = 3,
    GW_DEADLINE_EXCEEDED = 4,
    GW_NOT_FOUND = 5,
    GW_ALREADY_EXISTS = 6,
    GW_PERMISSION_DENIED = 7,
    GW_RESOURCE_EXHAUSTED = 8,
    GW_FAILED_PRECONDITION = 9,
    GW_ABORTED = 10,
    GW_OUT_OF_RANGE = 11,
    GW_UNIMPLEMENTED = 12,
    GW_INTERNAL = 13,
    GW_UNAVAILABLE = 14,
    GW_DATA_LOSS = 15,
    GW_UNAUTHENTICATED = 16,
    GW_CODE_COUNT
};

enum gw_retry {
    GW_RETRY_NO,           /* the same request fails again */
    GW_RETRY_AFTER_CHANGE, /* something else must change first */
    GW_RETRY_BACK_OFF,     /* later, with growing pauses */
    GW_RETRY_CALLER,       /* the caller gave up; only the caller knows */
};

/* Upper-case name, e.g. "NOT_FOUND"; "UNKNOWN" for a number outside the table. Static storage. */
const char *gw_code_name(enum gw_code code);
/* HTTP status, 200 for GW_OK; 500 for a number outside the table. */
int gw_code_http_status(enum gw_code code);
/* Exit status of the command, 0 for GW_OK; 10 for a number outside the table. */
int gw_code_exit_status(enum gw_code code);
enum gw_retry gw_code_retry(enum gw_code code);
/* A code from the wire: numbers outside the table become GW_UNKNOWN. */
enum gw_code gw_code_from_number(unsigned number);

#endif
