#include "wire_rpc.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "rpc/rpc.h"
#include "wire/guest_spec.h"

static int refuse(struct gw_error *err, const char *field, const char *text)
{
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%s %s", field, text);
    return gw_error_field(err, "%s", field);
}

static bool is_id(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t len = strlen(text);
    return len > 0 && len <= GW_NAME_MAX && strspn(text, allowed) == len && text[0] != '-';
}

int tgt_attempt_decode(const Godwit__V1__Attempt *message,
                       struct tgt_attempt *out,
                       struct gw_error *err)
{
    if (!message)
        return refuse(err, "attempt", "is missing");
    if (!gw_uuid_is_valid(message->guest_uuid))
        return refuse(err, "attempt.guest_uuid", "is not a lower-case 8-4-4-4-12 uuid");
    if (!is_id(message->migration_id))
        return refuse(err, "attempt.migration_id",
                      "is missing or has more than letters, digits, '-' and '_'");
    if (message->attempt == 0)
        return refuse(err, "attempt.attempt", "is 0; attempts are counted from 1");
    if (message->epoch == 0)
        return refuse(err, "attempt.epoch", "is 0; epochs are counted from 1");
    *out = (struct tgt_attempt){.attempt = message->attempt, .epoch = message->epoch};
    (void)gw_str_copy(out->guest_uuid, sizeof out->guest_uuid, message->guest_uuid);
    return gw_str_copy(out->migration_id, sizeof out->migration_id, message->migration_id);
}

struct gw_guest_spec *
tgt_spec_decode(const Godwit__V1__GuestSpec *message, uint64_t epoch, struct gw_error *err)
{
    struct gw_guest_spec *spec = gw_wire_guest_spec_new(message, err);
    if (!spec)
        return NULL;
    if (spec->uuid[0] && epoch > 0)
        return spec;
    (void)(spec->uuid[0] ? refuse(err, "epoch", "is 0; epochs are counted from 1")
                         : refuse(err, "spec.uuid", "is missing"));
    free(spec);
    return NULL;
}

struct tgt_request *
tgt_request_new(void (*closure)(void), void *closure_data, struct tgt_daemon *daemon)
{
    struct gw_error err = {0};
    struct tgt_request *request = malloc(sizeof *request);
    if (request) {
        *request = (struct tgt_request){
            .closure = closure, .closure_data = closure_data, .daemon = daemon};
        return request;
    }
    (void)gw_error_set_nomem(&err, "taking a request");
    gw_rpc_fail(closure_data, &err);
    return NULL;
}

static struct tgt_daemon *daemon_of(const Godwit__V1__TargetService_Service *service)
{
    return ((const struct tgt_service *)service)->daemon;
}

struct tgt_request *tgt_request_of_attempt(const Godwit__V1__TargetService_Service *service,
                                           const Godwit__V1__Attempt *message,
                                           void (*closure)(void),
                                           void *closure_data,
                                           struct tgt_attempt *out)
{
    struct gw_error err = {0};
    if (tgt_attempt_decode(message, out, &err) == 0)
        return tgt_request_new(closure, closure_data, daemon_of(service));
    gw_rpc_fail(closure_data, &err);
    return NULL;
}

void tgt_request_with_spec(const Godwit__V1__TargetService_Service *service,
                           const struct tgt_spec_order *order,
                           tgt_spec_fn fn,
                           tgt_done_fn done)
{
    struct gw_error err = {0};
    struct gw_guest_spec *spec = tgt_spec_decode(order->message, order->epoch, &err);
    if (!spec) {
        gw_rpc_fail(order->closure_data, &err);
        return;
    }
    struct tgt_request *request =
        tgt_request_new(order->closure, order->closure_data, daemon_of(service));
    if (request)
        fn(request->daemon, spec, order->epoch, done, request);
    else
        free(spec);
}
