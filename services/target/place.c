/* The end of a cold copy: each part gets its disk's name. The intent is journalled first, so that
 * after a crash a file under that name is known to be ours. Syncing gigabytes takes a while, so it
 * runs on the pool; the guest stays busy until then. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

struct job {
    struct tgt_guest *guest;
    const struct gw_host *host;
    size_t n_files;
    struct {
        char pool[GW_NAME_MAX + 1];
        char part[GW_DISK_FILE_MAX + 1];
        char file[GW_DISK_FILE_MAX + 1];
    } files[GW_GUEST_DISKS_MAX];
    struct gw_error err;
};

/* Pool thread. A part that is not there was placed by an earlier try. */
static void place(void *arg)
{
    struct job *job = arg;
    for (size_t i = 0; i < job->n_files; i++) {
        struct gw_error err = {0};
        GW_AUTO_FREE char *part =
            gw_disk_find(job->host, job->files[i].pool, job->files[i].part, &err);
        GW_AUTO_FREE char *file =
            part ? NULL : gw_disk_find(job->host, job->files[i].pool, job->files[i].file, NULL);
        if (!part && !file) {
            job->err = err;
            return;
        }
        if (part && gw_disk_rename(job->host, job->files[i].pool, job->files[i].part,
                                   job->files[i].file, &job->err) < 0)
            return;
    }
}

static void on_placed(void *arg)
{
    GW_AUTO_FREE struct job *job = arg;
    struct tgt_guest *guest = job->guest;
    tgt_go_on(guest, &guest->then.place, gw_error_is_set(&job->err) ? &job->err : NULL);
}

static struct job *job_new(struct tgt_guest *guest, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    struct job *job = calloc(1, sizeof *job);
    if (!job) {
        (void)gw_error_set_nomem(err, "putting disks in place");
        return NULL;
    }
    job->guest = guest;
    job->host = &guest->daemon->host;
    for (size_t i = 0; i < guest->spec->n_disks; i++) {
        const struct gw_guest_disk *disk = &guest->spec->disks[i];
        if (!((now->disks_copied >> i) & 1))
            continue;
        (void)gw_str_copy(job->files[job->n_files].pool, GW_NAME_MAX + 1, disk->pool);
        (void)gw_str_copy(job->files[job->n_files].file, GW_DISK_FILE_MAX + 1, disk->file);
        gw_disk_part_name(job->files[job->n_files].part, disk->file, now->migration_id,
                          now->attempt);
        job->n_files++;
    }
    return job;
}

void tgt_disks_place(struct tgt_guest *guest, tgt_step_fn step)
{
    struct gw_error err = {0};
    struct gw_record record = guest->record.now;
    guest->then.place = step;
    record.disks_placed = record.disks_copied;
    struct job *job = tgt_guest_spec(guest, &err) ? job_new(guest, &err) : NULL;
    if (job && tgt_guest_write(guest, &record, GW_RECORD_SYNC, &err) == 0 &&
        gw_pool_submit(guest->daemon->pool, place, on_placed, job, &err) == 0)
        return;
    free(job);
    tgt_go_on(guest, &guest->then.place, &err);
}
