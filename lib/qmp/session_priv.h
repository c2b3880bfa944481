#ifndef GW_QMP_SESSION_PRIV_H
#define GW_QMP_SESSION_PRIV_H
/* The session object, shared by session.c (socket, timers, life and end), dialogue.c (incoming
 * messages) and start.c (outgoing commands). */

#include "qmp/qmp_priv.h"

enum { GW_QMP_INPUT_BYTES = 64 * 1024 }; /* read per turn of the loop, so that others get theirs */

struct gw_qmp {
    struct gw_loop *loop;
    char *path;
    struct gw_qmp_handlers handlers;
    int fd; /* -1: the session is over */
    struct gw_watch *watch;
    struct gw_timer *due_timer;      /* deadlines and refusals of commands, and @broken */
    struct gw_timer *greeting_timer; /* runs until ready */
    struct gw_qmp_line line;
    struct gw_qmp_table table;
    struct gw_error broken; /* found inside a call: ends the session at the next turn */
    bool is_greeted;
    bool has_oob;
    bool is_closed; /* gw_qmp_close() was called */
    unsigned depth; /* frames of this file that may call a handler */
    char input[GW_QMP_INPUT_BYTES];
};

/* session.c: take @command out of the table and tell its owner; the session may be closed then. */
void gw_qmp_finish(struct gw_qmp *qmp,
                   struct gw_qmp_command *command,
                   json_object *result,
                   const struct gw_error *err);
/* session.c: set the timer for the next command that is due. Calls no handler. */
void gw_qmp_arm(struct gw_qmp *qmp);
/* session.c: write what can be written, watch for what must wait. Calls no handler. */
void gw_qmp_flush(struct gw_qmp *qmp);
/* dialogue.c: act on one object from the monitor. Errors: DATA_LOSS and others that end the
 * session; the session may have been closed by a handler. */
int gw_qmp_take_message(struct gw_qmp *qmp, json_object *object, struct gw_error *err);
/* dialogue.c: @command is out of band and QEMU has no such thing. */
void gw_qmp_refuse_oob(struct gw_qmp *qmp, struct gw_qmp_command *command);

#endif
