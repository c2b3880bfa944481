#ifndef GW_QMP_QMP_H
#define GW_QMP_QMP_H
/* Asynchronous sessions with a QEMU monitor (QMP), out-of-band commands included.
 * Source: QEMU docs/interop/qmp-spec.
 *
 * Completion contract: a command started once is finished exactly once, later, on the loop thread,
 * never inside the call that started it. When the session ends, every open command is finished with
 * UNAVAILABLE, then @closed runs once; nothing runs after gw_qmp_close(). One exception: where
 * there is no memory to remember a command, it is finished inside the call, RESOURCE_EXHAUSTED.
 * Thread: loop thread. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "loop/loop.h"

enum {
    GW_QMP_LINE_MAX_BYTES = 4 * 1024 * 1024, /* query-qmp-schema answers about 200 KiB */
    GW_QMP_COMMAND_MAX_BYTES = 1024 * 1024,  /* text of one command; ours are under 4 KiB */
    GW_QMP_COMMANDS_MAX = 64,                /* under way in one session */
    GW_QMP_GREETING_MS = 5000,               /* a QEMU that says nothing for so long is hung */
};

struct gw_qmp;

/* Result of a command: @result (borrowed) and @err not set, or NULL and @err. Errors: QEMU's own
 * word as INTERNAL (CommandNotFound: UNIMPLEMENTED) with its class in err->reason;
 * DEADLINE_EXCEEDED; UNAVAILABLE session lost; RESOURCE_EXHAUSTED more than GW_QMP_COMMANDS_MAX;
 * INVALID_ARGUMENT too long. A reply that comes after its deadline is dropped. */
typedef void (*gw_qmp_result_fn)(void *arg, json_object *result, const struct gw_error *err);

struct gw_qmp_handlers {
    /* Greeting and capabilities done; commands queued before are sent after this. May be NULL. */
    void (*ready)(void *arg, bool has_oob);
    /* @data (borrowed) may be NULL. @stamp_us: QEMU's wall clock, microseconds since 1970. */
    void (*event)(void *arg, const char *name, json_object *data, uint64_t stamp_us);
    /* The session is over: hang-up, rubbish, too long a line. Close it from here or later. */
    void (*closed)(void *arg, const struct gw_error *err);
    void *arg;
};

/* Connect to the monitor socket at @path; @handlers is copied. Errors: NOT_FOUND no socket;
 * UNAVAILABLE nobody listens; INVALID_ARGUMENT path too long for a unix socket. What fails later is
 * told by closed(). Commands may be started at once; they are sent after ready(). */
struct gw_qmp *gw_qmp_open(struct gw_loop *loop,
                           const char *path,
                           const struct gw_qmp_handlers *handlers,
                           struct gw_error *err);
/* Send @command; @arguments (may be NULL) is taken over, also on failure to send. @fn may be NULL.
 * @deadline_ms 0: none. */
void gw_qmp_execute(struct gw_qmp *qmp,
                    const char *command,
                    json_object *arguments,
                    uint32_t deadline_ms,
                    gw_qmp_result_fn fn,
                    void *arg);
/* The same out of band: answered even while QEMU is busy, and sent ahead of all that waits. Fails
 * with UNIMPLEMENTED without oob. */
void gw_qmp_execute_oob(struct gw_qmp *qmp,
                        const char *command,
                        json_object *arguments,
                        uint32_t deadline_ms,
                        gw_qmp_result_fn fn,
                        void *arg);
/* `getfd`: give QEMU descriptor @fd under @name. @fd is duplicated; the caller keeps its own. */
void gw_qmp_send_fd(struct gw_qmp *qmp,
                    int fd,
                    const char *name,
                    uint32_t deadline_ms,
                    gw_qmp_result_fn fn,
                    void *arg);
/* End the session; open commands are dropped without being finished. NULL is fine. May be called
 * from any handler. */
void gw_qmp_close(struct gw_qmp *qmp);

#endif
