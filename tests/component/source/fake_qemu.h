#ifndef TESTS_SOURCE_FAKE_QEMU_H
#define TESTS_SOURCE_FAKE_QEMU_H
/* A QEMU that the test plays: a process that does nothing, and a monitor that answers from a few
 * variables. The course of a move is told by the test, event by event. */

#include "source_case.h"
#include "support/fake_qmp.h"

struct fake_qemu {
    struct source_case *c;
    struct fake_qmp *qmp;
    const char *status;    /* of query-status */
    const char *migration; /* status of query-migrate; NULL: none */
    const char *jobs;      /* of query-jobs, JSON */
    const char *nodes;     /* of query-named-block-nodes, JSON */
    const char *refuses;   /* name of a command to be refused; NULL: none */
    int memory_fd;         /* listens where the memory is to go */
    unsigned memory_port;
    const char *hangs; /* name of a command never answered; NULL: none */
};

/* The process, the guest's folder with @n_disks and epoch 1, the monitor. Kept in c->extra. */
struct fake_qemu *fake_qemu_start(struct source_case *c, unsigned n_disks);
/* cmocka tear-down; calls source_case_teardown(). */
int fake_qemu_teardown(void **state);

/* Call Begin with @sample, its port 7000 replaced by the one that listens. */
void fake_qemu_begin(struct fake_qemu *q, const char *sample);
/* The same, expecting @code with @reason. */
void fake_qemu_begin_fails(struct fake_qemu *q,
                           const char *sample,
                           enum gw_code code,
                           const char *reason);
/* Run the loop until @command was heard @n times in all. */
void fake_qemu_until_heard(struct fake_qemu *q, const char *command, unsigned n);
unsigned fake_qemu_count(const struct fake_qemu *q, const char *command);
/* Event MIGRATION, and what query-migrate says from now on. */
void fake_qemu_migration(struct fake_qemu *q, const char *status);
/* @event of the mirror of disk @name of the sample move; @error NULL: none. */
void fake_qemu_job(struct fake_qemu *q, const char *event, const char *disk, const char *error);

#define SAMPLE_ATTEMPT                                                                             \
    "\"attempt\":{\"guestUuid\":\"" CASE_UUID "\",\"migrationId\":\"" CASE_MIGRATION               \
    "\",\"attempt\":1,\"epoch\":\"1\"}"
#define SAMPLE_JOB(disk) "gwm-" CASE_MIGRATION "-1-" disk
/* A live move of disk d0. */
#define SAMPLE_BEGIN                                                                               \
    "{" SAMPLE_ATTEMPT ",\"mode\":\"MIGRATION_MODE_LIVE\",\"endpoints\":{"                         \
    "\"memoryHost\":\"127.0.0.1\",\"memoryPort\":7000,\"disks\":[{\"name\":\"d0\","                \
    "\"host\":\"127.0.0.1\",\"port\":7001,\"exportName\":\"d0\"}]}}"
/* The same without disks; and one that gives up a pause after 50 ms. */
#define SAMPLE_BEGIN_NO_DISK                                                                       \
    "{" SAMPLE_ATTEMPT ",\"mode\":\"MIGRATION_MODE_LIVE\",\"endpoints\":{"                         \
    "\"memoryHost\":\"127.0.0.1\",\"memoryPort\":7000}}"
#define SAMPLE_BEGIN_SHORT                                                                         \
    "{" SAMPLE_ATTEMPT ",\"mode\":\"MIGRATION_MODE_LIVE\",\"switchoverTimeoutMs\":50,"             \
    "\"endpoints\":{\"memoryHost\":\"127.0.0.1\",\"memoryPort\":7000}}"
/* Of another migration. */
#define SAMPLE_BEGIN_OTHER                                                                         \
    "{\"attempt\":{\"guestUuid\":\"" CASE_UUID "\",\"migrationId\":\"other\",\"attempt\":2,"       \
    "\"epoch\":\"1\"},\"mode\":\"MIGRATION_MODE_LIVE\",\"endpoints\":{"                            \
    "\"memoryHost\":\"127.0.0.1\",\"memoryPort\":7000}}"

#endif
