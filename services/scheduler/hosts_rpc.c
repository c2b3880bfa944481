#include <stdlib.h>
#include <string.h>

#include "guests.h"
#include "hosts.h"
#include "service_rpc.h"

/* A heartbeat that is being taken in. */
struct beating {
    struct scheduler *scheduler;
    Godwit__V1__HeartbeatReply_Closure closure;
    void *data;
    bool is_inside; /* sch_hosts_beat() has not returned yet */
    bool is_done;
    struct gw_error err;
};

static void reply_to_beat(struct beating *b, Godwit__V1__GuestOrder **orders, size_t n_orders)
{
    Godwit__V1__HeartbeatReply reply = GODWIT__V1__HEARTBEAT_REPLY__INIT;
    if (gw_error_is_set(&b->err)) {
        gw_rpc_fail(b->data, &b->err);
        return;
    }
    reply.interval_ms = b->scheduler->options.heartbeat_interval_ms;
    reply.orders = orders;
    reply.n_orders = n_orders;
    b->closure(&reply, b->data);
}

static void beat_done(void *arg, const struct gw_error *err)
{
    struct beating *b = arg;
    b->is_done = true;
    if (err)
        b->err = *err;
    if (b->is_inside)
        return;
    reply_to_beat(b, NULL, 0); /* a host just registered: its guests come with the next beat */
    free(b);
}

static struct sch_report report_of(const Godwit__V1__GuestReport *m)
{
    return (struct sch_report){.guest_uuid = m->guest_uuid,
                               .epoch = m->epoch,
                               .state = (enum gw_guest_state)m->state,
                               .migration_id = m->migration_id,
                               .attempt = m->attempt,
                               .qemu_pid = m->qemu_pid};
}

/* Take the reports in; the orders that follow go into @orders, which has room for all. */
static size_t take_reports(struct scheduler *s,
                           const Godwit__V1__HeartbeatRequest *input,
                           Godwit__V1__GuestOrder *orders)
{
    const struct sch_host *host = sch_list_find(&s->hosts, input->host_id);
    size_t n = 0;
    for (size_t i = 0; host && i < input->n_guests; i++) {
        struct sch_report report = report_of(input->guests[i]);
        uint64_t epoch = 0;
        if (!sch_guest_report(s, host, &report, "", false, &epoch))
            continue;
        gw_log_warn(&s->log, "guest.kill_ordered", "guest=%s host=%s epoch=%llu current=%llu",
                    report.guest_uuid, host->row.name, (unsigned long long)report.epoch,
                    (unsigned long long)epoch);
        godwit__v1__guest_order__init(&orders[n]);
        orders[n].guest_uuid = input->guests[i]->guest_uuid;
        orders[n].epoch = epoch;
        orders[n++].kill = true;
    }
    return n;
}

static void answer_beat(struct beating *b, const Godwit__V1__HeartbeatRequest *input)
{
    if (input->n_guests == 0 || gw_error_is_set(&b->err)) {
        reply_to_beat(b, NULL, 0);
        return;
    }
    Godwit__V1__GuestOrder *orders = calloc(input->n_guests, sizeof *orders);
    Godwit__V1__GuestOrder **pointers = calloc(input->n_guests, sizeof(Godwit__V1__GuestOrder *));
    if (orders && pointers) {
        size_t n = take_reports(b->scheduler, input, orders);
        for (size_t i = 0; i < n; i++)
            pointers[i] = &orders[i];
        reply_to_beat(b, pointers, n);
    } else {
        sch_fail_nomem(b->data);
    }
    free(orders);
    free(pointers);
}

SCH_METHOD(heartbeat, HeartbeatRequest, HeartbeatReply)
{
    struct sch_beat beat = {.role = (enum sch_role)input->role,
                            .name = input->host_name,
                            .id = input->host_id,
                            .boot_id = input->boot_id,
                            .url = input->url};
    struct gw_error err = {0};
    struct beating *b = calloc(1, sizeof *b);
    if (!b || (input->facts && sch_pack(&input->facts->base, &beat.facts, &err) < 0)) {
        free(b);
        sch_fail_nomem(data);
        return;
    }
    *b = (struct beating){
        .scheduler = sch_of(service), .closure = closure, .data = data, .is_inside = true};
    sch_hosts_beat(b->scheduler, &beat, beat_done, b);
    b->is_inside = false;
    gw_blob_fini(&beat.facts);
    if (!b->is_done)
        return;
    answer_beat(b, input);
    free(b);
}

SCH_METHOD(guest_changed, GuestChangedRequest, GuestChangedReply)
{
    struct scheduler *s = sch_of(service);
    struct gw_error err = {0};
    const struct sch_host *host = sch_host_get(s, input->host_id, &err);
    Godwit__V1__GuestChangedReply reply = GODWIT__V1__GUEST_CHANGED_REPLY__INIT;
    if (!host || !input->guest) {
        if (host)
            gw_error_set(&err, GW_INVALID_ARGUMENT, "the guest is missing");
        gw_rpc_fail(data, &err);
        return;
    }
    struct sch_report report = report_of(input->guest);
    uint64_t epoch = 0;
    (void)sch_guest_report(s, host, &report, input->message, true, &epoch);
    closure(&reply, data);
}

static int by_name(const void *a, const void *b)
{
    const Godwit__V1__Host *const *one = a;
    const Godwit__V1__Host *const *other = b;
    return strcmp((*one)->name, (*other)->name);
}

SCH_METHOD(list_hosts, ListHostsRequest, ListHostsReply)
{
    (void)input;
    struct scheduler *s = sch_of(service);
    Godwit__V1__ListHostsReply reply = GODWIT__V1__LIST_HOSTS_REPLY__INIT;
    reply.hosts = calloc(s->hosts.n_items + 1, sizeof(Godwit__V1__Host *));
    if (!reply.hosts) {
        sch_fail_nomem(data);
        return;
    }
    for (size_t i = 0; i < s->hosts.n_items; i++) {
        reply.hosts[reply.n_hosts] = sch_host_message(s, s->hosts.items[i]);
        reply.n_hosts += reply.hosts[reply.n_hosts] != NULL;
    }
    qsort(reply.hosts, reply.n_hosts, sizeof(Godwit__V1__Host *), by_name);
    closure(&reply, data);
    for (size_t i = 0; i < reply.n_hosts; i++)
        godwit__v1__host__free_unpacked(reply.hosts[i], NULL);
    free(reply.hosts);
}

SCH_METHOD(get_host, GetHostRequest, Host)
{
    struct scheduler *s = sch_of(service);
    struct gw_error err = {0};
    const struct sch_host *host = sch_host_get(s, input->host, &err);
    if (!host) {
        gw_rpc_fail(data, &err);
        return;
    }
    Godwit__V1__Host *message = sch_host_message(s, host);
    if (!message) {
        sch_fail_nomem(data);
        return;
    }
    closure(message, data);
    godwit__v1__host__free_unpacked(message, NULL);
}
