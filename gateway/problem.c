#include "problem.h"

#include <godwit/v1/problem.pb-c.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "wire/json.h"

enum { TYPE_MAX = 24 + GW_ERROR_REASON_MAX };
enum { STATUS_CLIENT_GAVE_UP = 499 }; /* nginx's number; HTTP itself has none for it */

static const char *title_of(int status)
{
    if (status == STATUS_CLIENT_GAVE_UP)
        return "Cancelled";
    return MHD_get_reason_phrase_for((unsigned)status);
}

/* What a person would call for in the log, not bytes of which a client could make no JSON. */
static void keep_printable(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
            *text = '?';
    }
}

char *gwy_problem_text(int status, const struct gw_error *err, const char *request_id)
{
    struct gw_error clean = *err;
    char type[TYPE_MAX];
    char title[TYPE_MAX];
    char id[128];
    const char *name = gw_code_name(err->code);
    if (!clean.reason[0])
        (void)snprintf(clean.reason, sizeof clean.reason, "%s", name);
    keep_printable(clean.message);
    keep_printable(clean.reason);
    keep_printable(clean.field);
    (void)snprintf(title, sizeof title, "%s", title_of(status));
    (void)snprintf(type, sizeof type, "urn:godwit:problem:%s", clean.reason);
    (void)snprintf(id, sizeof id, "%s", request_id);

    Godwit__V1__Problem problem = GODWIT__V1__PROBLEM__INIT;
    problem.type = type;
    problem.title = title;
    problem.status = (uint32_t)status;
    problem.detail = clean.message;
    problem.code = clean.reason;
    problem.field = clean.field;
    problem.request_id = id;
    return gw_json_text_from_message(&problem.base, 0, NULL);
}
