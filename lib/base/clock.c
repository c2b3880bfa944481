#include "base/clock.h"

#include <time.h>

static uint64_t read_us(clockid_t id)
{
    struct timespec now = {0};
    (void)clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static uint64_t system_mono_us(void *arg)
{
    (void)arg;
    return read_us(CLOCK_BOOTTIME);
}

static uint64_t system_wall_us(void *arg)
{
    (void)arg;
    return read_us(CLOCK_REALTIME);
}

const struct gw_clock *gw_clock_system(void)
{
    static const struct gw_clock clock = {.mono_us = system_mono_us, .wall_us = system_wall_us};
    return &clock;
}
