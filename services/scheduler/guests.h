#ifndef SCH_GUESTS_H
#define SCH_GUESTS_H
/* Guests: their life outside migrations, and what the sources report of them. */

#include "core/guest_spec.h"
#include "hosts.h"
#include "objects.h"

/* @guest is NULL on failure and after a deletion. */
typedef void (*sch_guest_fn)(void *arg, struct sch_guest *guest, const struct gw_error *err);

/* Each answers by @done exactly once, possibly inside the call. */

/* @spec is filled in where it is empty; @host "" lets the scheduler choose. Errors: ALREADY_EXISTS
 * name or uuid; NOT_FOUND host; FAILED_PRECONDITION with every reason against the host; those of
 * the target. A guest that cannot be made leaves nothing behind; one that is made and cannot be
 * started stays, stopped. */
void sch_guest_create(struct scheduler *s,
                      struct gw_guest_spec *spec,
                      const char *host,
                      bool start,
                      sch_guest_fn done,
                      void *arg);
void sch_guest_start(struct scheduler *s, const char *name_or_uuid, sch_guest_fn done, void *arg);
void sch_guest_stop(struct scheduler *s,
                    const char *name_or_uuid,
                    bool force,
                    uint32_t timeout_ms,
                    sch_guest_fn done,
                    void *arg);
void sch_guest_delete(struct scheduler *s, const char *name_or_uuid, sch_guest_fn done, void *arg);
/* After a restart: go on with what a request had begun. */
void sch_guest_resume(struct scheduler *s, struct sch_guest *guest);

/* NULL and NOT_FOUND, reason GUEST_NOT_FOUND, when there is none. */
struct sch_guest *
sch_guest_get(const struct scheduler *s, const char *name_or_uuid, struct gw_error *err);
struct sch_host *
sch_host_get(const struct scheduler *s, const char *name_or_id, struct gw_error *err);

/* Take in what @host's source says of a guest; @message may be "". True: the host's copy is stale,
 * order its end under epoch *out_epoch. @is_urgent: told at once, not with a heartbeat. */
bool sch_guest_report(struct scheduler *s,
                      const struct sch_host *host,
                      const struct sch_report *report,
                      const char *message,
                      bool is_urgent,
                      uint64_t *out_epoch);
/* Something was just decided about @guest: ignore reports from before. */
void sch_guest_keep_quiet(struct scheduler *s, struct sch_guest *guest);
/* The migration that holds the guest; NULL when none does. */
struct sch_migration *sch_guest_migration(const struct scheduler *s, const struct sch_guest *guest);

#endif
