#include "trash_reply_rpc.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* protobuf-c's strings are not const; these are only read. */
static char *borrow(const char *text)
{
    return (char *)(uintptr_t)text;
}

static Google__Protobuf__Timestamp *put_time(Google__Protobuf__Timestamp *t, uint64_t at_s)
{
    google__protobuf__timestamp__init(t);
    t->seconds = (int64_t)at_s;
    return t;
}

static void fill_label(const struct src_daemon *daemon,
                       const struct gw_trash_label *label,
                       Godwit__V1__TrashEntry *m,
                       Google__Protobuf__Timestamp *times)
{
    uint64_t kept_s = daemon->settings->trash_retention_hours * 3600;

    m->guest_uuid = borrow(label->guest_uuid);
    m->guest_name = borrow(label->guest_name);
    m->disk = borrow(label->disk);
    m->file = borrow(label->file);
    m->migration_id = borrow(label->migration_id);
    m->epoch = label->epoch;
    m->trashed_at = put_time(&times[0], label->trashed_at_s);
    if (kept_s != 0)
        m->expires_at = put_time(&times[1], label->trashed_at_s + kept_s);
}

static void fill_entry(const struct src_daemon *daemon,
                       struct gw_trash_entry *entry,
                       Godwit__V1__TrashEntry *m,
                       Google__Protobuf__Timestamp *times)
{
    godwit__v1__trash_entry__init(m);
    gw_utf8_repair(entry->name); /* an unknown one may have any */
    m->id = borrow(entry->id);
    m->host = daemon->settings->host_name;
    m->pool = borrow(entry->label.pool);
    m->pool_is_shared = entry->is_shared;
    m->unknown = !entry->is_known;
    m->size_bytes = entry->label.size_bytes;
    m->name = borrow(entry->name);
    if (entry->is_known)
        fill_label(daemon, &entry->label, m, times);
}

static void
fill_absence(struct src_trash_reply *out, const struct src_daemon *daemon, const struct gw_error *e)
{
    godwit__v1__trash_absence__init(&out->absence);
    godwit__v1__reason__init(&out->reason);
    out->reason.code = borrow(e->reason[0] != '\0' ? e->reason : gw_code_name(e->code));
    out->reason.message = borrow(e->message);
    out->absence.host = daemon->settings->host_name;
    out->absence.reason = &out->reason;
    out->absent = &out->absence;
    out->base.absent = &out->absent;
    out->base.n_absent = gw_error_is_set(e) ? 1 : 0;
}

int src_trash_reply_fill(struct src_trash_reply *out,
                         const struct src_daemon *daemon,
                         struct gw_trash_list *list,
                         const struct gw_error *error)
{
    size_t n = list->n_items < SRC_TRASH_REPLY_MAX ? list->n_items : SRC_TRASH_REPLY_MAX;

    *out = (struct src_trash_reply){.items = NULL};
    godwit__v1__trash_entries__init(&out->base);
    out->items = calloc(n + 1, sizeof *out->items);
    out->times = calloc(2 * n + 1, sizeof *out->times);
    out->base.entries = calloc(n + 1, sizeof(Godwit__V1__TrashEntry *));
    if (out->items == NULL || out->times == NULL || out->base.entries == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        fill_entry(daemon, &list->items[i], &out->items[i], &out->times[2 * i]);
        out->base.entries[i] = &out->items[i];
    }
    out->base.n_entries = n;
    out->base.left_out = list->n_items - n + list->n_left_out;
    fill_absence(out, daemon, error);
    return 0;
}

void src_trash_reply_fini(struct src_trash_reply *reply)
{
    free(reply->items);
    free(reply->times);
    free(reply->base.entries);
}
