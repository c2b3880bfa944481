#ifndef GWY_ROUTES_H
#define GWY_ROUTES_H
/* Which path and method makes which call: one table. */

#include "request.h"

enum gwy_body {
    GWY_BODY_NONE,     /* what comes is not read */
    GWY_BODY_OPTIONAL, /* the call's request as JSON, or nothing */
    GWY_BODY_REQUIRED,
};

enum { GWY_QUERY_MAX = 3 }; /* most query keys of one route */

struct gwy_route {
    const char *method;
    const char *pattern; /* {} stands for one segment */
    const char *rpc;     /* method of SchedulerService; NULL: @run answers by itself */
    const char *param;   /* field of the call's request that {} is put in */
    const char *query[GWY_QUERY_MAX + 1]; /* fields that the query may set, under these names */
    enum gwy_body body;
    int status;           /* of success */
    uint32_t deadline_ms; /* of the call; 0: GWY_ANSWER_MS */
    bool is_idempotent;
    /* Instead of the call as the row says. May be NULL. */
    void (*run)(struct gwy_request *request);
    /* Head of the collection that a created object is found under; NULL: no Location. */
    const char *location;
};

/* Find the route and check the head; answers what is wrong with it. */
void gwy_route_open(struct gwy_request *request, const char *method, const char *path);
/* The whole request is there: start what its route says. Answers now, or later through
 * gwy_request_wake(). */
void gwy_route_run(struct gwy_request *request);

#endif
