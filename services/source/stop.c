#include "stop.h"

#include <inttypes.h>
#include <stdlib.h>

#include "monitor.h"

struct stop_waiter {
    struct stop_waiter *next;
    src_stop_fn fn;
    void *arg;
};

struct src_stop {
    struct src_guest *guest;
    struct gw_timer *ask;
    uint64_t asked_at_us;
    uint64_t until_us; /* loop clock */
    bool is_force_after;
    struct stop_waiter *waiters;
};

/* The stop is over: off the guest first, so that a waiter may begin another. */
static void finish(struct src_stop *stop, const struct gw_error *err)
{
    stop->guest->stop = NULL;
    while (stop->waiters != NULL) {
        struct stop_waiter *waiter = stop->waiters;
        stop->waiters = waiter->next;
        waiter->fn(waiter->arg, err);
        free(waiter);
    }
    gw_timer_free(stop->ask);
    free(stop);
}

void src_stop_abandon(struct src_guest *guest)
{
    struct gw_error err = {0};

    if (guest->stop == NULL)
        return;
    (void)gw_error_set(&err, GW_CANCELLED, "godwit-source is ending; ask again");
    finish(guest->stop, &err);
}

static void time_over(struct src_stop *stop)
{
    struct src_guest *guest = stop->guest;
    struct gw_error err = {0};

    if (stop->is_force_after) {
        src_guest_end_qemu(guest);
        return;
    }
    guest->is_end_asked = false;
    (void)gw_error_set(&err, GW_DEADLINE_EXCEEDED,
                       "guest %s did not power off within %" PRIu64
                       " ms; it runs on, stop it by force or allow more time",
                       guest->uuid, (stop->until_us - stop->asked_at_us) / 1000);
    (void)gw_error_reason(&err, "GUEST_DID_NOT_STOP");
    finish(stop, &err);
}

static void ask(void *arg)
{
    struct src_stop *stop = arg;
    uint64_t now_us = gw_loop_now_us(stop->guest->daemon->loop);

    if (now_us >= stop->until_us) {
        time_over(stop);
        return;
    }
    uint64_t left_ms = (stop->until_us - now_us + 999) / 1000;
    bool is_sent = src_monitor_execute(stop->guest->monitor, "system_powerdown", NULL,
                                       SRC_QMP_DEADLINE_MS, NULL, NULL) == 0;
    uint64_t next_ms = is_sent ? SRC_STOP_ASK_AGAIN_MS : SRC_MONITOR_RETRY_MAX_MS;
    gw_timer_start(stop->ask, next_ms < left_ms ? next_ms : left_ms);
}

static struct src_stop *stop_new(struct src_guest *guest)
{
    struct src_stop *stop = calloc(1, sizeof *stop);

    if (stop == NULL)
        return NULL;
    stop->guest = guest;
    stop->until_us = UINT64_MAX;
    stop->asked_at_us = gw_loop_now_us(guest->daemon->loop);
    stop->ask = gw_timer_new(guest->daemon->loop, ask, stop);
    if (stop->ask != NULL)
        return stop;
    free(stop);
    return NULL;
}

static int add_waiter(struct src_guest *guest, src_stop_fn fn, void *arg)
{
    struct stop_waiter *waiter = malloc(sizeof *waiter);

    if (waiter != NULL && guest->stop == NULL)
        guest->stop = stop_new(guest);
    if (waiter == NULL || guest->stop == NULL) {
        free(waiter);
        return -1;
    }
    *waiter = (struct stop_waiter){.next = guest->stop->waiters, .fn = fn, .arg = arg};
    guest->stop->waiters = waiter;
    return 0;
}

int src_stop_begin(struct src_guest *guest,
                   bool force_now,
                   bool force_after,
                   uint32_t timeout_ms,
                   src_stop_fn fn,
                   void *arg,
                   struct gw_error *err)
{
    if (guest->qemu == NULL && !guest->has_ended)
        return gw_error_set(err, GW_FAILED_PRECONDITION, "guest %s is not running", guest->uuid);
    if (add_waiter(guest, fn, arg) != 0)
        return gw_error_set_nomem(err, "stopping a guest");
    struct src_stop *stop = guest->stop;
    if (timeout_ms == 0)
        timeout_ms = SRC_STOP_TIMEOUT_MS;
    if (timeout_ms > SRC_STOP_TIMEOUT_MAX_MS)
        timeout_ms = SRC_STOP_TIMEOUT_MAX_MS;
    uint64_t until_us =
        gw_loop_now_us(guest->daemon->loop) + (force_now ? 0 : (uint64_t)timeout_ms * 1000);
    if (until_us < stop->until_us)
        stop->until_us = until_us;
    stop->is_force_after |= force_now || force_after;
    guest->is_end_asked = true;
    ask(stop);
    return 0;
}

void src_stop_forget(struct src_guest *guest, void *arg)
{
    if (guest->stop == NULL)
        return;
    struct stop_waiter **slot = &guest->stop->waiters;
    while (*slot != NULL) {
        struct stop_waiter *waiter = *slot;
        if (waiter->arg != arg) {
            slot = &waiter->next;
            continue;
        }
        *slot = waiter->next;
        free(waiter);
    }
}

void src_stop_on_qemu_ended(struct src_guest *guest)
{
    if (guest->stop != NULL)
        finish(guest->stop, NULL);
}
