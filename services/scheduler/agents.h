#ifndef SCH_AGENTS_H
#define SCH_AGENTS_H
/* Calls to the hosts' agents. Every one may be repeated (rule R9), so a broken connection is mended
 * by asking again, within the deadline. */

#include "objects.h"

/* What an agent said. @err is GW_OK on success; the rest is of the call that has it. */
struct sch_answer {
    struct gw_error err;
    struct gw_blob message; /* Prepare: packed Endpoints; Create: packed GuestSpec; trash: packed
                               reply; taken by emptying */
    bool relinquished;      /* Cancel */
    bool guest_stopped;     /* Cancel */
    bool found;             /* ReadProbe */
};

/* Runs exactly once; inside the call that asks only when it cannot even be made. */
typedef void (*sch_answer_fn)(void *arg, struct sch_answer *answer);

/* ---- of a migration; @m is read now, not kept ---- */
void sch_ask_prepare(struct scheduler *s,
                     const struct sch_migration *m,
                     sch_answer_fn fn,
                     void *arg);
void sch_ask_begin(struct scheduler *s, const struct sch_migration *m, sch_answer_fn fn, void *arg);
void sch_ask_activate(struct scheduler *s,
                      const struct sch_migration *m,
                      sch_answer_fn fn,
                      void *arg);
void sch_ask_refuse(struct scheduler *s,
                    const struct sch_migration *m,
                    sch_answer_fn fn,
                    void *arg);
void sch_ask_cancel(struct scheduler *s,
                    const struct sch_migration *m,
                    sch_answer_fn fn,
                    void *arg);
void sch_ask_regrant(struct scheduler *s,
                     const struct sch_migration *m,
                     sch_answer_fn fn,
                     void *arg);
/* Retire the source's copy after the move. */
void sch_ask_retire(struct scheduler *s,
                    const struct sch_migration *m,
                    sch_answer_fn fn,
                    void *arg);

enum sch_probe_step { SCH_PROBE_WRITE, SCH_PROBE_READ, SCH_PROBE_REMOVE };
/* @host_id the source's for WRITE and REMOVE, the target's for READ. */
void sch_ask_probe(struct scheduler *s,
                   const char *host_id,
                   enum sch_probe_step step,
                   const char *pool,
                   const char *token,
                   sch_answer_fn fn,
                   void *arg);

/* ---- of a guest, at its holder ---- */
void sch_ask_create(struct scheduler *s,
                    const struct sch_guest *guest,
                    sch_answer_fn fn,
                    void *arg);
void sch_ask_start(struct scheduler *s, const struct sch_guest *guest, sch_answer_fn fn, void *arg);
void sch_ask_stop(struct scheduler *s,
                  const struct sch_guest *guest,
                  bool force,
                  uint32_t timeout_ms,
                  sch_answer_fn fn,
                  void *arg);
/* All its disks go to the trash. */
void sch_ask_delete(struct scheduler *s,
                    const struct sch_guest *guest,
                    sch_answer_fn fn,
                    void *arg);

/* ---- of a host's trash ---- */

/* Answered with packed TrashEntries; @id "": all. */
void sch_ask_list_trash(
    struct scheduler *s, const char *host_id, const char *id, sch_answer_fn fn, void *arg);
/* Answered with a packed RestoreTrashReply. Not repeated by itself. */
void sch_ask_restore_trash(
    struct scheduler *s, const char *host_id, const char *id, sch_answer_fn fn, void *arg);
/* Answered with packed TrashEntries: what is gone. By @id, or with "" by age. Not repeated by
 * itself. */
void sch_ask_purge_trash(struct scheduler *s,
                         const char *host_id,
                         const char *id,
                         uint32_t older_than_hours,
                         sch_answer_fn fn,
                         void *arg);

/* True when asking again may help: the agent was not reached, or did not answer in time. */
bool sch_answer_is_transient(const struct gw_error *err);

#endif
