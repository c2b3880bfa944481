#include "beat/beat.h"

#include <endian.h>
#include <string.h>

static const uint8_t magic[8] = {'G', 'W', 'B', 'E', 'A', 'T', '0', '1'};

static void put(uint8_t **at, uint64_t number)
{
    uint64_t little = htole64(number);

    memcpy(*at, &little, sizeof little);
    *at += sizeof little;
}

static uint64_t take(const uint8_t **at)
{
    uint64_t little;

    memcpy(&little, *at, sizeof little);
    *at += sizeof little;
    return le64toh(little);
}

void lab_beat_encode(const struct lab_beat *beat, uint8_t out[LAB_BEAT_BYTES])
{
    uint8_t *at = out;

    memcpy(at, magic, sizeof magic);
    at += sizeof magic;
    memcpy(at, beat->boot_id, LAB_BOOT_ID_BYTES);
    at += LAB_BOOT_ID_BYTES;
    put(&at, beat->sequence);
    put(&at, beat->guest_ns);
    put(&at, beat->memory_passes);
    put(&at, beat->memory_checks);
    put(&at, beat->memory_errors);
    put(&at, beat->disk_writes);
    put(&at, beat->disk_checks);
    put(&at, beat->disk_errors);
    put(&at, beat->disk_sequence);
    put(&at, beat->disk_found);
}

int lab_beat_decode(const void *bytes, size_t n_bytes, struct lab_beat *out)
{
    const uint8_t *at = bytes;

    if (n_bytes != LAB_BEAT_BYTES || memcmp(at, magic, sizeof magic) != 0)
        return -1;
    at += sizeof magic;
    memcpy(out->boot_id, at, LAB_BOOT_ID_BYTES);
    at += LAB_BOOT_ID_BYTES;
    out->sequence = take(&at);
    out->guest_ns = take(&at);
    out->memory_passes = take(&at);
    out->memory_checks = take(&at);
    out->memory_errors = take(&at);
    out->disk_writes = take(&at);
    out->disk_checks = take(&at);
    out->disk_errors = take(&at);
    out->disk_sequence = take(&at);
    out->disk_found = take(&at);
    return 0;
}
