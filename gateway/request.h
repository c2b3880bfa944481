#ifndef GWY_REQUEST_H
#define GWY_REQUEST_H
/* One HTTP request: its body as it comes, the call it makes, its answer. Loop thread only. */

#include <microhttpd.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "gateway.h"

struct gwy_route;
struct gwy_request;

enum {
    GWY_REQUEST_ID_MAX = 64,
    GWY_SEGMENT_MAX = 64,  /* a name of 63 or a uuid of 36 bytes; longer is no name of ours */
    GWY_LOCATION_MAX = 96, /* /v1/migrations/ and a segment */
    GWY_ALLOW_MAX = 48,    /* every method we have, with commas */
    GWY_IDEMPOTENCY_KEY_MAX = 128,
};

/* What to do with the reply of a call: make an answer. */
typedef void (*gwy_reply_fn)(struct gwy_request *request, const ProtobufCMessage *reply);

struct gwy_request {
    struct gwy_gateway *gateway;
    struct MHD_Connection *connection;
    const struct gwy_route *route;
    char id[GWY_REQUEST_ID_MAX + 1];
    char param[GWY_SEGMENT_MAX + 1]; /* what stood for {} in the route's path */
    struct gw_str body;
    size_t n_body_bytes; /* also those past the limit, which aren't kept */
    bool is_suspended;

    /* The call under way, and the one to be made after it (call.c). */
    struct gw_rpc_call *call;
    ProtobufCMessage *message; /* ours */
    unsigned method_index;
    gwy_reply_fn on_reply;
    struct gw_rpc_options options;

    /* The answer; status 0: none yet. */
    int status;
    char *text; /* malloc'd body; NULL: none */
    bool is_problem;
    char location[GWY_LOCATION_MAX];
    char allow[GWY_ALLOW_MAX];
};

/* NULL without memory. Takes the client's X-Request-Id, or makes an id. */
struct gwy_request *gwy_request_new(struct gwy_gateway *gateway, struct MHD_Connection *connection);
void gwy_request_free(struct gwy_request *request);
/* The value of header @name, or NULL. Borrowed. */
const char *gwy_request_header(const struct gwy_request *request, const char *name);
/* Is the body small enough to be read, and the client not waiting to be told to send it? */
bool gwy_request_is_body_worth_reading(const struct gwy_request *request);
/* The announced length; SIZE_MAX for one that is no number or too large for one, 0 for none. */
size_t gwy_request_body_length(const struct gwy_request *request);
/* Keep @n bytes of body up to GWY_BODY_MAX_BYTES. -1: the client goes on far past it. */
int gwy_request_take_body(struct gwy_request *request, const char *data, size_t n);
/* Hold the connection until gwy_request_wake(). */
void gwy_request_suspend(struct gwy_request *request);
void gwy_request_wake(struct gwy_request *request);
bool gwy_request_is_answered(const struct gwy_request *request);
/* Hand the answer to libmicrohttpd. */
enum MHD_Result gwy_request_send(struct gwy_request *request);

#endif
