/* The thread of a mirror job. */
#include <errno.h>
#include <libnbd.h>
#include <stdlib.h>
#include <time.h>

#include "base/scope.h"
#include "machine.h"

enum { PIECE_BYTES = 256 * 1024 };

static enum fq_job_cancel is_cancelled(struct fq_job *job)
{
    (void)pthread_mutex_lock(&job->mutex);
    enum fq_job_cancel cancel = job->cancel;
    (void)pthread_mutex_unlock(&job->mutex);
    return cancel;
}

/* Wait, unless cancelled. */
static void pause_for(struct fq_job *job, uint64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&job->mutex);
    while (job->cancel == FQ_JOB_GO_ON &&
           pthread_cond_timedwait(&job->cond, &job->mutex, &until) != ETIMEDOUT)
        ;
    (void)pthread_mutex_unlock(&job->mutex);
}

static int copy_range(struct fq_job *job, char *buffer, uint64_t offset, uint64_t len)
{
    while (len > 0) {
        uint32_t n = len < PIECE_BYTES ? (uint32_t)len : PIECE_BYTES;
        if (fq_image_read(&job->node->image, buffer, n, offset) < 0)
            return EIO;
        if (nbd_pwrite(job->target->nbd, buffer, n, offset, 0) < 0)
            return nbd_get_errno() ? nbd_get_errno() : EIO;
        if (job->speed_bps > 0)
            pause_for(job, n * UINT64_C(1000) / job->speed_bps);
        offset += n;
        len -= n;
    }
    return 0;
}

static void set_done(struct fq_job *job, uint64_t n_done)
{
    (void)pthread_mutex_lock(&job->mutex);
    job->n_done = n_done;
    (void)pthread_mutex_unlock(&job->mutex);
}

/* Everything, once. */
static int copy_all(struct fq_job *job, char *buffer)
{
    uint64_t offset = 0;
    uint32_t len = 0;
    int failed = 0;
    while (!failed && is_cancelled(job) == FQ_JOB_GO_ON &&
           fq_image_next_data(&job->node->image, offset, PIECE_BYTES, &offset, &len) == 0 &&
           len > 0) {
        failed = copy_range(job, buffer, offset, len);
        offset += len;
        set_done(job, offset);
    }
    if (failed)
        return failed;
    pause_for(job, job->m->knobs.mirror_ms);
    while (is_cancelled(job) == FQ_JOB_GO_ON &&
           fq_quirk(&job->m->quirks, "stuck-mirror", NULL, NULL))
        pause_for(job, 10);
    set_done(job, job->node->image.size);
    return 0;
}

/* Take what the guest wrote meanwhile; with nothing of that, wait. False: it is time to end. */
static bool next_dirty(struct fq_job *job, uint64_t *out_offset, uint64_t *out_len)
{
    (void)pthread_mutex_lock(&job->mutex);
    while (job->cancel == FQ_JOB_GO_ON && job->dirty_end == 0)
        (void)pthread_cond_wait(&job->cond, &job->mutex);
    bool has_more = job->cancel != FQ_JOB_CANCEL_HARD && job->dirty_end > 0;
    *out_offset = job->dirty_start;
    *out_len = job->dirty_end - job->dirty_start;
    job->dirty_start = job->dirty_end = 0;
    (void)pthread_mutex_unlock(&job->mutex);
    return has_more;
}

static int follow(struct fq_job *job, char *buffer)
{
    uint64_t offset = 0;
    uint64_t len = 0;
    int failed = 0;
    (void)gw_loop_post(job->m->loop, fq_job_on_ready, job);
    while (!failed && next_dirty(job, &offset, &len))
        failed = copy_range(job, buffer, offset, len);
    if (!failed && is_cancelled(job) != FQ_JOB_CANCEL_HARD && nbd_flush(job->target->nbd, 0) < 0)
        failed = nbd_get_errno() ? nbd_get_errno() : EIO;
    return failed;
}

void *fq_mirror_thread(void *arg)
{
    struct fq_job *job = arg;
    GW_AUTO_FREE char *buffer = malloc(PIECE_BYTES);
    int failed = buffer ? copy_all(job, buffer) : ENOMEM;
    if (!failed && is_cancelled(job) == FQ_JOB_GO_ON)
        failed = follow(job, buffer);
    bool is_hard = is_cancelled(job) == FQ_JOB_CANCEL_HARD;
    job->failed = failed;
    (void)gw_loop_post(job->m->loop,
                       is_hard  ? fq_job_on_cancelled
                       : failed ? fq_job_on_failed
                                : fq_job_on_done,
                       job);
    return NULL;
}
