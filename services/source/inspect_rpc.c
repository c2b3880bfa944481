#include <stdlib.h>

#include "base/scope.h"
#include "rpc/rpc.h"
#include "service_rpc.h"

struct inspect_item {
    struct gw_guest_report report;
    Godwit__V1__GuestReport message;
};

static void fill(struct inspect_item *item, const struct src_guest *guest)
{
    src_guest_report(guest, &item->report);
    godwit__v1__guest_report__init(&item->message);
    item->message.guest_uuid = item->report.guest_uuid;
    item->message.epoch = item->report.epoch;
    item->message.state = (Godwit__V1__GuestState)item->report.state;
    item->message.migration_id = item->report.migration_id;
    item->message.attempt = item->report.attempt;
    item->message.qemu_pid = item->report.qemu_pid;
}

static void
answer(struct src_guest *first, bool is_one, Godwit__V1__InspectReply_Closure closure, void *call)
{
    Godwit__V1__InspectReply reply = GODWIT__V1__INSPECT_REPLY__INIT;
    struct gw_error err = {0};
    size_t n = 0;

    for (struct src_guest *g = first; g != NULL; g = is_one ? NULL : g->next)
        n += src_guest_is_here(g);
    GW_AUTO_FREE struct inspect_item *items = calloc(n + 1, sizeof *items);
    GW_AUTO_FREE Godwit__V1__GuestReport **pointers = calloc(n + 1, sizeof(*pointers));
    if (items == NULL || pointers == NULL) {
        (void)gw_error_set_nomem(&err, "inspecting guests");
        gw_rpc_fail(call, &err);
        return;
    }
    for (struct src_guest *g = first; g != NULL; g = is_one ? NULL : g->next) {
        if (!src_guest_is_here(g))
            continue;
        fill(&items[reply.n_guests], g);
        pointers[reply.n_guests] = &items[reply.n_guests].message;
        reply.n_guests++;
    }
    reply.guests = pointers;
    closure(&reply, call);
}

void src_rpc_inspect(Godwit__V1__SourceService_Service *service,
                     const Godwit__V1__InspectRequest *request,
                     Godwit__V1__InspectReply_Closure closure,
                     void *call)
{
    struct src_daemon *daemon = src_service_daemon(service);
    struct gw_error err = {0};

    if (request->guest_uuid[0] == '\0') {
        src_guests_scan(daemon);
        answer(daemon->guests, false, closure, call);
        return;
    }
    struct src_guest *guest = src_guests_get(daemon, request->guest_uuid, &err);
    if (guest == NULL)
        gw_rpc_fail(call, &err);
    else
        answer(guest, true, closure, call);
}
