#include "plan_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "convert.h"
#include "guests.h"
#include "hosts.h"

static void add_error(struct gw_reasons *reasons, const struct gw_error *err)
{
    gw_reasons_add(reasons, err->reason[0] ? err->reason : gw_code_name(err->code), "%.*s",
                   GW_REASON_MESSAGE_MAX - 1, err->message);
}

static struct gw_move move_of(const struct scheduler *s,
                              const struct sch_choice *choice,
                              const struct gw_guest_spec *spec,
                              const struct gw_host_view *from,
                              char busy_with[80])
{
    const struct sch_guest *guest = choice->guest;
    const char *migration_id = guest->row.migration_id;
    bool is_settled = guest->row.state == GW_GUEST_RUNNING ||
                      guest->row.state == GW_GUEST_STOPPED || guest->row.state == GW_GUEST_CRASHED;
    const char *what = guest->is_busy ? guest->busy_with : "a change of its state";
    (void)s;
    if (migration_id[0])
        (void)snprintf(busy_with, 80, "migration %s", migration_id);
    else
        (void)snprintf(busy_with, 80, "%s", what);
    return (struct gw_move){.spec = spec,
                            .is_running = choice->is_running,
                            .is_busy = guest->is_busy || migration_id[0] || !is_settled,
                            .busy_with = busy_with,
                            .is_live = choice->is_live,
                            .from = from};
}

/* The host to move to: the one named, or the best; NULL with the reasons added. */
static const struct sch_host *choose_target(struct scheduler *s,
                                            const struct gw_move *move,
                                            const char *name,
                                            struct gw_reasons *reasons)
{
    if (!name[0]) {
        GW_AUTO_FREE struct gw_host_view *views = sch_hosts_views(s);
        int at = views ? gw_place_move(move, views, s->hosts.n_items, reasons) : -1;
        return at >= 0 ? s->hosts.items[at] : NULL;
    }
    struct gw_error err = {0};
    const struct sch_host *host = sch_host_get(s, name, &err);
    if (!host) {
        add_error(reasons, &err);
        return NULL;
    }
    struct gw_host_view view = sch_host_view(host);
    gw_check_move_target(move, &view, reasons);
    return host;
}

static bool is_live_wanted(const struct sch_wish *wish, const struct sch_guest *guest)
{
    if (wish->mode == SCH_MODE_ANY)
        return guest->row.state == GW_GUEST_RUNNING;
    return wish->mode == SCH_MODE_LIVE;
}

/* Understand one wish, or add what is against it to @reasons. */
static void check_wish(struct scheduler *s,
                       const struct sch_wish *wish,
                       struct sch_choice *choice,
                       struct gw_reasons *reasons)
{
    struct gw_error err = {0};
    struct sch_guest *guest = sch_guest_get(s, wish->guest, &err);
    GW_AUTO_FREE struct gw_guest_spec *spec = guest ? sch_spec_unpack(&guest->spec, &err) : NULL;
    const struct sch_host *from = guest ? sch_list_find(&s->hosts, guest->row.holder) : NULL;
    if (!spec || !from) {
        add_error(reasons, &err);
        if (wish->to_host[0] && !sch_host_get(s, wish->to_host, &err))
            add_error(reasons, &err);
        return;
    }
    char busy_with[80];
    size_t before = reasons->n_items;
    *choice = (struct sch_choice){.guest = guest, .from = from};
    choice->is_running = guest->row.state == GW_GUEST_RUNNING;
    choice->is_live = is_live_wanted(wish, guest);
    struct gw_host_view from_view = sch_host_view(from);
    struct gw_move move = move_of(s, choice, spec, &from_view, busy_with);
    gw_check_move_source(&move, reasons);
    choice->to = choose_target(s, &move, wish->to_host, reasons);
    if (reasons->n_items > before) {
        choice->guest = NULL;
        return;
    }
    guest->is_busy = true;
    guest->busy_with = "another migration of a plan";
}

void sch_plan_release(struct sch_choice *choices, size_t n_choices)
{
    for (size_t i = 0; i < n_choices; i++) {
        if (choices[i].guest)
            choices[i].guest->is_busy = false;
    }
}

static int refuse(const struct gw_reasons *reasons, struct gw_error *err)
{
    gw_reasons_to_error(reasons, err);
    const char *code = reasons->items[0].code;
    if (strcmp(code, "GUEST_NOT_FOUND") == 0 || strcmp(code, "HOST_NOT_FOUND") == 0)
        err->code = GW_NOT_FOUND;
    return -1;
}

int sch_plan_check(struct scheduler *s,
                   const struct sch_request *request,
                   struct sch_choice *choices,
                   struct gw_error *err)
{
    struct gw_reasons reasons = {.n_items = 0};
    for (size_t i = 0; i < request->n_wishes; i++)
        check_wish(s, &request->wishes[i], &choices[i], &reasons);
    return reasons.n_items ? refuse(&reasons, err) : 0;
}
