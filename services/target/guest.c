#include "guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/facts.h"
#include "host/guest_dir.h"

const struct gw_guest_spec *tgt_guest_spec(struct tgt_guest *guest, struct gw_error *err)
{
    if (!guest->spec)
        guest->spec = gw_guest_dir_load_spec(&guest->daemon->host, guest->uuid, err);
    return guest->spec;
}

void tgt_guest_set_spec(struct tgt_guest *guest, struct gw_guest_spec *spec)
{
    free(guest->spec);
    guest->spec = spec;
}

int tgt_guest_read_source(const struct tgt_guest *guest,
                          struct gw_record *out,
                          struct gw_error *err)
{
    GW_AUTO_FREE char *path =
        gw_guest_dir_path(&guest->daemon->host, guest->uuid, GW_GUEST_SOURCE_RECORD);
    if (!path)
        return gw_error_set_nomem(err, "naming a record");
    return gw_record_read(path, out, err);
}

int tgt_guest_fill_spec(struct tgt_guest *guest, struct gw_error *err)
{
    const struct gw_host_facts *facts = tgt_facts(guest->daemon, err);
    if (!facts)
        return -1;
    return gw_guest_spec_fill(guest->spec, gw_host_default_machine(facts),
                              gw_host_default_cpu(facts), err);
}

struct gw_record tgt_guest_record(const struct tgt_guest *guest, enum gw_record_state state)
{
    struct gw_record record = guest->record.now;
    record.state = state;
    (void)gw_str_copy(record.guest_uuid, sizeof record.guest_uuid, guest->uuid);
    return record;
}

int tgt_guest_write(struct tgt_guest *guest,
                    const struct gw_record *record,
                    enum gw_record_sync sync,
                    struct gw_error *err)
{
    return gw_record_file_write(&guest->record, record, sync, err);
}

int tgt_guest_check_memory(const struct tgt_guest *guest,
                           const struct gw_guest_spec *spec,
                           struct gw_error *err)
{
    const struct gw_host_facts *facts = tgt_facts(guest->daemon, err);
    if (!facts)
        return -1;
    uint64_t claimed = gw_host_memory_claimed(&guest->daemon->host, guest->uuid);
    uint64_t total = facts->memory_total_bytes;
    uint64_t left = claimed < total ? total - claimed : 0;
    if (spec->memory_bytes <= left)
        return 0;
    (void)gw_error_set(err, GW_RESOURCE_EXHAUSTED,
                       "guest \"%s\" needs %" PRIu64 " bytes of memory, host \"%s\" has %" PRIu64
                       " of %" PRIu64 " left; stop or move a guest there",
                       spec->name, spec->memory_bytes, guest->daemon->settings->host_name, left,
                       total);
    return gw_error_reason(err, "INSUFFICIENT_MEMORY");
}

int tgt_guest_check_removed(const struct tgt_guest *guest, struct gw_error *err)
{
    const struct gw_record *now = &guest->record.now;
    if (now->state != GW_RECORD_REFUSED || now->is_done)
        return 0;
    (void)gw_error_set(err, GW_FAILED_PRECONDITION,
                       "guest %s: what attempt %" PRIu32 " of migration \"%s\" left on host \"%s\" "
                       "could not be removed; its log says why, and its target agent tries again "
                       "when it is restarted",
                       guest->uuid, now->attempt, now->migration_id,
                       guest->daemon->settings->host_name);
    return gw_error_reason(err, "NOT_REMOVED");
}

bool tgt_record_is_of(const struct gw_record *record, const struct tgt_attempt *attempt)
{
    return record->epoch == attempt->epoch && record->attempt == attempt->attempt &&
           strcmp(record->migration_id, attempt->migration_id) == 0;
}
