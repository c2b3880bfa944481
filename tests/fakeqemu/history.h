#ifndef FQ_HISTORY_H
#define FQ_HISTORY_H
/* What this guest did, for whoever judges it: one line per happening, appended to the file that
 * GW_FAKE_QEMU_LOG names and that all fake QEMUs of a test share. docs/fake-qemu.md says how to
 * read it. Beside it lies one file per guest, FILE.UUID: it is locked while the guest runs, by the
 * kernel and so until the process is gone, however it ends; and it keeps the newest disk generation
 * that was acknowledged to a guest, which no later boot may lack. Thread: one. */

#include <stdbool.h>
#include <stdint.h>

struct fq_history {
    int log_fd;   /* -1: nobody wants to know */
    int guest_fd; /* -1 likewise */
    bool is_locked;
    const char *host;
    const char *uuid;
};

/* @host and @uuid outlive it; either may be "". */
void fq_history_open(struct fq_history *history, const char *host, const char *uuid);
/* "@word us=... pid=... host=... guest=... REST"; times are of the monotonic clock. */
void fq_history_write(const struct fq_history *history, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The guest is about to run: take the lock. False: another process has it. */
bool fq_history_lock(struct fq_history *history);
void fq_history_unlock(struct fq_history *history);
/* The newest generation acknowledged anywhere; 0: none. */
uint64_t fq_history_acked(const struct fq_history *history);
void fq_history_set_acked(const struct fq_history *history, uint64_t generation);

#endif
