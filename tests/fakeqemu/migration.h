#ifndef FQ_MIGRATION_H
#define FQ_MIGRATION_H
/* Migration, both ways. Source: QEMU migration/migration.c of 7.2; what it does, in which order,
 * and what it says of it are played; the memory is one small object. Thread: loop. */

#include <stdbool.h>
#include <stdint.h>

#include "channel.h"

struct fq_machine;

enum fq_status {
    FQ_NONE,
    FQ_SETUP,
    FQ_ACTIVE,
    FQ_PRE_SWITCHOVER,
    FQ_DEVICE,
    FQ_POSTCOPY_ACTIVE,
    FQ_POSTCOPY_PAUSED,
    FQ_POSTCOPY_RECOVER,
    FQ_COMPLETED,
    FQ_FAILED,
    FQ_CANCELLING,
    FQ_CANCELLED,
};

enum { FQ_CAPABILITIES_MAX = 32 };

struct fq_parameters {
    uint64_t max_bandwidth; /* bytes per second; 0: none */
    uint64_t downtime_limit;
    uint64_t max_postcopy_bandwidth; /* 0: no limit */
};

/* Out of here. */
struct fq_migration {
    enum fq_status status;
    bool capabilities[FQ_CAPABILITIES_MAX]; /* of both ways; see migration.c */
    struct fq_parameters parameters;
    struct fq_channel channel;
    struct gw_timer *timer; /* the next step */
    bool was_running;
    bool is_state_sent;
    bool is_continued;      /* migrate-continue came */
    bool is_postcopy_asked; /* migrate-start-postcopy came */
    uint64_t n_sent;        /* bytes of memory, as it were */
    unsigned n_passes;
    uint64_t begun_us, stopped_us, ended_us;
    char *error; /* of the last failure; NULL: it is not told */
};

/* Into here. */
struct fq_incoming {
    enum fq_status status;
    struct fq_channel channel;
    int listen_fd; /* -1: none */
    struct gw_watch *listen_watch;
    struct gw_timer *timer; /* the guest is being loaded */
    bool is_started;
    bool is_header_seen;
    bool is_to_run;   /* the guest ran at the source */
    bool is_postcopy; /* the guest is here, its memory is not */
};

void fq_migration_init(struct fq_machine *m);
const char *fq_status_name(enum fq_status status);
/* Number of capability @name; -1: there is none. */
int fq_capability_find(const char *name);
const char *fq_capability_name(int capability); /* NULL past the last */
bool fq_is_capable(const struct fq_machine *m, const char *name);
/* Event MIGRATION where it is wanted, and the point of that name. */
void fq_tell_status(struct fq_machine *m, enum fq_status status);

/* ---- outgoing.c ---- */

bool fq_outgoing_is_active(const struct fq_machine *m);
/* @fd is taken over; -1: the migration has failed because of @error (malloc'd, taken over). */
void fq_outgoing_start(struct fq_machine *m, int fd, char *error);
void fq_outgoing_continue(struct fq_machine *m);
void fq_outgoing_cancel(struct fq_machine *m);
/* After postcopy-paused, over a new connection. */
void fq_outgoing_recover(struct fq_machine *m, int fd);
void fq_outgoing_init(struct fq_machine *m);

/* ---- incoming.c ---- */

/* Wait for the stream on @fd, or (@is_listening) for the connection it will come by. Taken over. */
void fq_incoming_start(struct fq_machine *m, int fd, bool is_listening);
void fq_incoming_init(struct fq_machine *m);

#endif
