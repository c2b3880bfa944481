#include "fake_scheduler.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <godwit/v1/scheduler.pb-c.h>

#include "base/scope.h"
#include "base/str.h"
#include "loop/loop.h"
#include "rpc/rpc.h"
#include "wire/json.h"

enum { EVENTS_MAX = 64, METHODS_MAX = 32, STALLED_MAX = 64, AWAIT_S = 10 };

struct answer {
    char *json; /* NULL: empty message */
    struct gw_error err;
    bool is_stalled;
    unsigned n_asked;
    char *asked;
};

struct fake_scheduler {
    ProtobufCService service; /* first: invoke() gets its address */
    struct gw_loop *loop;
    struct gw_rpc_server *server;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t was_asked;
    struct answer answers[METHODS_MAX];
    char *events[EVENTS_MAX];
    unsigned n_events;
    unsigned break_after;
    void *stalled[STALLED_MAX]; /* requests that wait for the end */
    unsigned n_stalled;
};

static const ProtobufCServiceDescriptor *descriptor(void)
{
    return &godwit__v1__scheduler_service__descriptor;
}

static void die(const char *what, const struct gw_error *err)
{
    (void)fprintf(stderr, "fake scheduler: %s: %s\n", what, err ? err->message : "");
    abort();
}

static struct answer *answer_of(struct fake_scheduler *fake, const char *method)
{
    const ProtobufCMethodDescriptor *found =
        protobuf_c_service_descriptor_get_method_by_name(descriptor(), method);
    if (!found)
        die("no such method", NULL);
    return &fake->answers[found - descriptor()->methods];
}

static ProtobufCMessage *message_from(const ProtobufCMessageDescriptor *type, const char *json)
{
    struct gw_error err = {0};
    const char *text = json ? json : "{}";
    ProtobufCMessage *message = gw_json_text_to_message(type, text, strlen(text), 0, &err);
    if (!message)
        die(text, &err);
    return message;
}

/* ---- the loop's thread ---- */

static void send_events(struct fake_scheduler *fake,
                        const ProtobufCMessage *input,
                        ProtobufCClosure closure,
                        void *data)
{
    const Godwit__V1__WatchRequest *request = (const Godwit__V1__WatchRequest *)input;
    unsigned n_sent = 0;
    gw_rpc_stream_open(data, NULL, NULL);
    for (unsigned i = 0; i < fake->n_events; i++) {
        ProtobufCMessage *event = message_from(&godwit__v1__event__descriptor, fake->events[i]);
        if (((const Godwit__V1__Event *)event)->cursor > request->after) {
            closure(event, data);
            n_sent++;
        }
        protobuf_c_message_free_unpacked(event, NULL);
        if (fake->break_after && n_sent == fake->break_after) {
            struct gw_error err;
            (void)gw_error_set(&err, GW_UNAVAILABLE, "the fake breaks off");
            gw_rpc_fail(data, &err);
            return;
        }
    }
    /* Stays open, as the real one does, until the caller cancels. */
    gw_rpc_on_cancel(data, gw_rpc_stream_end, data);
}

static void note(struct fake_scheduler *fake, struct answer *answer, const ProtobufCMessage *input)
{
    free(answer->asked);
    answer->asked = gw_json_text_from_message(input, 0, NULL);
    answer->n_asked++;
    (void)pthread_cond_broadcast(&fake->was_asked);
}

static void invoke(ProtobufCService *service,
                   unsigned index,
                   const ProtobufCMessage *input,
                   ProtobufCClosure closure,
                   void *data)
{
    struct fake_scheduler *fake = (struct fake_scheduler *)service;
    struct answer *answer = &fake->answers[index];
    const ProtobufCMethodDescriptor *method = &descriptor()->methods[index];
    (void)pthread_mutex_lock(&fake->lock);
    note(fake, answer, input);
    if (gw_error_is_set(&answer->err)) {
        gw_rpc_fail(data, &answer->err);
    } else if (answer->is_stalled) {
        if (fake->n_stalled == STALLED_MAX)
            die("too many stalled requests", NULL);
        fake->stalled[fake->n_stalled++] = data;
    } else if (method->output == &godwit__v1__event__descriptor) {
        send_events(fake, input, closure, data);
    } else {
        ProtobufCMessage *reply = message_from(method->output, answer->json);
        closure(reply, data);
        protobuf_c_message_free_unpacked(reply, NULL);
    }
    (void)pthread_mutex_unlock(&fake->lock);
}

static void *run(void *arg)
{
    struct fake_scheduler *fake = arg;
    struct gw_error err = {0};
    if (gw_loop_run(fake->loop, &err) < 0)
        die("loop", &err);
    return NULL;
}

