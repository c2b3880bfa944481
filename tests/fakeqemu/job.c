#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "machine.h"

const char *fq_job_status_name(enum fq_job_status status)
{
    static const char *const names[] = {
        [FQ_JOB_CREATED] = "created",     [FQ_JOB_RUNNING] = "running",
        [FQ_JOB_READY] = "ready",         [FQ_JOB_WAITING] = "waiting",
        [FQ_JOB_PENDING] = "pending",     [FQ_JOB_ABORTING] = "aborting",
        [FQ_JOB_CONCLUDED] = "concluded", [FQ_JOB_NULL] = "null"};
    return names[status];
}

static void set_status(struct fq_job *job, enum fq_job_status status)
{
    job->status = status;
    fq_event(job->m, "JOB_STATUS_CHANGE",
             FQ_OBJECT({"status", fq_text(fq_job_status_name(status))}, {"id", fq_text(job->id)}));
}

uint64_t fq_job_done(struct fq_job *job)
{
    (void)pthread_mutex_lock(&job->mutex);
    uint64_t n_done = job->n_done;
    (void)pthread_mutex_unlock(&job->mutex);
    return n_done;
}

static json_object *figures(struct fq_job *job)
{
    return FQ_OBJECT({"device", fq_text(job->id)}, {"len", fq_number(job->node->image.size)},
                     {"offset", fq_number(fq_job_done(job))}, {"speed", fq_number(job->speed_bps)},
                     {"type", fq_text("mirror")}, {"error", fq_text(job->error)});
}

static void conclude(struct fq_job *job)
{
    (void)pthread_join(job->thread, NULL);
    set_status(job, FQ_JOB_CONCLUDED);
    if (job->is_dismissed_alone)
        fq_job_dismiss(job);
}

void fq_job_on_ready(void *arg)
{
    struct fq_job *job = arg;
    if (fq_quirk(&job->m->quirks, "dead-mirror", NULL, NULL))
        (void)shutdown(job->target->nbd_fd, SHUT_RDWR);
    set_status(job, FQ_JOB_READY);
    fq_event(job->m, "BLOCK_JOB_READY", figures(job));
    fq_point(job->m, "mirror-ready");
}

void fq_job_on_done(void *arg)
{
    struct fq_job *job = arg;
    set_status(job, FQ_JOB_WAITING);
    set_status(job, FQ_JOB_PENDING);
    fq_event(job->m, "BLOCK_JOB_COMPLETED", figures(job));
    conclude(job);
    fq_point(job->m, "mirror-ended");
}

void fq_job_on_cancelled(void *arg)
{
    struct fq_job *job = arg;
    set_status(job, FQ_JOB_ABORTING);
    fq_event(job->m, "BLOCK_JOB_CANCELLED", figures(job));
    job->error = "Operation canceled";
    conclude(job);
}

void fq_job_on_failed(void *arg)
{
    struct fq_job *job = arg;
    job->error = job->failed == ENOSPC ? "No space left on device" : "Input/output error";
    fq_event(job->m, "BLOCK_JOB_ERROR",
             FQ_OBJECT({"device", fq_text(job->id)}, {"operation", fq_text("write")},
                       {"action", fq_text("report")}));
    set_status(job, FQ_JOB_ABORTING);
    fq_event(job->m, "BLOCK_JOB_COMPLETED", figures(job));
    conclude(job);
}

void fq_job_start(struct fq_machine *m, const struct fq_mirror *mirror)
{
    struct fq_job *job = calloc(1, sizeof *job);
    if (!job)
        abort();
    *job = (struct fq_job){.next = m->jobs,
                           .m = m,
                           .id = strdup(mirror->id),
                           .node = mirror->node,
                           .target = mirror->target,
                           .speed_bps = mirror->speed_bps,
                           .is_dismissed_alone = mirror->is_dismissed_alone};
    (void)pthread_mutex_init(&job->mutex, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&job->cond, &attr);
    m->jobs = job;
    set_status(job, FQ_JOB_CREATED);
    set_status(job, FQ_JOB_RUNNING);
    if (pthread_create(&job->thread, NULL, fq_mirror_thread, job))
        abort();
}

struct fq_job *fq_job_find(const struct fq_machine *m, const char *id)
{
    struct fq_job *job = m->jobs;
    while (job && strcmp(job->id, id) != 0)
        job = job->next;
    return job;
}

void fq_job_cancel(struct fq_job *job, bool is_hard)
{
    (void)pthread_mutex_lock(&job->mutex);
    /* One that is not ready yet has nothing to be gentle about. */
    job->cancel = is_hard || job->status != FQ_JOB_READY ? FQ_JOB_CANCEL_HARD : FQ_JOB_CANCEL_SOFT;
    (void)pthread_cond_signal(&job->cond);
    (void)pthread_mutex_unlock(&job->mutex);
}

void fq_job_dismiss(struct fq_job *job)
{
    struct fq_job **slot = &job->m->jobs;
    set_status(job, FQ_JOB_NULL);
    while (*slot != job)
        slot = &(*slot)->next;
    *slot = job->next;
    (void)pthread_mutex_destroy(&job->mutex);
    (void)pthread_cond_destroy(&job->cond);
    free(job->id);
    free(job);
}

bool fq_job_uses(const struct fq_machine *m, const struct fq_node *node)
{
    for (const struct fq_job *job = m->jobs; job; job = job->next) {
        if (job->status != FQ_JOB_CONCLUDED && (job->node == node || job->target == node))
            return true;
    }
    return false;
}

void fq_job_dirty(struct fq_machine *m, const struct fq_node *node, uint64_t offset, uint64_t len)
{
    for (struct fq_job *job = m->jobs; job; job = job->next) {
        if (job->node != node || job->status >= FQ_JOB_WAITING)
            continue;
        (void)pthread_mutex_lock(&job->mutex);
        bool is_clean = job->dirty_end == 0;
        if (is_clean || offset < job->dirty_start)
            job->dirty_start = offset;
        if (offset + len > job->dirty_end)
            job->dirty_end = offset + len;
        (void)pthread_cond_signal(&job->cond);
        (void)pthread_mutex_unlock(&job->mutex);
    }
}
