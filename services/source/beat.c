#include "beat.h"

#include <inttypes.h>
#include <stdlib.h>

#include "guest.h"

static void fill(void *arg, struct gw_guest_reports *out)
{
    struct src_daemon *daemon = arg;
    size_t n = 0;

    for (struct src_guest *g = daemon->guests; g != NULL; g = g->next)
        n += src_guest_is_here(g);
    if (n == 0)
        return;
    out->items = calloc(n, sizeof *out->items);
    if (out->items == NULL)
        return;
    for (struct src_guest *g = daemon->guests; g != NULL; g = g->next)
        if (src_guest_is_here(g))
            src_guest_report(g, &out->items[out->n_items++]);
}

/* A guest whose epoch is behind lives elsewhere by the scheduler's word: its QEMU here is ended,
 * its disks stay. One that is given up waits for Retire or Regrant: paused, it does no harm. */
static void order(void *arg, const char *uuid, uint64_t epoch, bool kill)
{
    struct src_daemon *daemon = arg;
    struct gw_error err = {0};

    if (!kill)
        return;
    struct src_guest *guest = src_guests_get(daemon, uuid, &err);
    if (guest == NULL || guest->qemu == NULL || src_guest_epoch(guest) >= epoch ||
        guest->record.now.state == GW_RECORD_RELINQUISHED)
        return;
    gw_log_warn(&guest->log, "guest.killed_by_order", "epoch=%" PRIu64 " newer=%" PRIu64,
                src_guest_epoch(guest), epoch);
    src_guest_end_qemu(guest);
}

int src_beat_start(struct src_daemon *daemon, const char *url, struct gw_error *err)
{
    const struct gw_heartbeat_config config = {.loop = daemon->loop,
                                               .pool = daemon->pool,
                                               .scheduler = daemon->scheduler,
                                               .host = &daemon->host,
                                               .log = &daemon->log,
                                               .role = GW_AGENT_SOURCE,
                                               .url = url};
    const struct gw_heartbeat_handlers handlers = {.fill = fill, .order = order, .arg = daemon};

    daemon->heartbeat = gw_heartbeat_start(&config, &handlers, err);
    return daemon->heartbeat != NULL ? 0 : -1;
}
