#ifndef GW_BASE_CLOCK_H
#define GW_BASE_CLOCK_H
/* Time as something injected: tests and the simulator bring their own. */

#include <stdint.h>

struct gw_clock {
    uint64_t (*mono_us)(void *arg); /* never goes back; for deadlines and durations */
    uint64_t (*wall_us)(void *arg); /* since 1970, UTC; for people only */
    void *arg;
};

/* CLOCK_BOOTTIME and CLOCK_REALTIME. Static storage. */
const struct gw_clock *gw_clock_system(void);

static inline uint64_t gw_clock_mono_us(const struct gw_clock *clock)
{
    return clock->mono_us(clock->arg);
}

static inline uint64_t gw_clock_wall_us(const struct gw_clock *clock)
{
    return clock->wall_us(clock->arg);
}

#endif
