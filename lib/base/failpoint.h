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
/* Pass the place @name (a literal, "program.what.before" or "....after"): 0, or -1 with @err set as
 * the failing call there would have set it. */
#define GW_FAILPOINT(name, err) gw_failpoint_pass((name), (err))
int gw_failpoint_pass(const char *name, struct gw_error *err);
#else
#define GW_FAILPOINT(name, err) ((void)(err), 0)
#endif

#endif