/* Every request is answered once, also those that the test let wait. */
static void stop_loop(void *arg)
{
    struct fake_scheduler *fake = arg;
    struct gw_error err;
    (void)gw_error_set(&err, GW_UNAVAILABLE, "the fake ends");
    for (unsigned i = 0; i < fake->n_stalled; i++)
        gw_rpc_fail(fake->stalled[i], &err);
    gw_loop_stop(fake->loop);
}

/* ---- the test's thread ---- */

struct fake_scheduler *fake_scheduler_start(const char *url)
{
    struct gw_error err = {0};
    struct fake_scheduler *fake = calloc(1, sizeof *fake);
    if (!fake)
        abort();
    struct gw_log log = gw_log_none();
    fake->service.descriptor = descriptor();
    fake->service.invoke = invoke;
    (void)pthread_mutex_init(&fake->lock, NULL);
    (void)pthread_cond_init(&fake->was_asked, NULL);
    fake->loop = gw_loop_new(&err);
    fake->server = fake->loop ? gw_rpc_server_new(fake->loop, NULL, &log, &err) : NULL;
    if (!fake->server || gw_rpc_server_add(fake->server, &fake->service, &err) < 0 ||
        gw_rpc_server_listen(fake->server, url, NULL, &err) < 0)
        die(url, &err);
    if (pthread_create(&fake->thread, NULL, run, fake) != 0)
        die("thread", NULL);
    return fake;
}

void fake_scheduler_stop(struct fake_scheduler *fake)
{
    if (!fake)
        return;
    (void)gw_loop_post(fake->loop, stop_loop, fake);
    (void)pthread_join(fake->thread, NULL);
    gw_rpc_server_free(fake->server);
    gw_loop_free(fake->loop);
    for (unsigned i = 0; i < METHODS_MAX; i++) {
        free(fake->answers[i].json);
        free(fake->answers[i].asked);
    }
    for (unsigned i = 0; i < fake->n_events; i++)
        free(fake->events[i]);
    (void)pthread_cond_destroy(&fake->was_asked);
    (void)pthread_mutex_destroy(&fake->lock);
    free(fake);
}

static char *copy_of(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

void fake_scheduler_reply(struct fake_scheduler *fake, const char *method, const char *json)
{
    (void)pthread_mutex_lock(&fake->lock);
    struct answer *answer = answer_of(fake, method);
    free(answer->json);
    answer->json = copy_of(json);
    answer->is_stalled = false;
    gw_error_clear(&answer->err);
    (void)pthread_mutex_unlock(&fake->lock);
}

void fake_scheduler_fail(struct fake_scheduler *fake,
                         const char *method,
                         enum gw_code code,
                         const char *reason,
                         const char *field,
                         const char *message)
{
    (void)pthread_mutex_lock(&fake->lock);
    struct answer *answer = answer_of(fake, method);
    (void)gw_error_set(&answer->err, code, "%s", message);
    (void)gw_error_reason(&answer->err, reason);
    (void)gw_error_field(&answer->err, "%s", field);
    (void)pthread_mutex_unlock(&fake->lock);
}

void fake_scheduler_stall(struct fake_scheduler *fake, const char *method)
{
    (void)pthread_mutex_lock(&fake->lock);
    struct answer *answer = answer_of(fake, method);
    answer->is_stalled = true;
    gw_error_clear(&answer->err);
    (void)pthread_mutex_unlock(&fake->lock);
}

void fake_scheduler_event(struct fake_scheduler *fake, const char *json)
{
    (void)pthread_mutex_lock(&fake->lock);
    if (fake->n_events == EVENTS_MAX)
        die("too many events", NULL);
    fake->events[fake->n_events++] = copy_of(json);
    (void)pthread_mutex_unlock(&fake->lock);
}

void fake_scheduler_break_watch_after(struct fake_scheduler *fake, unsigned n)
{
    (void)pthread_mutex_lock(&fake->lock);
    fake->break_after = n;
    (void)pthread_mutex_unlock(&fake->lock);
}

unsigned fake_scheduler_count(struct fake_scheduler *fake, const char *method)
{
    (void)pthread_mutex_lock(&fake->lock);
    unsigned n = answer_of(fake, method)->n_asked;
    (void)pthread_mutex_unlock(&fake->lock);
    return n;
}

char *fake_scheduler_asked(struct fake_scheduler *fake, const char *method)
{
    (void)pthread_mutex_lock(&fake->lock);
    const char *asked = answer_of(fake, method)->asked;
    char *copy = asked ? copy_of(asked) : NULL;
    (void)pthread_mutex_unlock(&fake->lock);
    return copy;
}

void fake_scheduler_await(struct fake_scheduler *fake, const char *method, unsigned n)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += AWAIT_S;
    (void)pthread_mutex_lock(&fake->lock);
    while (answer_of(fake, method)->n_asked < n) {
        if (pthread_cond_timedwait(&fake->was_asked, &fake->lock, &until) != 0)
            die("nobody asked", NULL);
    }
    (void)pthread_mutex_unlock(&fake->lock);
}
