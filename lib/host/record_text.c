/* One slot of a record as text:
 *     godwit-record 1 CHECKSUM SEQUENCE\n
 *     state=active\n
 *     ...
 * padded with NULs. The checksum (FNV-1a, 64 bit) covers all that follows it in the slot: it is
 * there to tell a torn write from a whole one, not against an enemy. */
#include "host/record.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

#define MAGIC "godwit-record 1 "
enum { MAGIC_LEN = sizeof MAGIC - 1, SUM_LEN = 16, BODY_AT = MAGIC_LEN + SUM_LEN };

static const char *const state_names[GW_RECORD_STATE_COUNT] = {
    [GW_RECORD_NONE] = "none",         [GW_RECORD_CREATED] = "created",
    [GW_RECORD_INCOMING] = "incoming", [GW_RECORD_ACTIVE] = "active",
    [GW_RECORD_REFUSED] = "refused",   [GW_RECORD_HOLDING] = "holding",
    [GW_RECORD_OUTGOING] = "outgoing", [GW_RECORD_RELINQUISHED] = "relinquished",
    [GW_RECORD_RETIRED] = "retired",
};

const char *gw_record_state_name(enum gw_record_state state)
{
    return (unsigned)state < GW_RECORD_STATE_COUNT ? state_names[state] : "unknown";
}

static uint64_t checksum(const char slot[GW_RECORD_SLOT_BYTES])
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = BODY_AT; i < GW_RECORD_SLOT_BYTES; i++)
        h = (h ^ (unsigned char)slot[i]) * UINT64_C(0x100000001b3);
    return h;
}

int gw_record_encode(const struct gw_record *record,
                     uint64_t sequence,
                     char slot[GW_RECORD_SLOT_BYTES])
{
    memset(slot, 0, GW_RECORD_SLOT_BYTES);
    int n = snprintf(
        slot + BODY_AT, GW_RECORD_SLOT_BYTES - BODY_AT,
        " %" PRIu64 "\nstate=%s\nguest=%s\nepoch=%" PRIu64 "\nmigration=%s\nattempt=%" PRIu32
        "\nmode=%d\nqemu_pid=%d\n"
        "qemu_start_ticks=%" PRIu64 "\nboot_id=%s\nmemory_bytes=%" PRIu64 "\ndisks_copied=%" PRIu32
        "\ndisks_made=%" PRIu32 "\ndisks_placed=%" PRIu32 "\nmemory_port=%" PRIu32
        "\ndisk_port=%" PRIu32 "\npeer=%s\nguest_stopped=%d\nstarting=%d\ndone=%d\n",
        sequence, gw_record_state_name(record->state), record->guest_uuid, record->epoch,
        record->migration_id, record->attempt, (int)record->mode, (int)record->qemu_pid,
        record->qemu_start_ticks, record->boot_id, record->memory_bytes, record->disks_copied,
        record->disks_made, record->disks_placed, record->memory_port, record->disk_port,
        record->peer, record->is_guest_stopped, record->is_starting, record->is_done);
    if (n < 0 || n >= GW_RECORD_SLOT_BYTES - BODY_AT)
        return -1;
    char head[BODY_AT + 1];
    (void)snprintf(head, sizeof head, MAGIC "%016" PRIx64, checksum(slot));
    memcpy(slot, head, BODY_AT);
    return 0;
}

/* Value of "KEY=..." in the slot's text, copied up to the line's end; -1 when missing or long. */
static int take_text(const char *body, const char *key, char *out, size_t size)
{
    size_t key_len = strlen(key);
    for (const char *line = body; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, key_len) != 0 || line[key_len] != '=')
            continue;
        const char *value = line + key_len + 1;
        size_t len = strcspn(value, "\n");
        if (len >= size)
            return -1;
        memcpy(out, value, len);
        out[len] = '\0';
        return 0;
    }
    return -1;
}

