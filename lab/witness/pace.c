/* Time and patterns: what all workers use. */
#include <errno.h>
#include <time.h>

#include "witness/witness.h"

enum { CATCH_UP_STEPS = 8 }; /* a worker later than this forgets what it missed */

uint64_t wit_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void wit_pace_wait(struct wit_pace *pace)
{
    uint64_t now = wit_now_ns();
    struct timespec until;

    if (pace->next_ns == 0 || now > pace->next_ns + CATCH_UP_STEPS * pace->interval_ns)
        pace->next_ns = now;
    pace->next_ns += pace->interval_ns;
    until.tv_sec = (time_t)(pace->next_ns / 1000000000u);
    until.tv_nsec = (long)(pace->next_ns % 1000000000u);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

/* One multiplication and one addition per word: cheap enough for an emulated CPU, and a page of
 * another seed, another place or another pass differs in every word. */
static uint64_t first_word(uint64_t seed)
{
    uint64_t word = seed + 0x9e3779b97f4a7c15u;

    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

void wit_pattern_fill(uint64_t *words, uint64_t n_words, uint64_t seed)
{
    uint64_t word = first_word(seed);

    for (uint64_t i = 0; i < n_words; i++, word += 0x9e3779b97f4a7c15u)
        words[i] = word;
}

bool wit_pattern_is(const uint64_t *words, uint64_t n_words, uint64_t seed)
{
    uint64_t word = first_word(seed), wrong = 0;

    for (uint64_t i = 0; i < n_words; i++, word += 0x9e3779b97f4a7c15u)
        wrong |= words[i] ^ word;
    return wrong == 0;
}
