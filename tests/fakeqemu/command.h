#ifndef FQ_COMMAND_H
#define FQ_COMMAND_H
/* The table of QMP commands. A command answers its call exactly once, now or later; until an
 * in-band one is answered no other begins, as QEMU's main loop does one thing at a time. */

#include <stdbool.h>

#include "monitor.h"

struct fq_command {
    const char *name;
    /* Members of "arguments": "name:type", '?' after it if it may be left out; types are s(tring),
     * b(oolean), i(nteger), o(bject), a(rray). "*": others are not looked at. */
    const char *args;
    bool is_oob; /* may be sent out of band */
    void (*fn)(struct fq_call *call);
};

/* NULL: there is none of that name. */
const struct fq_command *fq_command_find(const char *name);
/* Are the arguments as the table says? NULL: yes; else QEMU's words, malloc'd. */
char *fq_command_check(const struct fq_command *command, json_object *args);

/* cmd_run.c */
void fq_cmd_capabilities(struct fq_call *call);
void fq_cmd_query_version(struct fq_call *call);
void fq_cmd_query_status(struct fq_call *call);
void fq_cmd_query_name(struct fq_call *call);
void fq_cmd_query_uuid(struct fq_call *call);
void fq_cmd_stop(struct fq_call *call);
void fq_cmd_cont(struct fq_call *call);
void fq_cmd_quit(struct fq_call *call);
void fq_cmd_system_reset(struct fq_call *call);
void fq_cmd_system_powerdown(struct fq_call *call);
void fq_cmd_getfd(struct fq_call *call);
void fq_cmd_closefd(struct fq_call *call);
void fq_cmd_announce_self(struct fq_call *call);
void fq_cmd_yank(struct fq_call *call);
void fq_cmd_query_yank(struct fq_call *call);

/* cmd_block.c */
void fq_cmd_blockdev_add(struct fq_call *call);
void fq_cmd_blockdev_del(struct fq_call *call);
void fq_cmd_query_nodes(struct fq_call *call);
void fq_cmd_mirror(struct fq_call *call);
void fq_cmd_block_job_cancel(struct fq_call *call);
void fq_cmd_job_cancel(struct fq_call *call);
void fq_cmd_job_dismiss(struct fq_call *call);
void fq_cmd_query_jobs(struct fq_call *call);
void fq_cmd_query_block_jobs(struct fq_call *call);

/* cmd_nbd.c */
void fq_cmd_nbd_start(struct fq_call *call);
void fq_cmd_nbd_stop(struct fq_call *call);
void fq_cmd_export_add(struct fq_call *call);
void fq_cmd_export_del(struct fq_call *call);
void fq_cmd_query_exports(struct fq_call *call);

/* cmd_migrate.c */
void fq_cmd_query_capabilities(struct fq_call *call);
void fq_cmd_set_capabilities(struct fq_call *call);
void fq_cmd_query_parameters(struct fq_call *call);
void fq_cmd_set_parameters(struct fq_call *call);
void fq_cmd_query_migrate(struct fq_call *call);
void fq_cmd_migrate(struct fq_call *call);
void fq_cmd_migrate_cancel(struct fq_call *call);
void fq_cmd_migrate_continue(struct fq_call *call);
void fq_cmd_migrate_incoming(struct fq_call *call);
void fq_cmd_start_postcopy(struct fq_call *call);
void fq_cmd_migrate_pause(struct fq_call *call);
void fq_cmd_migrate_recover(struct fq_call *call);

#endif
