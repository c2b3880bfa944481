#include "peer/tally.h"

#include <string.h>

static bool is_known_boot(const struct tally *tally, const uint8_t *boot_id)
{
    for (uint64_t i = 0; i < tally->n_boots && i < TALLY_BOOTS_MAX; i++)
        if (memcmp(tally->boots[i], boot_id, LAB_BOOT_ID_BYTES) == 0)
            return true;
    return false;
}

static void begin_boot(struct tally *tally, const struct lab_beat *beat)
{
    if (tally->n_boots > 0) {
        tally->past_memory_errors += tally->last.memory_errors;
        tally->past_disk_errors += tally->last.disk_errors;
        if (tally->last.disk_sequence > tally->past_disk_sequence)
            tally->past_disk_sequence = tally->last.disk_sequence;
    }
    if (tally->n_boots < TALLY_BOOTS_MAX)
        memcpy(tally->boots[tally->n_boots], beat->boot_id, LAB_BOOT_ID_BYTES);
    tally->n_boots++;
    tally->last.sequence = beat->sequence - 1; /* what went before we listened is not lost */
}

static void count(struct tally *tally, uint64_t now_ns)
{
    tally->n_beats++;
    if (tally->last_arrival_ns != 0 && now_ns > tally->last_arrival_ns &&
        now_ns - tally->last_arrival_ns > tally->longest_gap_ns)
        tally->longest_gap_ns = now_ns - tally->last_arrival_ns;
    if (now_ns > tally->last_arrival_ns)
        tally->last_arrival_ns = now_ns;
}

void tally_add(struct tally *tally, const struct lab_beat *beat, uint64_t now_ns)
{
    bool is_same_boot =
        tally->n_boots > 0 && memcmp(tally->last.boot_id, beat->boot_id, LAB_BOOT_ID_BYTES) == 0;

    if (!is_same_boot && is_known_boot(tally, beat->boot_id))
        return; /* a straggler of a boot that is over */
    if (!is_same_boot)
        begin_boot(tally, beat);
    count(tally, now_ns);
    if (is_same_boot && beat->sequence <= tally->last.sequence) {
        tally->n_late++;
        if (tally->n_lost > 0)
            tally->n_lost--;
        return;
    }
    tally->n_lost += beat->sequence - tally->last.sequence - 1;
    tally->last = *beat;
}

void tally_mark(struct tally *tally)
{
    tally->n_beats = 0;
    tally->n_lost = 0;
    tally->n_late = 0;
    tally->longest_gap_ns = 0;
}

uint64_t tally_blackout_ns(const struct tally *tally, uint64_t now_ns)
{
    uint64_t gap = tally->longest_gap_ns;

    if (tally->last_arrival_ns != 0 && now_ns > tally->last_arrival_ns &&
        now_ns - tally->last_arrival_ns > gap)
        gap = now_ns - tally->last_arrival_ns;
    return gap > TALLY_PERIOD_NS ? gap - TALLY_PERIOD_NS : 0;
}

uint64_t tally_memory_errors(const struct tally *tally)
{
    return tally->past_memory_errors + tally->last.memory_errors;
}

uint64_t tally_disk_errors(const struct tally *tally)
{
    return tally->past_disk_errors + tally->last.disk_errors;
}

bool tally_is_scanned(const struct tally *tally)
{
    return tally->n_boots > 0 && tally->last.disk_found != LAB_DISK_NOT_SCANNED;
}

uint64_t tally_disk_lost(const struct tally *tally)
{
    if (!tally_is_scanned(tally) || tally->last.disk_found >= tally->past_disk_sequence)
        return 0;
    return tally->past_disk_sequence - tally->last.disk_found;
}
