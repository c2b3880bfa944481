/* The one operation of a guest, and who waits for it. */
#include "guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *op_name(enum tgt_op op)
{
    static const char *const names[] = {
        [TGT_OP_NONE] = "nothing",
        [TGT_OP_CREATE] = "being created",
        [TGT_OP_START] = "being started",
        [TGT_OP_PREPARE] = "being prepared",
        [TGT_OP_ACTIVATE] = "being activated",
        [TGT_OP_REFUSE] = "being refused",
    };
    return names[op];
}

static bool
is_same(const struct tgt_guest *guest, enum tgt_op op, const struct tgt_attempt *attempt)
{
    return guest->op == op && guest->attempt.epoch == attempt->epoch &&
           guest->attempt.attempt == attempt->attempt &&
           strcmp(guest->attempt.migration_id, attempt->migration_id) == 0;
}

static int add_waiter(struct tgt_guest *guest, tgt_done_fn done, void *arg)
{
    struct tgt_waiter *waiter = malloc(sizeof *waiter);
    struct gw_error err = {0};
    if (!waiter) {
        (void)gw_error_set_nomem(&err, "taking a request");
        done(arg, guest, &err);
        return -1;
    }
    *waiter = (struct tgt_waiter){.next = guest->waiters, .done = done, .arg = arg};
    guest->waiters = waiter;
    return 0;
}

int tgt_op_begin(struct tgt_guest *guest,
                 enum tgt_op op,
                 const struct tgt_attempt *attempt,
                 uint32_t deadline_ms,
                 tgt_done_fn done,
                 void *arg)
{
    struct gw_error err = {0};
    bool is_joined = guest->op != TGT_OP_NONE && is_same(guest, op, attempt);
    if (guest->op != TGT_OP_NONE && !is_joined) {
        (void)gw_error_set(&err, GW_UNAVAILABLE, "guest %s is %s; ask again when that is over",
                           guest->uuid, op_name(guest->op));
        (void)gw_error_reason(&err, "BUSY");
        done(arg, guest, &err);
        return -1;
    }
    if (add_waiter(guest, done, arg) < 0)
        return -1;
    if (is_joined)
        return 1;
    guest->op = op;
    guest->attempt = *attempt;
    guest->begun_us = gw_loop_now_us(guest->daemon->loop);
    gw_error_clear(&guest->failure);
    gw_timer_start(guest->deadline, deadline_ms);
    return 0;
}

struct tgt_guest *tgt_op_take(struct tgt_daemon *daemon, const struct tgt_asked *asked)
{
    struct gw_error err = {0};
    struct tgt_guest *guest =
        tgt_guests_get(daemon, asked->attempt.guest_uuid, asked->is_made, &err);
    int found = guest && guest->op == TGT_OP_NONE ? asked->check(guest, &asked->attempt, &err) : 0;
    if (!guest || found != 0) {
        asked->done(asked->arg, guest, !guest || found < 0 ? &err : NULL);
        return NULL;
    }
    int begun = tgt_op_begin(guest, asked->op, &asked->attempt, asked->deadline_ms, asked->done,
                             asked->arg);
    return begun == 0 ? guest : NULL;
}

static void answer_all(struct tgt_guest *guest, const struct gw_error *err)
{
    struct tgt_waiter *waiters = guest->waiters;
    guest->waiters = NULL;
    while (waiters) {
        struct tgt_waiter *waiter = waiters;
        waiters = waiter->next;
        waiter->done(waiter->arg, guest, err);
        free(waiter);
    }
}

void tgt_op_end(struct tgt_guest *guest, const struct gw_error *err)
{
    guest->op = TGT_OP_NONE;
    guest->on_late = NULL;
    guest->then = (struct tgt_steps){0};
    gw_timer_stop(guest->deadline);
    answer_all(guest, err);
    tgt_guests_sweep(guest->daemon);
}

void tgt_op_break(struct tgt_guest *guest, const struct gw_error *err)
{
    guest->op = TGT_OP_NONE;
    guest->on_late = NULL;
    guest->then = (struct tgt_steps){0};
    gw_timer_stop(guest->deadline);
    gw_disk_maker_free(guest->maker);
    guest->maker = NULL;
    answer_all(guest, err);
}

void tgt_op_on_deadline(struct tgt_guest *guest)
{
    struct gw_error err = {0};
    tgt_step_fn fail = guest->on_late;
    guest->on_late = NULL;
    (void)gw_error_set(&err, GW_DEADLINE_EXCEEDED, "guest %s was still %s after %" PRIu64 " ms",
                       guest->uuid, op_name(guest->op),
                       (gw_loop_now_us(guest->daemon->loop) - guest->begun_us) / 1000);
    if (fail)
        fail(guest, &err);
}

void tgt_go_on(struct tgt_guest *guest, tgt_step_fn *slot, const struct gw_error *err)
{
    tgt_step_fn step = *slot;
    *slot = NULL;
    if (step)
        step(guest, err);
}
