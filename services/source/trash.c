#include "trash.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"

struct src_trash {
    struct src_daemon *daemon;
    struct gw_timer *timer;
    bool is_at_work;
    uint64_t now_s;
    struct gw_trash_list purged; /* of the pool thread while is_at_work, as error is */
    struct gw_error error;
};

void src_trash_log(const struct src_daemon *daemon,
                   const char *event,
                   const struct gw_trash_entry *entry,
                   const char *file)
{
    const struct gw_trash_label *label = &entry->label;

    gw_log_info(&daemon->log, event, "id=%s pool=%s guest=%s disk=%s file=%s bytes=%" PRIu64 "%s%s",
                entry->id, label->pool, entry->is_known ? label->guest_uuid : "unknown",
                label->disk, label->file, label->size_bytes, file[0] != '\0' ? " as=" : "", file);
}

static void work(void *arg)
{
    struct src_trash *t = arg;

    (void)gw_trash_purge_older(&t->daemon->host, t->now_s,
                               (uint32_t)t->daemon->settings->trash_retention_hours, &t->purged,
                               &t->error);
}

static void done(void *arg)
{
    struct src_trash *t = arg;

    for (size_t i = 0; i < t->purged.n_items; i++)
        src_trash_log(t->daemon, "trash.purged", &t->purged.items[i], "");
    if (gw_error_is_set(&t->error))
        gw_log_failure(&t->daemon->log, GW_LOG_WARN, "trash.not_purged", &t->error);
    gw_trash_list_fini(&t->purged);
    t->is_at_work = false;
}

/* A pool that hangs longer than a pause is waited for: the next turn comes an hour later. */
static void turn(void *arg)
{
    struct src_trash *t = arg;
    struct gw_error err = {0};

    gw_timer_start(t->timer, SRC_TRASH_PAUSE_MS);
    if (t->is_at_work)
        return;
    t->now_s = gw_clock_wall_us(gw_clock_system()) / 1000000;
    gw_error_clear(&t->error);
    t->is_at_work = true;
    if (gw_pool_submit(t->daemon->pool, work, done, t, &err) == 0)
        return;
    t->is_at_work = false;
    gw_log_failure(&t->daemon->log, GW_LOG_WARN, "trash.not_purged", &err);
}

int src_trash_start(struct src_daemon *daemon, struct src_trash **out, struct gw_error *err)
{
    *out = NULL;
    if (daemon->settings->trash_retention_hours == 0)
        return 0;
    struct src_trash *t = calloc(1, sizeof *t);
    if (t == NULL)
        return gw_error_set_nomem(err, "starting to mind the trash");
    t->daemon = daemon;
    t->timer = gw_timer_new(daemon->loop, turn, t);
    if (t->timer == NULL) {
        free(t);
        return gw_error_set_nomem(err, "starting to mind the trash");
    }
    turn(t);
    *out = t;
    return 0;
}

void src_trash_stop(struct src_trash *t)
{
    if (t == NULL)
        return;
    gw_timer_free(t->timer);
    free(t);
}
