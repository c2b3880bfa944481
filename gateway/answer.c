#include "answer.h"

#include <string.h>

#include "problem.h"
#include "wire/json.h"

/* What is left to say when there is no memory for the real answer. */
static void answer_bare(struct gwy_request *request)
{
    request->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    request->text = NULL;
    request->is_problem = true;
}

void gwy_answer_text(struct gwy_request *request, int status, const char *text)
{
    request->text = strdup(text);
    request->status = status;
    request->is_problem = false;
    if (!request->text)
        answer_bare(request);
}

void gwy_answer_message(struct gwy_request *request, int status, const ProtobufCMessage *message)
{
    request->status = status;
    request->is_problem = false;
    if (status == MHD_HTTP_NO_CONTENT)
        return;
    struct gw_error err = {0};
    request->text = gw_json_text_from_message(message, GW_JSON_DEFAULTS, &err);
    if (!request->text)
        gwy_answer_error(request, &err);
}

void gwy_answer_problem(struct gwy_request *request, int status, const struct gw_error *err)
{
    if (status >= MHD_HTTP_INTERNAL_SERVER_ERROR)
        gw_log_failure(&request->gateway->log, GW_LOG_DEBUG, "http.request_failed", err);
    request->text = gwy_problem_text(status, err, request->id);
    request->status = status;
    request->is_problem = true;
    request->location[0] = '\0';
    if (!request->text)
        answer_bare(request);
}

void gwy_answer_error(struct gwy_request *request, const struct gw_error *err)
{
    gwy_answer_problem(request, gw_code_http_status(err->code), err);
}
