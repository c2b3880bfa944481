#ifndef FQ_MONITOR_H
#define FQ_MONITOR_H
/* QMP monitors: one client each, in-band and out-of-band commands, events to all. Source: QEMU
 * docs/interop/qmp-spec. Thread: loop. */

#include <stdbool.h>
#include <sys/queue.h>

#include "base/str.h"
#include "json.h"
#include "options.h"

struct fq_machine;

/* A descriptor that came by `getfd`; it stays when the client goes. */
struct fq_named_fd {
    struct fq_named_fd *next;
    char *name;
    int fd;
};

/* A command under way; freed by its answer. */
struct fq_call {
    TAILQ_ENTRY(fq_call) link;
    struct fq_machine *m;
    struct fq_monitor *monitor;
    unsigned session;     /* of the monitor: an answer to a client that is gone is dropped */
    json_object *request; /* the whole object; owned */
    const char *name;
    json_object *args; /* NULL: none */
    bool is_oob;
};

struct fq_monitor {
    struct fq_monitor *next;
    struct fq_machine *m;
    const char *id;
    int listen_fd;
    struct gw_watch *listen_watch;
    int fd; /* of the client; -1: none */
    struct gw_watch *watch;
    unsigned session;
    bool is_ready; /* qmp_capabilities was answered */
    bool has_oob;
    json_tokener *tokener;
    struct gw_str out; /* what the socket has not taken */
    int passed_fd;     /* came with the last bytes; -1: none */
    struct fq_named_fd *fds;
    TAILQ_HEAD(, fq_call) queue; /* in-band, oldest first */
    unsigned n_queued;
};

/* Make the monitors that the options name. Ends the program when that fails. */
void fq_monitors_open(struct fq_machine *m);
/* Send what is still to be sent, for a moment. */
void fq_monitors_flush(struct fq_machine *m);
/* Tell every client; @data (taken over) may be NULL. */
void fq_event(struct fq_machine *m, const char *name, json_object *data);
/* Take the descriptor @name out of @monitor; -1: not there. */
int fq_take_fd(struct fq_monitor *monitor, const char *name);

/* ---- dispatch.c ---- */

/* An object came from the client. Taken over. */
void fq_dispatch(struct fq_monitor *monitor, json_object *request);
void fq_dispatch_drop(struct fq_monitor *monitor); /* the client has gone */
/* Carry out what waits in the queues, unless a command is under way or the monitor hangs. */
void fq_pump(struct fq_machine *m);
/* Answer @call, which is freed. @value is taken over, NULL: {}. */
void fq_return(struct fq_call *call, json_object *value);
void fq_refuse(struct fq_call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fq_refuse_class(struct fq_call *call, const char *error_class, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Send @object, taken over, to the client of @monitor. */
void fq_send(struct fq_monitor *monitor, json_object *object);
/* Read on, or stop reading; after the queue has changed. */
void fq_monitor_rewatch(struct fq_monitor *monitor);

#endif
