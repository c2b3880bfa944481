#ifndef TESTS_SOURCE_QEMU_PAIR_H
#define TESTS_SOURCE_QEMU_PAIR_H
/* Two real QEMUs: A is the guest that godwit-source watches, B receives it, driven by the test in
 * the target's place. The guest is a firmware without a disk to boot: it runs, that is enough. */

#include <json-c/json.h>

#include "qmp/qmp.h"
#include "source_case.h"

struct qemu_pair {
    struct source_case *c;
    unsigned n_disks;
    struct gw_child *b;
    struct gw_qmp *b_qmp, *a_qmp; /* A's second monitor, the target's */
    int nbd_fd;
    unsigned nbd_port;
    unsigned memory_port;
};

/* False when there is no QEMU: the test is to be skipped. */
bool qemu_pair_is_possible(void);
/* A running with @n_disks disks of random content, known to the agents under epoch 1. */
struct qemu_pair *qemu_pair_start(struct source_case *c, unsigned n_disks);
/* B up (a new one, if there was one): memory port and NBD exports open. */
void qemu_pair_receive(struct qemu_pair *p);
/* cmocka tear-down; calls source_case_teardown(). */
int qemu_pair_teardown(void **state);

/* Run @command on a monitor and wait. Returns the result (to be put), NULL with the test failed. */
json_object *
qemu_pair_ask(struct qemu_pair *p, struct gw_qmp *qmp, const char *command, const char *json);
/* "status" of query-status; static storage. */
const char *qemu_pair_status(struct qemu_pair *p, struct gw_qmp *qmp);
/* The Begin message for attempt @attempt of CASE_MIGRATION under @epoch, with @extra fields (",
 * ..." or ""); malloc'd. */
char *
qemu_pair_begin(const struct qemu_pair *p, unsigned attempt, unsigned epoch, const char *extra);
/* Fail the test unless the disks at A and B are the same. */
void qemu_pair_same_disks(struct qemu_pair *p);

#endif
