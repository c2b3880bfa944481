/* The table of routes, and the way a request takes through it. */
#include "routes.h"

#include <ctype.h>
#include <godwit/v1/scheduler.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "answer.h"
#include "base/scope.h"
#include "call.h"
#include "message.h"
#include "migrations.h"
#include "wire/json.h"

static void answer_alive(struct gwy_request *request)
{
    gwy_answer_text(request, MHD_HTTP_OK, "{\"status\":\"ok\"}");
}

static const struct gwy_route routes[] = {
    {"GET", "/healthz", .run = answer_alive},
    {"GET", "/readyz", "GetVersion", .status = 200, .is_idempotent = true},
    {"GET", "/v1/version", "GetVersion", .status = 200, .is_idempotent = true},
    {"GET", "/v1/hosts", "ListHosts", .status = 200, .is_idempotent = true},
    {"GET", "/v1/hosts/{}", "GetHost", "host", .status = 200, .is_idempotent = true},
    {"GET", "/v1/guests", "ListGuests", NULL, {"host"}, .status = 200, .is_idempotent = true},
    {"POST", "/v1/guests", "CreateGuest", .body = GWY_BODY_REQUIRED, .status = 201,
     .deadline_ms = GWY_WORK_MS, .location = "/v1/guests"},
    {"GET", "/v1/guests/{}", "GetGuest", "guest", .status = 200, .is_idempotent = true},
    {"DELETE", "/v1/guests/{}", "DeleteGuest", "guest", .status = 204, .deadline_ms = GWY_WORK_MS},
    {"POST", "/v1/guests/{}/start", "StartGuest", "guest", .body = GWY_BODY_OPTIONAL, .status = 200,
     .deadline_ms = GWY_WORK_MS},
    {"POST", "/v1/guests/{}/stop", "StopGuest", "guest", .body = GWY_BODY_OPTIONAL, .status = 200,
     .deadline_ms = GWY_WORK_MS},
    {"GET",
     "/v1/trash",
     "ListTrash",
     NULL,
     {"host", "id"},
     .status = 200,
     .deadline_ms = GWY_WORK_MS,
     .is_idempotent = true},
    {"GET",
     "/v1/migrations",
     "ListMigrations",
     NULL,
     {"guest", "active_only", "limit"},
     .status = 200,
     .is_idempotent = true},
    {"POST", "/v1/migrations", .body = GWY_BODY_REQUIRED, .run = gwy_migrations_post},
    {"GET", "/v1/migrations/{}", "GetMigration", "id", .status = 200, .is_idempotent = true},
    {"DELETE", "/v1/migrations/{}", "CancelMigration", "id", .status = 202, .is_idempotent = true},
};

/* ---- finding the route ---- */

static bool path_is_clean(const char *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_./";
    return path[0] == '/' && path[strspn(path, allowed)] == '\0' && !strstr(path, "..") &&
           !strstr(path, "/./");
}

/* Does @path fit @pattern? What stands for {} goes to @param. */
static bool path_fits(const char *pattern, const char *path, char param[GWY_SEGMENT_MAX + 1])
{
    param[0] = '\0';
    while (*pattern) {
        if (strncmp(pattern, "{}", 2) != 0) {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t n = strcspn(path, "/");
        if (n == 0 || n > GWY_SEGMENT_MAX)
            return false;
        memcpy(param, path, n);
        param[n] = '\0';
        path += n;
        pattern += 2;
    }
    return *path == '\0';
}

static void refuse_path(struct gwy_request *request, bool is_known)
{
    struct gw_error err;
    if (is_known) {
        (void)gw_error_set(&err, GW_UNIMPLEMENTED, "this path takes %s", request->allow);
        (void)gw_error_reason(&err, "METHOD_NOT_ALLOWED");
        gwy_answer_problem(request, MHD_HTTP_METHOD_NOT_ALLOWED, &err);
        return;
    }
    (void)gw_error_set(&err, GW_NOT_FOUND, "no such path: docs/http.md lists those there are");
    (void)gw_error_reason(&err, "PATH_NOT_FOUND");
    gwy_answer_error(request, &err);
}

static void find_route(struct gwy_request *request, const char *method, const char *path)
{
    const char *asked = strcmp(method, "HEAD") == 0 ? "GET" : method;
    char param[GWY_SEGMENT_MAX + 1];
    bool is_known = false;
    for (size_t i = 0; i < GW_ARRAY_LEN(routes); i++) {
        if (!path_fits(routes[i].pattern, path, param))
            continue;
        if (strcmp(routes[i].method, asked) == 0) {
            request->route = &routes[i];
            memcpy(request->param, param, sizeof param);
            request->allow[0] = '\0';
            return;
        }
        size_t used = strlen(request->allow);
        (void)snprintf(request->allow + used, sizeof request->allow - used, "%s%s",
                       is_known ? ", " : "", routes[i].method);
        is_known = true;
    }
    refuse_path(request, is_known);
}

/* ---- checking the head ---- */

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t n = sizeof json - 1;
    return type && strncasecmp(type, json, n) == 0 && (type[n] == '\0' || strchr("; \t", type[n]));
}

static void check_type(struct gwy_request *request)
{
    const char *type = gwy_request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    bool may_be_absent = request->route->body == GWY_BODY_OPTIONAL;
    if (request->route->body == GWY_BODY_NONE || is_json(type) || (!type && may_be_absent))
        return;
    struct gw_error err;
    (void)gw_error_set(&err, GW_INVALID_ARGUMENT,
                       "the body must be JSON: send Content-Type: application/json");
    (void)gw_error_reason(&err, "UNSUPPORTED_MEDIA_TYPE");
    gwy_answer_problem(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, &err);
}

