#include "base/code.h"

#include <stddef.h>

struct code_row {
    const char *name;
    int http_status;
    int exit_status;
    enum gw_retry retry;
};

static const struct code_row rows[GW_CODE_COUNT] = {
    [GW_OK] = {"OK", 200, 0, GW_RETRY_NO},
    [GW_CANCELLED] = {"CANCELLED", 499, 8, GW_RETRY_CALLER},
    [GW_UNKNOWN] = {"UNKNOWN", 500, 10, GW_RETRY_NO},
    [GW_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", 400, 2, GW_RETRY_NO},
    [GW_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", 504, 8, GW_RETRY_CALLER},
    [GW_NOT_FOUND] = {"NOT_FOUND", 404, 4, GW_RETRY_NO},
    [GW_ALREADY_EXISTS] = {"ALREADY_EXISTS", 409, 5, GW_RETRY_NO},
    [GW_PERMISSION_DENIED] = {"PERMISSION_DENIED", 403, 3, GW_RETRY_NO},
    [GW_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", 429, 7, GW_RETRY_BACK_OFF},
    [GW_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", 409, 6, GW_RETRY_AFTER_CHANGE},
    [GW_ABORTED] = {"ABORTED", 409, 6, GW_RETRY_AFTER_CHANGE},
    [GW_OUT_OF_RANGE] = {"OUT_OF_RANGE", 400, 2, GW_RETRY_NO},
    [GW_UNIMPLEMENTED] = {"UNIMPLEMENTED", 501, 10, GW_RETRY_NO},
    [GW_INTERNAL] = {"INTERNAL", 500, 10, GW_RETRY_NO},
    [GW_UNAVAILABLE] = {"UNAVAILABLE", 503, 9, GW_RETRY_BACK_OFF},
    [GW_DATA_LOSS] = {"DATA_LOSS", 500, 10, GW_RETRY_NO},
    [GW_UNAUTHENTICATED] = {"UNAUTHENTICATED", 401, 3, GW_RETRY_NO},
};

static const struct code_row *row_of(enum gw_code code)
{
    if ((unsigned)code >= GW_CODE_COUNT)
        return &rows[GW_UNKNOWN];
    return &rows[code];
}

const char *gw_code_name(enum gw_code code)
{
    return row_of(code)->name;
}

int gw_code_http_status(enum gw_code code)
{
    return row_of(code)->http_status;
}

int gw_code_exit_status(enum gw_code code)
{
    return row_of(code)->exit_status;
}

enum gw_retry gw_code_retry(enum gw_code code)
{
    return row_of(code)->retry;
}

enum gw_code gw_code_from_number(unsigned number)
{
    return number < GW_CODE_COUNT ? (enum gw_code)number : GW_UNKNOWN;
}
