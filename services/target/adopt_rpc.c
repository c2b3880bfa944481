/* Handing a running guest to the source agent of this host: asked again and again, with pauses,
 * until it answers. The guest runs meanwhile; only Stop and moves have to wait. Once the source has
 * it, our monitor is closed and the record is done. */
#include <stdlib.h>

#include "base/scope.h"
#include "godwit/v1/source.pb-c.h"
#include "guest.h"
#include "qemu.h"
#include "rpc/rpc.h"

enum { ADOPT_MS = 5000, PAUSE_MIN_MS = 100, PAUSE_MAX_MS = 2000 };

struct tgt_adopt {
    struct tgt_guest *guest; /* NULL: stopped while a call was under way */
    struct gw_rpc_call *call;
    struct gw_timer *timer;
    uint64_t epoch;
    uint32_t pause_ms;
    bool was_told; /* the failure was logged */
};

static void ask(void *arg);

static void adopt_free(struct tgt_adopt *adopt)
{
    gw_timer_free(adopt->timer);
    free(adopt);
}

static void finish(struct tgt_adopt *adopt)
{
    struct tgt_guest *guest = adopt->guest;
    struct gw_error err = {0};
    struct gw_record record = guest->record.now;
    guest->adopt = NULL;
    record.is_done = true;
    if (record.epoch == adopt->epoch && record.state == GW_RECORD_ACTIVE &&
        tgt_guest_write(guest, &record, GW_RECORD_NO_SYNC, &err) < 0)
        gw_log_failure(&guest->log, GW_LOG_WARN, "adopt.record_failed", &err);
    gw_log_info(&guest->log, "adopt.done", "epoch=%llu", (unsigned long long)adopt->epoch);
    if (guest->op == TGT_OP_NONE)
        tgt_qemu_release(guest);
    adopt_free(adopt);
    tgt_guests_sweep(guest->daemon);
}

static void on_reply(const Godwit__V1__AdoptReply *reply, void *arg)
{
    struct tgt_adopt *adopt = arg;
    const struct gw_error *err = reply ? NULL : gw_rpc_call_error(adopt->call);
    if (!adopt->guest) {
        adopt_free(adopt);
        return;
    }
    adopt->call = NULL;
    /* STALE: the source is further than that; NOT_FOUND: the guest was deleted meanwhile. */
    if (!err || err->code == GW_ABORTED || err->code == GW_NOT_FOUND) {
        finish(adopt);
        return;
    }
    if (!adopt->was_told)
        gw_log_failure(&adopt->guest->log, GW_LOG_WARN, "adopt.repeated", err);
    adopt->was_told = true;
    gw_timer_start(adopt->timer, adopt->pause_ms);
    adopt->pause_ms = adopt->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : adopt->pause_ms * 2;
}

static void ask(void *arg)
{
    struct tgt_adopt *adopt = arg;
    Godwit__V1__AdoptRequest request = GODWIT__V1__ADOPT_REQUEST__INIT;
    const struct gw_rpc_options options = {.deadline_ms = ADOPT_MS, .is_idempotent = true};
    request.guest_uuid = adopt->guest->uuid;
    request.epoch = adopt->epoch;
    adopt->call = gw_rpc_call_new(adopt->guest->daemon->source,
                                  &godwit__v1__source_service__descriptor, &options);
    if (adopt->call)
        godwit__v1__source_service__adopt(gw_rpc_call_stub(adopt->call), &request, on_reply, adopt);
    else
        gw_timer_start(adopt->timer, PAUSE_MAX_MS);
}

void tgt_adopt_start(struct tgt_guest *guest)
{
    if (guest->adopt)
        return;
    struct tgt_adopt *adopt = calloc(1, sizeof *adopt);
    struct gw_timer *timer = adopt ? gw_timer_new(guest->daemon->loop, ask, adopt) : NULL;
    if (!timer) {
        /* The source finds the guest by itself when it is asked for it, or started. */
        free(adopt);
        gw_log_error(&guest->log, "adopt.no_memory", "epoch=%llu",
                     (unsigned long long)guest->record.now.epoch);
        return;
    }
    *adopt = (struct tgt_adopt){
        .guest = guest, .timer = timer, .epoch = guest->record.now.epoch, .pause_ms = PAUSE_MIN_MS};
    guest->adopt = adopt;
    ask(adopt);
}

void tgt_adopt_stop(struct tgt_guest *guest)
{
    struct tgt_adopt *adopt = guest->adopt;
    if (!adopt)
        return;
    guest->adopt = NULL;
    if (!adopt->call) {
        adopt_free(adopt);
        return;
    }
    adopt->guest = NULL;
    gw_timer_stop(adopt->timer);
    gw_rpc_call_cancel(adopt->call);
}
