#include "request.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "http.h"

enum { MADE_ID_DIGITS = 32 };

static bool is_request_id(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";
    size_t n = strlen(text);
    return n > 0 && n <= GWY_REQUEST_ID_MAX && strspn(text, allowed) == n;
}

struct gwy_request *gwy_request_new(struct gwy_gateway *gateway, struct MHD_Connection *connection)
{
    struct gwy_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->gateway = gateway;
    request->connection = connection;
    gw_str_init(&request->body, GWY_BODY_MAX_BYTES);
    const char *given = gwy_request_header(request, "X-Request-Id");
    if (given && is_request_id(given))
        (void)gw_str_copy(request->id, sizeof request->id, given);
    else
        gw_hex_make(gw_random_system(), request->id, MADE_ID_DIGITS);
    return request;
}

void gwy_request_free(struct gwy_request *request)
{
    if (!request)
        return;
    gw_str_fini(&request->body);
    if (request->message)
        protobuf_c_message_free_unpacked(request->message, NULL);
    free(request->text);
    free(request);
}

const char *gwy_request_header(const struct gwy_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

size_t gwy_request_body_length(const struct gwy_request *request)
{
    const char *text = gwy_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (!text)
        return 0;
    errno = 0;
    unsigned long length = strtoul(text, NULL, 10);
    return errno ? SIZE_MAX : length;
}

bool gwy_request_is_body_worth_reading(const struct gwy_request *request)
{
    return gwy_request_body_length(request) <= GWY_DISCARD_MAX_BYTES &&
           !gwy_request_header(request, MHD_HTTP_HEADER_EXPECT);
}

int gwy_request_take_body(struct gwy_request *request, const char *data, size_t n)
{
    request->n_body_bytes += n;
    bool is_kept = !gwy_request_is_answered(request) && request->n_body_bytes <= GWY_BODY_MAX_BYTES;
    if (is_kept)
        gw_str_append_bytes(&request->body, data, n);
    return request->n_body_bytes > GWY_DISCARD_MAX_BYTES ? -1 : 0;
}

void gwy_request_suspend(struct gwy_request *request)
{
    request->is_suspended = true;
    MHD_suspend_connection(request->connection);
}

void gwy_request_wake(struct gwy_request *request)
{
    if (!request->is_suspended)
        return;
    request->is_suspended = false;
    MHD_resume_connection(request->connection);
    gwy_http_kick(request->gateway);
}

bool gwy_request_is_answered(const struct gwy_request *request)
{
    return request->status != 0;
}

static struct MHD_Response *make_response(struct gwy_request *request)
{
    size_t len = request->text ? strlen(request->text) : 0;
    void *text = request->text ? request->text : (void *)"";
    if (request->text)
        request->text[len++] = '\n'; /* where the NUL was: for people with curl */
    enum MHD_ResponseMemoryMode mode =
        request->text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT;
    struct MHD_Response *response = MHD_create_response_from_buffer(len, text, mode);
    if (response)
        request->text = NULL;
    return response;
}

static void add_headers(const struct gwy_request *request, struct MHD_Response *response)
{
    if (request->status != MHD_HTTP_NO_CONTENT)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                      request->is_problem ? "application/problem+json"
                                                          : "application/json");
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(response, "X-Request-Id", request->id);
    if (request->location[0])
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, request->location);
    if (request->allow[0])
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, request->allow);
    if (request->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
}

enum MHD_Result gwy_request_send(struct gwy_request *request)
{
    struct MHD_Response *response = make_response(request);
    if (!response)
        return MHD_NO;
    add_headers(request, response);
    enum MHD_Result ret =
        MHD_queue_response(request->connection, (unsigned)request->status, response);
    MHD_destroy_response(response);
    return ret;
}
