#ifndef GW_LAB_WITNESS_WITNESS_H
#define GW_LAB_WITNESS_WITNESS_H
/* The witness: the one program of a lab guest. It keeps memory and disk busy with contents it can
 * check, and tells a peer on the network each millisecond how it fares. Each of its workers is a
 * thread; what they share is in struct witness. */

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "beat/beat.h"

/* From the kernel command line, words `witness.KEY=VALUE`; sizes may end in K, M or G. */
struct wit_settings {
    uint64_t memory_bytes;   /* memory=: region rewritten over and over */
    uint64_t memory_rate;    /* rate=: bytes rewritten per second */
    uint64_t still_bytes;    /* still=: region written once and checked ever after */
    uint64_t disk_rate;      /* disk_rate=: blocks written per second */
    uint64_t disk_stripes;   /* stripes=: places over which blocks are spread, 1 to 1024 */
    char disk[64];           /* disk=: block device; empty: no disk worker */
    struct sockaddr_in peer; /* peer=IP:PORT: who gets the beats */
    uint16_t tcp_port;       /* tcp=: port of the echo server */
    bool is_deaf;            /* button=ignore: the power button is not heard */
};

struct witness {
    struct wit_settings settings;
    uint8_t boot_id[LAB_BOOT_ID_BYTES];
    int echo_fd;             /* listens; open for as long as the guest runs */
    atomic_bool is_stopping; /* set once; workers leave at their next step */
    atomic_uint_fast64_t memory_passes, memory_checks, memory_errors;
    atomic_uint_fast64_t disk_writes, disk_checks, disk_errors, disk_sequence, disk_found;
};

/* Fill @out from the words of @cmdline, with defaults for what it does not say. 0, or -1 with a
 * message on stderr. */
int wit_settings_parse(const char *cmdline, struct wit_settings *out);

/* Thread functions; the argument is the struct witness. */
void *wit_memory_run(void *witness);
void *wit_disk_run(void *witness);
void *wit_beat_run(void *witness);
void *wit_echo_run(void *witness);

/* Open the echo port, before the first beat tells anyone of this guest. 0, or -1 with a message on
 * stderr. */
int wit_echo_listen(struct witness *witness);

/* Wait until the guest is asked to power off: ACPI power button (unless @is_deaf), SIGTERM or
 * SIGINT (blocked by the caller). */
void wit_button_wait(bool is_deaf);

/* Fill @n_words words at @words with the pattern of @seed; or count from where they differ:
 * wit_pattern_is() is true when all words match. */
void wit_pattern_fill(uint64_t *words, uint64_t n_words, uint64_t seed);
bool wit_pattern_is(const uint64_t *words, uint64_t n_words, uint64_t seed);

/* A pace of @per_second small steps of work: wit_pace_wait() sleeps until the next @step is due.
 * After a long pause (the guest was moved) it goes on at its pace and does not catch up. */
struct wit_pace {
    uint64_t interval_ns;
    uint64_t next_ns; /* 0: not begun */
};
void wit_pace_wait(struct wit_pace *pace);
uint64_t wit_now_ns(void);

#endif
