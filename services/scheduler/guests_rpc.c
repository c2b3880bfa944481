#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "guests.h"
#include "service_rpc.h"
#include "wire/guest_spec.h"

/* A request about one guest whose answer comes later. */
struct pending {
    struct scheduler *scheduler;
    Godwit__V1__Guest_Closure on_guest; /* one of the two */
    Godwit__V1__DeleteGuestReply_Closure on_deleted;
    void *data;
};

static struct pending *
new_pending(struct scheduler *s, Godwit__V1__Guest_Closure closure, void *data)
{
    struct pending *p = calloc(1, sizeof *p);
    if (!p) {
        sch_fail_nomem(data);
        return NULL;
    }
    *p = (struct pending){.scheduler = s, .on_guest = closure, .data = data};
    return p;
}

static void reply_guest(const struct scheduler *s,
                        const struct sch_guest *guest,
                        Godwit__V1__Guest_Closure closure,
                        void *data)
{
    Godwit__V1__Guest *message = sch_guest_message(s, &guest->row, &guest->spec);
    if (!message) {
        sch_fail_nomem(data);
        return;
    }
    closure(message, data);
    godwit__v1__guest__free_unpacked(message, NULL);
}

static void on_done(void *arg, struct sch_guest *guest, const struct gw_error *err)
{
    struct pending *p = arg;
    if (err) {
        gw_rpc_fail(p->data, err);
    } else if (p->on_deleted) {
        Godwit__V1__DeleteGuestReply reply = GODWIT__V1__DELETE_GUEST_REPLY__INIT;
        p->on_deleted(&reply, p->data);
    } else {
        reply_guest(p->scheduler, guest, p->on_guest, p->data);
    }
    free(p);
}

SCH_METHOD(create_guest, CreateGuestRequest, Guest)
{
    struct gw_error err = {0};
    GW_AUTO_FREE struct gw_guest_spec *spec = gw_wire_guest_spec_new(input->spec, &err);
    if (!spec) {
        gw_rpc_fail(data, &err);
        return;
    }
    struct scheduler *s = sch_of(service);
    struct pending *p = new_pending(s, closure, data);
    if (p)
        sch_guest_create(s, spec, input->host, input->start, on_done, p);
}

SCH_METHOD(start_guest, StartGuestRequest, Guest)
{
    struct scheduler *s = sch_of(service);
    struct pending *p = new_pending(s, closure, data);
    if (p)
        sch_guest_start(s, input->guest, on_done, p);
}

SCH_METHOD(stop_guest, StopGuestRequest, Guest)
{
    struct scheduler *s = sch_of(service);
    struct pending *p = new_pending(s, closure, data);
    if (p)
        sch_guest_stop(s, input->guest, input->force, input->timeout_ms, on_done, p);
}

SCH_METHOD(delete_guest, DeleteGuestRequest, DeleteGuestReply)
{
    struct scheduler *s = sch_of(service);
    struct pending *p = new_pending(s, NULL, data);
    if (!p)
        return;
    p->on_deleted = closure;
    sch_guest_delete(s, input->guest, on_done, p);
}

SCH_METHOD(get_guest, GetGuestRequest, Guest)
{
    struct scheduler *s = sch_of(service);
    struct gw_error err = {0};
    const struct sch_guest *guest = sch_guest_get(s, input->guest, &err);
    if (guest)
        reply_guest(s, guest, closure, data);
    else
        gw_rpc_fail(data, &err);
}

SCH_METHOD(list_guests, ListGuestsRequest, ListGuestsReply)
{
    struct scheduler *s = sch_of(service);
    struct gw_error err = {0};
    const struct sch_host *host = NULL;
    if (input->host[0]) {
        host = sch_host_get(s, input->host, &err);
        if (!host) {
            gw_rpc_fail(data, &err);
            return;
        }
    }
    Godwit__V1__ListGuestsReply reply = GODWIT__V1__LIST_GUESTS_REPLY__INIT;
    reply.guests = calloc(s->guests.n_items + 1, sizeof(Godwit__V1__Guest *));
    if (!reply.guests) {
        sch_fail_nomem(data);
        return;
    }
    for (size_t i = 0; i < s->guests.n_items; i++) {
        const struct sch_guest *guest = s->guests.items[i];
        if (host && strcmp(guest->row.holder, host->row.id) != 0)
            continue;
        reply.guests[reply.n_guests] = sch_guest_message(s, &guest->row, &guest->spec);
        reply.n_guests += reply.guests[reply.n_guests] != NULL;
    }
    closure(&reply, data);
    for (size_t i = 0; i < reply.n_guests; i++)
        godwit__v1__guest__free_unpacked(reply.guests[i], NULL);
    free(reply.guests);
}
