#ifndef FQ_JOB_H
#define FQ_JOB_H
/* Mirror jobs: a disk copied to an NBD node, and kept the same from `ready` on. Source: QEMU
 * qapi/job.json, qapi/block-core.json.
 *
 * Each job has a thread that copies and blocks; what it has to say is posted to the loop. It stops
 * for a soft cancel (everything written and flushed first), a hard one, or an error. A write to a
 * server that does not answer blocks it until the connection breaks or is yanked. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "json.h"

struct fq_machine;
struct fq_node;

enum fq_job_status {
    FQ_JOB_CREATED,
    FQ_JOB_RUNNING,
    FQ_JOB_READY,
    FQ_JOB_WAITING,
    FQ_JOB_PENDING,
    FQ_JOB_ABORTING,
    FQ_JOB_CONCLUDED,
    FQ_JOB_NULL,
};

enum fq_job_cancel { FQ_JOB_GO_ON, FQ_JOB_CANCEL_SOFT, FQ_JOB_CANCEL_HARD };

struct fq_job {
    struct fq_job *next;
    struct fq_machine *m;
    char *id;
    struct fq_node *node, *target;
    uint64_t speed_bps; /* 0: no limit */
    bool is_dismissed_alone;
    enum fq_job_status status;
    const char *error; /* static storage; NULL: none */

    pthread_t thread;
    int failed;            /* errno; the thread's last word, read after it was posted */
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t cond;   /* cancel or dirty_end has changed */
    enum fq_job_cancel cancel;
    uint64_t dirty_start, dirty_end; /* written since it was copied */
    uint64_t n_done;                 /* bytes */
};

struct fq_mirror {
    const char *id;
    struct fq_node *node, *target;
    uint64_t speed_bps;
    bool is_dismissed_alone;
};

void fq_job_start(struct fq_machine *m, const struct fq_mirror *mirror);
struct fq_job *fq_job_find(const struct fq_machine *m, const char *id);
void fq_job_cancel(struct fq_job *job, bool is_hard);
/* Forget a concluded job. */
void fq_job_dismiss(struct fq_job *job);
/* The guest wrote to @node. */
void fq_job_dirty(struct fq_machine *m, const struct fq_node *node, uint64_t offset, uint64_t len);
/* True while a job that has not concluded uses @node. */
bool fq_job_uses(const struct fq_machine *m, const struct fq_node *node);
const char *fq_job_status_name(enum fq_job_status status);
uint64_t fq_job_done(struct fq_job *job);

/* ---- mirror.c ---- */

/* The thread of @arg, a job. Posts fq_job_on_ready() and then one of the fq_job_on_...s. */
void *fq_mirror_thread(void *arg);
void fq_job_on_ready(void *job);
void fq_job_on_done(void *job);      /* ended well */
void fq_job_on_cancelled(void *job); /* hard */
void fq_job_on_failed(void *job);    /* job->failed is set */

#endif
