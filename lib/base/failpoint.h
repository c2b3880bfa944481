#ifndef GW_BASE_FAILPOINT_H
#define GW_BASE_FAILPOINT_H
/* Fault points: named places in front of and behind each durable write and each outward message,
 * where a test lets the program die, fail, stall or run out of space.
 *
 * Only builds with GW_FAILPOINTS defined have them (the dev, asan and tsan presets); elsewhere the
 * macro is the constant 0 and no name gets into the program, which a test proves.
 *
 *     GODWIT_FAILPOINT=name[:nth]=kill|error|nospace|hang|sleep:MS[,name...]
 *         what happens the nth time (from 1, default 1) that the place is passed; nth `*`: each
 * time GODWIT_FAILPOINT_LOG=file each place passed is appended as a line, so that a sweep knows
 * what it has reached
 *
 * kill: SIGKILL to this process. error: EIO. nospace: ENOSPC. hang: never returns. sleep: goes on
 * after MS milliseconds. Thread: any. */

#include "base/error.h"

#ifdef GW_FAILPOINTS
/* Pass the place called by the format, e.g. ("qmp.%s.before", command): 0, or -1 with @err set as a
 * failing disk would have set it. In front of an act the caller fails with it; behind one only
 * kill, hang and sleep make sense, and the result is dropped. */
#define GW_FAILPOINT(err, ...) gw_failpoint_pass((err), __VA_ARGS__)
int gw_failpoint_pass(struct gw_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
#else
#define GW_FAILPOINT(err, ...) ((void)(err), 0)
#endif

#endif