static int take_number(const char *body, const char *key, uint64_t max, uint64_t *out)
{
    char text[24];
    if (take_text(body, key, text, sizeof text) < 0 || text[0] < '0' || text[0] > '9')
        return -1;
    char *end = NULL;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end || value > max)
        return -1;
    *out = value;
    return 0;
}

static int take_state(const char *body, enum gw_record_state *out)
{
    char text[24];
    if (take_text(body, "state", text, sizeof text) < 0)
        return -1;
    for (unsigned i = 0; i < GW_RECORD_STATE_COUNT; i++) {
        if (strcmp(text, state_names[i]) == 0) {
            *out = (enum gw_record_state)i;
            return 0;
        }
    }
    return -1;
}

static int decode_body(const char *body, struct gw_record *r)
{
    uint64_t n[13];
    const struct {
        const char *key;
        uint64_t max;
    } numbers[GW_ARRAY_LEN(n)] = {
        {"epoch", UINT64_MAX},
        {"attempt", UINT32_MAX},
        {"mode", GW_RECORD_COLD},
        {"qemu_pid", INT32_MAX},
        {"qemu_start_ticks", UINT64_MAX},
        {"memory_bytes", UINT64_MAX},
        {"disks_copied", UINT32_MAX},
        {"disks_made", UINT32_MAX},
        {"memory_port", 65535},
        {"disk_port", 65535},
        {"guest_stopped", 1},
        {"disks_placed", UINT32_MAX},
        {"starting", 1},
    };
    uint64_t done = 0;
    for (size_t i = 0; i < GW_ARRAY_LEN(n); i++) {
        if (take_number(body, numbers[i].key, numbers[i].max, &n[i]) < 0)
            return -1;
    }
    if (take_state(body, &r->state) < 0 || take_number(body, "done", 1, &done) < 0 ||
        take_text(body, "guest", r->guest_uuid, sizeof r->guest_uuid) < 0 ||
        take_text(body, "migration", r->migration_id, sizeof r->migration_id) < 0 ||
        take_text(body, "boot_id", r->boot_id, sizeof r->boot_id) < 0 ||
        take_text(body, "peer", r->peer, sizeof r->peer) < 0)
        return -1;
    r->epoch = n[0];
    r->attempt = (uint32_t)n[1];
    r->mode = (enum gw_record_mode)n[2];
    r->qemu_pid = (pid_t)n[3];
    r->qemu_start_ticks = n[4];
    r->memory_bytes = n[5];
    r->disks_copied = (uint32_t)n[6];
    r->disks_made = (uint32_t)n[7];
    r->memory_port = (uint32_t)n[8];
    r->disk_port = (uint32_t)n[9];
    r->is_guest_stopped = n[10] != 0;
    r->disks_placed = (uint32_t)n[11];
    r->is_starting = n[12] != 0;
    r->is_done = done != 0;
    return 0;
}

int gw_record_decode(const char slot[GW_RECORD_SLOT_BYTES],
                     struct gw_record *out,
                     uint64_t *out_sequence)
{
    size_t zeros = 0;
    while (zeros < GW_RECORD_SLOT_BYTES && slot[zeros] == '\0')
        zeros++;
    if (zeros == GW_RECORD_SLOT_BYTES)
        return 1;
    if (memcmp(slot, MAGIC, MAGIC_LEN) != 0 || slot[GW_RECORD_SLOT_BYTES - 1] != '\0')
        return -1;
    char sum[SUM_LEN + 1];
    (void)snprintf(sum, sizeof sum, "%016" PRIx64, checksum(slot));
    if (memcmp(slot + MAGIC_LEN, sum, SUM_LEN) != 0 || slot[BODY_AT] != ' ')
        return -1;
    char *end = NULL;
    uint64_t sequence = strtoull(slot + BODY_AT + 1, &end, 10);
    struct gw_record record = {0};
    if (*end != '\n' || sequence == 0 || decode_body(end, &record) < 0)
        return -1;
    *out = record;
    *out_sequence = sequence;
    return 0;
}
