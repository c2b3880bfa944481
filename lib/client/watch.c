/* The watch: a server stream that goes on after the last event seen when the connection breaks.
 *
 * Normal course: ask for the version (so that an absent scheduler is told in time; a stream has no
 * deadline), open the stream, hand each event to the caller, cancel when the caller has enough.
 * Failure: the stream ends or breaks: pause, then from the top with the cursor of the last event.
 * Thread: the caller's. */
#include "client/client_priv.h"

#include <string.h>

enum { REOPEN_PAUSE_MS = 200 }; /* a server that ends streams at once isn't asked in a tight loop */

struct watch {
    struct gw_client_wait wait; /* first: the closure's data is the wait's address too */
    gw_client_event_fn fn;
    void *arg;
    uint64_t cursor; /* of the last event seen; 0: none */
    bool is_enough;  /* the caller has said so */
};

/* Progress is not stored: it comes under the cursor of the newest event, any number of times. */
static bool is_repeated(const struct watch *watch, const Godwit__V1__Event *event)
{
    bool is_progress = strcmp(event->kind, "migration.progress") == 0;
    if (watch->cursor == 0)
        return false;
    return is_progress ? event->cursor < watch->cursor : event->cursor <= watch->cursor;
}

static void on_event(const Godwit__V1__Event *event, void *arg)
{
    struct watch *watch = arg;
    if (!event) {
        gw_client_take_reply(&watch->wait, NULL);
        return;
    }
    if (watch->is_enough || is_repeated(watch, event))
        return;
    watch->cursor = event->cursor;
    if (!watch->fn(watch->arg, event)) {
        watch->is_enough = true;
        gw_rpc_call_cancel(watch->wait.call);
    }
}

/* One stream, to its end. 0: the caller has enough; -1: @err, not set when the server just ended
 * it. */
static int run_stream(struct gw_client *client,
                      struct watch *watch,
                      const Godwit__V1__WatchRequest *first,
                      struct gw_error *err)
{
    Godwit__V1__WatchRequest request = *first;
    if (watch->cursor) {
        request.after = watch->cursor;
        request.from_now = false;
    }
    struct gw_rpc_options options = {.is_stream = true};
    ProtobufCService *stub = gw_client_begin(client, &watch->wait, &options, err);
    if (!stub)
        return -1;
    godwit__v1__scheduler_service__watch(stub, &request, on_event, watch);
    (void)gw_client_finish(&watch->wait, err);
    return watch->is_enough ? 0 : -1;
}

static void stop_loop(void *arg)
{
    gw_loop_stop(arg);
}

static int pause_before_reopen(struct gw_client *client, struct gw_error *err)
{
    client->was_interrupted = false;
    struct gw_timer *timer = gw_timer_new(client->loop, stop_loop, client->loop);
    if (!timer)
        return gw_error_set_nomem(err, "watching");
    gw_timer_start(timer, REOPEN_PAUSE_MS);
    int ret = gw_loop_run(client->loop, err);
    gw_timer_free(timer);
    if (ret == 0 && client->was_interrupted)
        ret = gw_error_set(err, GW_CANCELLED, "the watch was interrupted");
    return ret;
}

int gw_client_watch(struct gw_client *client,
                    const Godwit__V1__WatchRequest *request,
                    gw_client_event_fn fn,
                    void *arg,
                    struct gw_error *err)
{
    struct watch watch = {.fn = fn, .arg = arg};
    struct gw_error why = {0};
    if (gw_client_probe(client, client->deadline_ms, &why) < 0)
        goto failed;
    for (;;) {
        gw_error_clear(&why);
        if (run_stream(client, &watch, request, &why) == 0)
            return 0;
        if (why.code != GW_OK && why.code != GW_UNAVAILABLE)
            break;
        if (pause_before_reopen(client, &why) < 0)
            break;
        if (gw_client_probe(client, GW_CLIENT_WATCH_PATIENCE_MS, &why) < 0)
            break;
    }
failed:
    if (err)
        *err = why;
    return -1;
}
