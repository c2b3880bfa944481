/* The trash of this host's pools, asked for by the scheduler. On a pool thread: a pool may be a
 * network file system that hangs. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/trash.h"
#include "rpc/rpc.h"
#include "service_rpc.h"
#include "trash.h"
#include "trash_reply_rpc.h"

enum what { LIST, RESTORE, PURGE };
typedef void (*any_closure)(void);

struct trash_job {
    struct src_daemon *daemon;
    enum what what;
    char id[GW_TRASH_ID_DIGITS + 1]; /* "": all, or by age */
    uint32_t older_than_hours;
    uint64_t now_s;
    struct gw_trash_list list; /* out: what was found, restored or removed */
    char file[GW_FILE_NAME_MAX + 1];
    struct gw_error error;
    any_closure closure;
    void *call;
};

/* ---- on a pool thread ---- */

static void work_on_one(struct trash_job *job)
{
    const struct gw_host *host = &job->daemon->host;
    struct gw_trash_entry entry;
    int result = job->what == LIST ? gw_trash_find(host, job->id, &entry, &job->error)
                 : job->what == RESTORE
                     ? gw_trash_restore(host, job->id, &entry, job->file, &job->error)
                     : gw_trash_purge(host, job->id, &entry, &job->error);

    if (result == 0)
        (void)gw_trash_list_add(&job->list, &entry, &job->error);
}

static void work(void *arg)
{
    struct trash_job *job = arg;
    const struct gw_host *host = &job->daemon->host;

    if (job->id[0] != '\0')
        work_on_one(job);
    else if (job->what == LIST)
        (void)gw_trash_list(host, &job->list, &job->error);
    else
        (void)gw_trash_purge_older(host, job->now_s, job->older_than_hours, &job->list,
                                   &job->error);
}

/* ---- the answer ---- */

static void reply_entries(const struct trash_job *job, const struct src_trash_reply *reply)
{
    ((Godwit__V1__TrashEntries_Closure)job->closure)(&reply->base, job->call);
}

static void reply_restored(const struct trash_job *job, const struct src_trash_reply *entries)
{
    Godwit__V1__RestoreTrashReply reply = GODWIT__V1__RESTORE_TRASH_REPLY__INIT;

    reply.entry = entries->base.n_entries > 0 ? entries->base.entries[0] : NULL;
    reply.file = (char *)(uintptr_t)job->file;
    ((Godwit__V1__RestoreTrashReply_Closure)job->closure)(&reply, job->call);
}

static void answer(struct trash_job *job)
{
    struct src_trash_reply reply;
    struct gw_error err = {0};

    if (src_trash_reply_fill(&reply, job->daemon, &job->list, &job->error) != 0) {
        (void)gw_error_set_nomem(&err, "telling of the trash");
        gw_rpc_fail(job->call, &err);
    } else if (job->what == RESTORE) {
        reply_restored(job, &reply);
    } else {
        reply_entries(job, &reply);
    }
    src_trash_reply_fini(&reply);
}

static void log_done(const struct trash_job *job)
{
    for (size_t i = 0; job->what != LIST && i < job->list.n_items; i++)
        src_trash_log(job->daemon, job->what == RESTORE ? "trash.restored" : "trash.purged",
                      &job->list.items[i], job->what == RESTORE ? job->file : "");
}

static void job_free(struct trash_job *job)
{
    gw_trash_list_fini(&job->list);
    free(job);
}

static void done(void *arg)
{
    struct trash_job *job = arg;
    bool is_partial = job->id[0] == '\0'; /* what was done all the same is told, too */

    log_done(job);
    if (gw_error_is_set(&job->error) && !is_partial)
        gw_rpc_fail(job->call, &job->error);
    else
        answer(job);
    job_free(job);
}

/* ---- the request ---- */

static int
check(const struct trash_job *job, const char *host, const char *id, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    bool needs_id = job->what == RESTORE;

    if (host[0] != '\0') {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                           "a source tells of its own host only, not of %s; ask the scheduler",
                           gw_error_quote(shown, host));
        return gw_error_field(err, "host");
    }
    if ((id[0] != '\0' || needs_id) && !gw_trash_id_is_valid(id)) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "id %s is not 16 lower-case hex digits",
                           gw_error_quote(shown, id));
        return gw_error_field(err, "id");
    }
    if (job->what != PURGE || (id[0] != '\0') == (job->older_than_hours == 0))
        return 0;
    (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                       id[0] != '\0' ? "either an id or an age, not both"
                                     : "an id or an age of 1 hour or more is needed");
    return gw_error_field(err, "older_than_hours");
}

static void
start(struct src_daemon *daemon, const struct trash_job *like, const char *host, const char *id)
{
    struct gw_error err = {0};
    struct trash_job *job = malloc(sizeof *job);

    if (job == NULL) {
        (void)gw_error_set_nomem(&err, "looking at the trash");
    } else {
        *job = *like;
        job->daemon = daemon;
        job->now_s = gw_clock_wall_us(gw_clock_system()) / 1000000;
        if (check(job, host, id, &err) == 0 && gw_str_copy(job->id, sizeof job->id, id) == 0 &&
            gw_pool_submit(daemon->pool, work, done, job, &err) == 0)
            return;
        free(job);
    }
    gw_rpc_fail(like->call, &err);
}

void src_rpc_list_trash(Godwit__V1__SourceService_Service *service,
                        const Godwit__V1__ListTrashRequest *request,
                        Godwit__V1__TrashEntries_Closure closure,
                        void *call)
{
    const struct trash_job like = {.what = LIST, .closure = (any_closure)closure, .call = call};

    start(src_service_daemon(service), &like, request->host, request->id);
}

void src_rpc_restore_trash(Godwit__V1__SourceService_Service *service,
                           const Godwit__V1__RestoreTrashRequest *request,
                           Godwit__V1__RestoreTrashReply_Closure closure,
                           void *call)
{
    const struct trash_job like = {.what = RESTORE, .closure = (any_closure)closure, .call = call};

    start(src_service_daemon(service), &like, request->host, request->id);
}

void src_rpc_purge_trash(Godwit__V1__SourceService_Service *service,
                         const Godwit__V1__PurgeTrashRequest *request,
                         Godwit__V1__TrashEntries_Closure closure,
                         void *call)
{
    const struct trash_job like = {.what = PURGE,
                                   .older_than_hours = request->older_than_hours,
                                   .closure = (any_closure)closure,
                                   .call = call};

    start(src_service_daemon(service), &like, request->host, request->id);
}
