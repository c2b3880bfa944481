#ifndef GWY_ANSWER_H
#define GWY_ANSWER_H
/* The two kinds of answer: a message as JSON, and a problem. Each is made once per request. */

#include "request.h"

/* @message as JSON, defaults written out; none with status 204. */
void gwy_answer_message(struct gwy_request *request, int status, const ProtobufCMessage *message);
/* @text is JSON; copied. */
void gwy_answer_text(struct gwy_request *request, int status, const char *text);
/* A problem with the status of @err's code. */
void gwy_answer_error(struct gwy_request *request, const struct gw_error *err);
/* A problem with an HTTP status of its own (405, 413, 415). */
void gwy_answer_problem(struct gwy_request *request, int status, const struct gw_error *err);

#endif
