#include "loop/child_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"

enum {
    STAT_MAX_BYTES = 4096, /* 52 numbers and a name of at most 64 bytes (proc(5)) */
    STATE_FIELD = 3,       /* R, S, D, Z, ... */
    START_TIME_FIELD = 22, /* clock ticks after boot */
};

int gw_proc_stat_parse(const char *stat, char *out_state, uint64_t *out_ticks)
{
    /* The name in field 2 stands in parentheses and may hold anything, these included. */
    const char *at = strrchr(stat, ')');
    if (!at || at[1] != ' ')
        return -1;
    at += 2;
    char state = *at;
    for (int field = STATE_FIELD; field < START_TIME_FIELD; field++) {
        at = strchr(at, ' ');
        if (!at)
            return -1;
        at++;
    }
    char *end = NULL;
    unsigned long long ticks = strtoull(at, &end, 10);
    if (end == at)
        return -1;
    *out_state = state;
    *out_ticks = ticks;
    return 0;
}

int gw_proc_start_ticks(pid_t pid, uint64_t *out_ticks, struct gw_error *err)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    GW_AUTO_FREE char *stat = gw_file_read(path, STAT_MAX_BYTES, NULL, NULL);
    char state = 0;
    uint64_t ticks = 0;
    if (!stat || gw_proc_stat_parse(stat, &state, &ticks) < 0)
        return gw_error_set(err, GW_NOT_FOUND, "there is no process %d", (int)pid);
    if (state == 'Z' || state == 'X')
        return gw_error_set(err, GW_NOT_FOUND, "process %d has ended", (int)pid);
    *out_ticks = ticks;
    return 0;
}
