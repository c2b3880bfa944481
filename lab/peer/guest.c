/* The guests the peer knows of, their beats, and what it prints about them. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "peer/peer.h"

struct peer_guest *peer_guest_at(struct peer *peer, struct in_addr address)
{
    for (int i = 0; i < PEER_GUESTS_MAX; i++) {
        struct peer_guest *guest = &peer->guests[i];

        if (guest->address.s_addr == 0) {
            guest->address = address;
            stream_init(&guest->stream);
        }
        if (guest->address.s_addr == address.s_addr)
            return guest;
    }
    return NULL;
}

/* When the packet came, as the kernel saw it: our own turn on a busy machine may come later. */
static uint64_t arrival_ns(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;

            __builtin_memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            return (uint64_t)stamp.tv_sec * 1000000000u + (uint64_t)stamp.tv_nsec;
        }
    }
    return peer_wall_ns();
}

void peer_on_beats(struct peer *peer)
{
    for (;;) {
        uint8_t bytes[LAB_BEAT_BYTES + 1];
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
        struct sockaddr_in from;
        struct iovec piece = {.iov_base = bytes, .iov_len = sizeof bytes};
        struct msghdr message = {.msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_iov = &piece,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        struct lab_beat beat;
        struct peer_guest *guest;
        ssize_t n = recvmsg(peer->beats_fd, &message, MSG_DONTWAIT);

        if (n < 0)
            return;
        if (lab_beat_decode(bytes, (size_t)n, &beat) < 0)
            continue;
        guest = peer_guest_at(peer, from.sin_addr);
        if (guest == NULL)
            continue;
        tally_add(&guest->tally, &beat, arrival_ns(&message));
        peer_settle(peer, guest);
    }
}

static size_t print_boots(const struct tally *tally, char *out, size_t size)
{
    size_t at = 0;

    out[0] = '\0';
    for (uint64_t i = 0; i < tally->n_boots && i < TALLY_BOOTS_MAX; i++) {
        at += (size_t)snprintf(out + at, size - at, "%s\"", i > 0 ? ", " : "");
        for (int byte = 0; byte < LAB_BOOT_ID_BYTES; byte++)
            at += (size_t)snprintf(out + at, size - at, "%02x", tally->boots[i][byte]);
        at += (size_t)snprintf(out + at, size - at, "\"");
    }
    return at;
}

static void print_stream(const struct stream *stream, char *out, size_t size)
{
    snprintf(out, size,
             "{\"opened\": %s, \"kept\": %s, \"echoes\": %" PRIu64 ", \"bytes\": %" PRIu64
             ", \"longest_echo_us\": %" PRIu64 ", \"trouble\": \"%s\"}",
             stream->was_opened ? "true" : "false", stream_is_kept(stream) ? "true" : "false",
             stream->n_echoes, stream->n_bytes,
             stream_longest_echo_ns(stream, peer_now_ns()) / 1000, stream->trouble);
}

void peer_guest_print(const struct peer_guest *guest, char *out, size_t size)
{
    const struct tally *tally = &guest->tally;
    const struct lab_beat *last = &tally->last;
    char boots[TALLY_BOOTS_MAX * (2 * LAB_BOOT_ID_BYTES + 4) + 1], tcp[320];
    char address[INET_ADDRSTRLEN];
    uint64_t wall_ns = peer_wall_ns();

    inet_ntop(AF_INET, &guest->address, address, sizeof address);
    print_boots(tally, boots, sizeof boots);
    print_stream(&guest->stream, tcp, sizeof tcp);
    snprintf(out, size,
             "{\"guest\": \"%s\", \"beats\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"late\": %" PRIu64
             ", \"blackout_us\": %" PRIu64 ", \"n_boots\": %" PRIu64 ", \"boots\": [%s]"
             ", \"memory_passes\": %" PRIu64 ", \"memory_checks\": %" PRIu64
             ", \"memory_errors\": %" PRIu64 ", \"disk_writes\": %" PRIu64
             ", \"disk_checks\": %" PRIu64 ", \"disk_errors\": %" PRIu64
             ", \"disk_sequence\": %" PRIu64 ", \"disk_scanned\": %s, \"disk_lost\": %" PRIu64
             ", \"tcp\": %s}\n",
             address, tally->n_beats, tally->n_lost, tally->n_late,
             tally_blackout_ns(tally, wall_ns) / 1000, tally->n_boots, boots, last->memory_passes,
             last->memory_checks, tally_memory_errors(tally), last->disk_writes, last->disk_checks,
             tally_disk_errors(tally), last->disk_sequence,
             tally_is_scanned(tally) ? "true" : "false", tally_disk_lost(tally), tcp);
}
