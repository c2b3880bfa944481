#ifndef GW_TESTS_COMPONENT_TARGET_MOVER_H
#define GW_TESTS_COMPONENT_TARGET_MOVER_H
/* The test as the source agent: drives the QEMU of one agent through its source.qmp. */

#include "qmp/qmp.h"
#include "tests/component/target/bench.h"

struct mover {
    struct bench *bench;
    struct gw_qmp *qmp;
    bool is_ready;
    bool is_closed;
    bool is_mirror_ready;
    bool is_mirror_over;
    char status[32]; /* of the last MIGRATION event */
    bool has_answer;
    struct gw_error err;
    char answer[4096]; /* the last command's result as JSON text */
};

void mover_open(struct mover *mover, struct agent *agent);
void mover_close(struct mover *mover);
/* Run a command to its answer; the test fails unless it succeeds. @json may be NULL. */
void mover_run(struct mover *mover, const char *command, const char *json);
/* Wait for MIGRATION status @word. */
void mover_await(struct mover *mover, const char *word);
/* The plain path: mirror the disk (@disk_port not 0), migrate, switch over, `completed`. */
void mover_move(struct mover *mover, const struct endpoints *endpoints);
/* query-status of the QEMU of @agent, asked through its source.qmp: e.g. "running". */
void mover_status(struct agent *agent, char out[32]);

#endif