static void refuse_size(struct gwy_request *request)
{
    struct gw_error err;
    (void)gw_error_set(&err, GW_RESOURCE_EXHAUSTED, "the body is larger than the limit of %d bytes",
                       GWY_BODY_MAX_BYTES);
    (void)gw_error_reason(&err, "BODY_TOO_LARGE");
    gwy_answer_problem(request, MHD_HTTP_CONTENT_TOO_LARGE, &err);
}

void gwy_route_open(struct gwy_request *request, const char *method, const char *path)
{
    if (!path_is_clean(path)) {
        struct gw_error err;
        (void)gw_error_set(&err, GW_INVALID_ARGUMENT,
                           "a path may have letters, digits, '-', '_', '.' and '/' only, and no "
                           "\"..\" or escapes");
        (void)gw_error_reason(&err, "BAD_PATH");
        gwy_answer_error(request, &err);
        return;
    }
    find_route(request, method, path);
    if (!gwy_request_is_answered(request) && gwy_request_body_length(request) > GWY_BODY_MAX_BYTES)
        refuse_size(request);
    if (!gwy_request_is_answered(request))
        check_type(request);
}

/* ---- making the call ---- */

static ProtobufCMessage *read_body(struct gwy_request *request, struct gw_error *err)
{
    const ProtobufCMethodDescriptor *method = protobuf_c_service_descriptor_get_method_by_name(
        &godwit__v1__scheduler_service__descriptor, request->route->rpc);
    if (request->body.len > 0 && request->route->body != GWY_BODY_NONE)
        return gw_json_text_to_message(method->input, gw_str_text(&request->body),
                                       request->body.len, 0, err);
    ProtobufCMessage *message = gwy_message_new(method->input);
    if (!message)
        (void)gw_error_set_nomem(err, "reading a request");
    return message;
}

struct query {
    const struct gwy_route *route;
    ProtobufCMessage *message;
    struct gw_error err;
    unsigned seen; /* bits of route->query */
};

/* Is @key the field's name, as the .proto file or as JSON writes it (active_only, activeOnly)? */
static bool is_field(const char *field, const char *key)
{
    if (strcmp(field, key) == 0)
        return true;
    for (; *field; field++, key++) {
        bool is_hump = *field == '_';
        if (is_hump)
            field++;
        if (*key != (is_hump ? (char)toupper((unsigned char)*field) : *field))
            return false;
    }
    return *key == '\0';
}

static enum MHD_Result refuse_query(struct query *query, const char *key, const char *why)
{
    char quoted[GW_QUOTED_MAX];
    (void)gw_error_set(&query->err, GW_INVALID_ARGUMENT, "query key %s %s",
                       gw_error_quote(quoted, key), why);
    (void)gw_error_field(&query->err, "%s", key);
    return MHD_NO;
}

static enum MHD_Result
on_query(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
    (void)kind;
    struct query *query = cls;
    unsigned i = 0;
    while (i < GWY_QUERY_MAX && query->route->query[i] && !is_field(query->route->query[i], key))
        i++;
    const char *field = query->route->query[i];
    if (!field)
        return refuse_query(query, key, "is not known here");
    if (query->seen & (1U << i))
        return refuse_query(query, key, "stands there twice");
    if (!value || !*value || strchr(value, '%'))
        return refuse_query(query, key, "needs a value without escapes");
    query->seen |= 1U << i;
    return gwy_message_set(query->message, field, value, &query->err) < 0 ? MHD_NO : MHD_YES;
}

static int fill(struct gwy_request *request, ProtobufCMessage *message, struct gw_error *err)
{
    if (request->route->param &&
        gwy_message_set(message, request->route->param, request->param, err) < 0)
        return -1;
    struct query query = {.route = request->route, .message = message};
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, on_query, &query);
    if (!gw_error_is_set(&query.err))
        return 0;
    *err = query.err;
    return -1;
}

static void on_reply(struct gwy_request *request, const ProtobufCMessage *reply)
{
    if (request->route->location && reply->descriptor == &godwit__v1__guest__descriptor) {
        const Godwit__V1__Guest *guest = (const Godwit__V1__Guest *)reply;
        (void)snprintf(request->location, sizeof request->location, "%s/%s",
                       request->route->location, guest->spec ? guest->spec->name : "");
    }
    gwy_answer_message(request, request->route->status, reply);
}

static void call_scheduler(struct gwy_request *request)
{
    const struct gwy_route *route = request->route;
    struct gw_error err = {0};
    ProtobufCMessage *message = read_body(request, &err);
    if (!message || fill(request, message, &err) < 0) {
        if (message)
            protobuf_c_message_free_unpacked(message, NULL);
        gwy_answer_error(request, &err);
        return;
    }
    uint32_t deadline_ms = route->deadline_ms ? route->deadline_ms : GWY_ANSWER_MS;
    uint32_t guest_ms = gwy_message_get_u32(message, "timeout_ms");
    struct gwy_call_spec spec = {
        .method = route->rpc,
        .message = message,
        .deadline_ms = guest_ms < GW_RPC_DEADLINE_MAX_MS - deadline_ms ? deadline_ms + guest_ms
                                                                       : GW_RPC_DEADLINE_MAX_MS,
        .is_idempotent = route->is_idempotent,
    };
    gwy_call(request, &spec, on_reply);
}

void gwy_route_run(struct gwy_request *request)
{
    if (request->n_body_bytes > GWY_BODY_MAX_BYTES)
        refuse_size(request);
    else if (request->route->run)
        request->route->run(request);
    else
        call_scheduler(request);
}
