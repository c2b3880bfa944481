#include <stdlib.h>
#include <string.h>

#include "convert.h"

static Godwit__V1__Event *new_event(const char *kind)
{
    Godwit__V1__Event *event = malloc(sizeof *event);
    if (!event)
        return NULL;
    godwit__v1__event__init(event);
    char *copy = strdup(kind);
    if (copy)
        event->kind = copy;
    return event;
}

static void set_subject(Godwit__V1__Event *event, enum sch_subject what, ProtobufCMessage *subject)
{
    switch (what) {
    case SCH_SUBJECT_HOST:
        event->host = (Godwit__V1__Host *)subject;
        break;
    case SCH_SUBJECT_GUEST:
        event->guest = (Godwit__V1__Guest *)subject;
        break;
    case SCH_SUBJECT_MIGRATION:
        event->migration = (Godwit__V1__Migration *)subject;
        break;
    }
}

int sch_event_pack(const char *kind,
                   enum sch_subject what,
                   ProtobufCMessage *subject,
                   struct gw_blob *out,
                   struct gw_error *err)
{
    Godwit__V1__Event *event = subject ? new_event(kind) : NULL;
    if (!event) {
        if (subject)
            protobuf_c_message_free_unpacked(subject, NULL);
        return gw_error_set_nomem(err, "writing an event");
    }
    set_subject(event, what, subject);
    int result = sch_pack(&event->base, out, err);
    godwit__v1__event__free_unpacked(event, NULL);
    return result;
}

static void set_time(Godwit__V1__Event *event, uint64_t wall_us)
{
    event->at = malloc(sizeof *event->at);
    if (!event->at)
        return;
    google__protobuf__timestamp__init(event->at);
    event->at->seconds = (int64_t)(wall_us / 1000000);
    event->at->nanos = (int32_t)(wall_us % 1000000 * 1000);
}

Godwit__V1__Event *sch_event_message(const struct gw_event_row *row)
{
    Godwit__V1__Event *event = godwit__v1__event__unpack(NULL, row->payload.len, row->payload.data);
    if (!event)
        return NULL;
    event->cursor = row->cursor;
    set_time(event, row->at_us);
    return event;
}

Godwit__V1__Event *sch_progress_message(const struct scheduler *s, const struct sch_migration *m)
{
    Godwit__V1__Event *event = new_event("migration.progress");
    if (!event)
        return NULL;
    event->cursor = s->newest_cursor;
    set_time(event, sch_wall_us(s));
    event->migration = sch_migration_message(s, &m->row);
    return event;
}
