/* The beat: one packet per millisecond, from a thread that comes before all others. A beat that
 * could not be sent keeps its number, so that a gap in the numbers is always the network's. */
#include <sys/socket.h>
#include <unistd.h>

#include "witness/witness.h"

enum { BEAT_US = 1000 };

static void fill(const struct witness *witness, uint64_t sequence, struct lab_beat *beat)
{
    for (int i = 0; i < LAB_BOOT_ID_BYTES; i++)
        beat->boot_id[i] = witness->boot_id[i];
    beat->sequence = sequence;
    beat->guest_ns = wit_now_ns();
    beat->memory_passes = atomic_load(&witness->memory_passes);
    beat->memory_checks = atomic_load(&witness->memory_checks);
    beat->memory_errors = atomic_load(&witness->memory_errors);
    beat->disk_writes = atomic_load(&witness->disk_writes);
    beat->disk_checks = atomic_load(&witness->disk_checks);
    beat->disk_errors = atomic_load(&witness->disk_errors);
    beat->disk_sequence = atomic_load(&witness->disk_sequence);
    beat->disk_found = atomic_load(&witness->disk_found);
}

void *wit_beat_run(void *argument)
{
    struct witness *witness = argument;
    struct wit_pace pace = {.interval_ns = BEAT_US * 1000u};
    const struct sockaddr *peer = (const struct sockaddr *)&witness->settings.peer;
    int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint64_t sequence = 1;

    while (socket_fd >= 0 && !atomic_load(&witness->is_stopping)) {
        struct lab_beat beat;
        uint8_t bytes[LAB_BEAT_BYTES];

        fill(witness, sequence, &beat);
        lab_beat_encode(&beat, bytes);
        if (sendto(socket_fd, bytes, sizeof bytes, 0, peer, sizeof witness->settings.peer) ==
            (ssize_t)sizeof bytes)
            sequence++;
        wit_pace_wait(&pace);
    }
    if (socket_fd >= 0)
        close(socket_fd);
    return NULL;
}
