/* The memory worker. Two regions: one is rewritten page after page at the wanted rate, the other
 * was written once. A page's contents follow from its number and its pass, so each page is checked
 * in full just before it is rewritten, against what this program knows it wrote: a page that was
 * lost, mixed up or is one pass old is an error. For each page of the busy region, one of the still
 * region is checked. */
#include <stdio.h>
#include <sys/mman.h>

#include "witness/witness.h"

enum {
    PAGE = 4096,
    WORDS = PAGE / sizeof(uint64_t),
    STEP_US = 4000, /* work comes in small portions, so that the beat thread is never far off */
    ERRORS_PRINTED = 16, /* the console is slow */
};
#define STILL_SEED 0x5717000000000000u /* keeps still pages apart from busy ones */

struct region {
    uint64_t *words;
    uint64_t n_pages;
    uint64_t at;   /* next page */
    uint64_t pass; /* what pages before `at` hold; those from it on hold pass - 1 */
};

static uint64_t seed_of(uint64_t page, uint64_t pass)
{
    return page * 0x100000001b3u + (pass << 40);
}

static int region_init(struct region *region, uint64_t n_bytes, uint64_t seed)
{
    region->n_pages = n_bytes / PAGE;
    region->at = 0;
    region->pass = 1;
    if (region->n_pages == 0)
        return 0;
    region->words = mmap(NULL, region->n_pages * PAGE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region->words == MAP_FAILED) {
        perror("witness: memory");
        return -1;
    }
    for (uint64_t page = 0; page < region->n_pages; page++)
        wit_pattern_fill(region->words + page * WORDS, WORDS, seed_of(page, 0) + seed);
    return 0;
}

static void check(
    struct witness *witness, const char *kind, const uint64_t *page, uint64_t number, uint64_t seed)
{
    atomic_fetch_add(&witness->memory_checks, 1);
    if (wit_pattern_is(page, WORDS, seed))
        return;
    if (atomic_fetch_add(&witness->memory_errors, 1) < ERRORS_PRINTED)
        fprintf(stderr, "witness: %s page %llu begins with %016llx, which is wrong\n", kind,
                (unsigned long long)number, (unsigned long long)page[0]);
}

static void busy_step(struct witness *witness, struct region *busy)
{
    uint64_t *page = busy->words + busy->at * WORDS;

    check(witness, "busy", page, busy->at, seed_of(busy->at, busy->pass - 1));
    wit_pattern_fill(page, WORDS, seed_of(busy->at, busy->pass));
    if (++busy->at == busy->n_pages) {
        busy->at = 0;
        busy->pass++;
        atomic_fetch_add(&witness->memory_passes, 1);
    }
}

static void still_step(struct witness *witness, struct region *still)
{
    uint64_t *page = still->words + still->at * WORDS;

    check(witness, "still", page, still->at, seed_of(still->at, 0) + STILL_SEED);
    if (++still->at == still->n_pages)
        still->at = 0;
}

void *wit_memory_run(void *argument)
{
    struct witness *witness = argument;
    struct region busy = {0}, still = {0};
    struct wit_pace pace = {.interval_ns = STEP_US * 1000u};
    uint64_t pages_per_second = witness->settings.memory_rate / PAGE;
    uint64_t owed = 0; /* pages times microseconds */

    if (region_init(&busy, witness->settings.memory_bytes, 0) < 0 ||
        region_init(&still, witness->settings.still_bytes, STILL_SEED) < 0) {
        atomic_fetch_add(&witness->memory_errors, 1);
        return NULL;
    }
    while (!atomic_load(&witness->is_stopping)) {
        for (owed += pages_per_second * STEP_US; owed >= 1000000; owed -= 1000000) {
            if (busy.n_pages > 0)
                busy_step(witness, &busy);
            if (still.n_pages > 0)
                still_step(witness, &still);
        }
        wit_pace_wait(&pace);
    }
    return NULL;
}
