#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H
/* A migration as it goes on: a bar on a terminal, plain lines elsewhere (one per change of phase or
 * step, and otherwise at most one a second). */

#include <stdbool.h>
#include <stdio.h>

#include <godwit/v1/migration.pb-c.h>

#include "base/clock.h"

struct cli_progress {
    FILE *out;
    unsigned columns; /* of the terminal; 0: not one */
    const struct gw_clock *clock;
    int phase; /* last told; -1: none */
    int step;
    uint64_t told_us; /* when */
    bool is_drawn;    /* the bar stands on the last line of the terminal */
};

void cli_progress_init(struct cli_progress *progress,
                       FILE *out,
                       unsigned columns,
                       const struct gw_clock *clock);
void cli_progress_update(struct cli_progress *progress, const Godwit__V1__Migration *migration);
/* Bytes copied so far: all, once the target holds the guest, whatever was told last. */
uint64_t cli_bytes_done(const Godwit__V1__Migration *migration);
/* The same in per cent, 0..100; 0 while nothing is known. */
unsigned cli_percent_done(const Godwit__V1__Migration *migration);
/* Wipe the bar, before other text or at the end. */
void cli_progress_clear(struct cli_progress *progress);

#endif
