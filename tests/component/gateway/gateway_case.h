#ifndef TESTS_GATEWAY_CASE_H
#define TESTS_GATEWAY_CASE_H
/* The gateway on a thread, a fake scheduler behind it, and requests from the test's thread. */

#include <pthread.h>

#include "gateway/gateway.h"
#include "support/fake_scheduler.h"
#include "support/http_client.h"
#include "support/test.h"

struct gateway_case {
    char *folder;
    char *scheduler_url;
    struct fake_scheduler *fake;
    struct gw_loop *loop;
    struct gwy_gateway *gateway;
    pthread_t thread;
    struct http_response response; /* of the last request */
};

/* cmocka set-up and tear-down: *state is a struct gateway_case. */
int gateway_case_setup(void **state);
int gateway_case_teardown(void **state);

/* Ask; the response is freed with the next one. Returns the status. */
int gateway_case_ask(struct gateway_case *c, const char *method, const char *path);
/* The same with a JSON body. */
int gateway_case_send(struct gateway_case *c,
                      const char *method,
                      const char *path,
                      const char *body);
/* The same with @headers as they stand. */
int gateway_case_raw(struct gateway_case *c,
                     const char *method,
                     const char *path,
                     const char *headers,
                     const char *body);
/* The last response is a problem with these; @detail is a part. */
void gateway_case_expect_problem(struct gateway_case *c,
                                 int status,
                                 const char *code,
                                 const char *detail);
/* Header @name of the last response is @wanted. */
void gateway_case_expect_header(struct gateway_case *c, const char *name, const char *wanted);
/* @method of the scheduler was last asked for @wanted, a JSON text. */
void gateway_case_expect_asked(struct gateway_case *c, const char *method, const char *wanted);

#endif
