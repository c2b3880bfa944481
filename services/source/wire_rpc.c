#include "wire_rpc.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

static bool is_migration_id(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > GW_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    return true;
}

static int bad(struct gw_error *err, const char *field, const char *what)
{
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%s %s", field, what);
    return gw_error_field(err, "%s", field);
}

int src_attempt_decode(const Godwit__V1__Attempt *message,
                       bool needs_migration,
                       struct src_attempt *out,
                       struct gw_error *err)
{
    if (message == NULL)
        return bad(err, "attempt", "is missing");
    if (!gw_uuid_is_valid(message->guest_uuid))
        return bad(err, "attempt.guest_uuid", "must be lower-case 8-4-4-4-12 hex digits");
    if (message->epoch == 0)
        return bad(err, "attempt.epoch", "must be 1 or more");
    bool has_migration = message->migration_id[0] != '\0';
    if ((needs_migration || has_migration) && !is_migration_id(message->migration_id))
        return bad(err, "attempt.migration_id", "must be 1 to 63 letters, digits, '-' or '_'");
    if ((needs_migration || has_migration) && message->attempt == 0)
        return bad(err, "attempt.attempt", "must be 1 or more");
    *out = (struct src_attempt){.attempt = has_migration ? message->attempt : 0,
                                .epoch = message->epoch};
    (void)gw_str_copy(out->guest_uuid, sizeof out->guest_uuid, message->guest_uuid);
    (void)gw_str_copy(out->migration_id, sizeof out->migration_id, message->migration_id);
    return 0;
}

/* protobuf-c's strings are not const; these are only read. */
static char *borrow(const char *text)
{
    return (char *)(uintptr_t)text;
}

void src_attempt_encode(const struct src_attempt *attempt, Godwit__V1__Attempt *out)
{
    godwit__v1__attempt__init(out);
    out->guest_uuid = borrow(attempt->guest_uuid);
    out->migration_id = borrow(attempt->migration_id);
    out->attempt = attempt->attempt;
    out->epoch = attempt->epoch;
}

static void encode_disks(const struct src_progress *progress, struct src_progress_message *out)
{
    for (size_t i = 0; i < progress->n_disks; i++) {
        Godwit__V1__DiskProgress *disk = &out->disks[i];
        godwit__v1__disk_progress__init(disk);
        disk->name = borrow(progress->disks[i].name);
        disk->total_bytes = progress->disks[i].total_bytes;
        disk->done_bytes = progress->disks[i].done_bytes;
        out->disk_pointers[i] = disk;
        out->base.bytes_total += disk->total_bytes;
        out->base.bytes_done += disk->done_bytes;
    }
    out->base.n_disks = progress->n_disks;
    out->base.disks = out->disk_pointers;
}

void src_progress_encode(const struct src_progress *progress, struct src_progress_message *out)
{
    Godwit__V1__Progress *m = &out->base;

    godwit__v1__progress__init(m);
    m->step = (Godwit__V1__CopyStep)progress->step;
    m->memory_total_bytes = progress->memory_total_bytes;
    m->memory_done_bytes = progress->memory_done_bytes;
    m->memory_remaining_bytes = progress->memory_remaining_bytes;
    m->pass = progress->pass;
    m->rate_bps = progress->rate_bps;
    m->dirty_rate_bps = progress->dirty_rate_bps;
    m->expected_downtime_ms = progress->expected_downtime_ms;
    encode_disks(progress, out);
    m->bytes_total += progress->memory_total_bytes;
    if (progress->memory_done_bytes > 0 || progress->step == SRC_COPY_DONE)
        m->bytes_done += progress->memory_total_bytes - progress->memory_remaining_bytes;
}
