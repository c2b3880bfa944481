#ifndef SCH_HOSTS_H
#define SCH_HOSTS_H
/* Hosts as their agents tell of them. A host is its id; its name may belong to one id only, and an
 * id to one running kernel only. */

#include "objects.h"
#include "store_job.h"

enum sch_role { SCH_ROLE_SOURCE = 1, SCH_ROLE_TARGET = 2 };

/* One guest in a heartbeat; its state in the numbers of godwit.v1.GuestState. */
struct sch_report {
    const char *guest_uuid;
    uint64_t epoch;
    enum gw_guest_state state;
    const char *migration_id;
    uint32_t attempt;
    uint64_t qemu_pid;
};

struct sch_beat {
    enum sch_role role;
    const char *name, *id, *boot_id, *url;
    struct gw_blob facts; /* packed godwit.v1.HostFacts; empty: none told */
};

/* Take a heartbeat in. @done runs when the host is known durably, possibly inside this call.
 * Errors: INVALID_ARGUMENT with the field; ALREADY_EXISTS, reasons HOST_NAME_TAKEN and HOST_CLONED;
 * UNAVAILABLE the host's other agent is being registered just now. */
void sch_hosts_beat(struct scheduler *s, const struct sch_beat *beat, sch_done_fn done, void *arg);

/* The image takes a durable row over, its facts emptied. */
void sch_hosts_take(struct scheduler *s, struct gw_host_row *row);
/* Load one from the store. */
int sch_hosts_load(struct scheduler *s, struct gw_host_row *row, struct gw_error *err);
/* Find out who has fallen silent; tell migrations and watchers. */
void sch_hosts_check(struct scheduler *s);

/* ---- for beats.c ---- */

/* What the age of its heartbeats makes of the host. */
enum gw_host_health sch_host_health_now(const struct scheduler *s, const struct sch_host *host);
/* Take a change of that in, and tell of it. */
void sch_host_check_health(struct scheduler *s, struct sch_host *host);
/* The host offers what @packed says, which is taken over when it can be read. */
void sch_host_take_facts(struct scheduler *s, struct sch_host *host, struct gw_blob *packed);

/* What the core needs of @host; valid until its next heartbeat. */
struct gw_host_view sch_host_view(const struct sch_host *host);
/* Views of all hosts, malloc'd, in the order of s->hosts. NULL without memory. */
struct gw_host_view *sch_hosts_views(const struct scheduler *s);

#endif
