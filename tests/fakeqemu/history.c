#include "history.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "base/str.h"

enum { LINE_MAX_BYTES = 1024 };

void fq_history_open(struct fq_history *history, const char *host, const char *uuid)
{
    const char *path = getenv("GW_FAKE_QEMU_LOG");
    *history = (struct fq_history){.log_fd = -1, .guest_fd = -1, .host = host, .uuid = uuid};
    if (!path)
        return;
    GW_AUTO_FREE char *guest = gw_strf("%s.%s", path, uuid);
    history->log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (guest && *uuid)
        history->guest_fd = open(guest, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

void fq_history_write(const struct fq_history *history, const char *word, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    if (history->log_fd < 0)
        return;
    int len = snprintf(line, sizeof line, "%s us=%" PRIu64 " pid=%d host=%s guest=%s ", word,
                       gw_clock_mono_us(gw_clock_system()), (int)getpid(),
                       history->host[0] ? history->host : "-", history->uuid);
    va_start(args, fmt);
    len += vsnprintf(line + len, sizeof line - (size_t)len - 1, fmt, args);
    va_end(args);
    if ((size_t)len >= sizeof line - 1)
        len = (int)sizeof line - 2;
    line[len++] = '\n';
    if (write(history->log_fd, line, (size_t)len) != len) /* one write: lines never mix */
        (void)fprintf(stderr, "can't write the history\n");
}

bool fq_history_lock(struct fq_history *history)
{
    if (history->guest_fd < 0 || history->is_locked)
        return true;
    history->is_locked = flock(history->guest_fd, LOCK_EX | LOCK_NB) == 0;
    return history->is_locked;
}

void fq_history_unlock(struct fq_history *history)
{
    if (history->is_locked)
        (void)flock(history->guest_fd, LOCK_UN);
    history->is_locked = false;
}

uint64_t fq_history_acked(const struct fq_history *history)
{
    uint64_t generation = 0;
    if (history->guest_fd < 0 ||
        pread(history->guest_fd, &generation, sizeof generation, 0) != (ssize_t)sizeof generation)
        return 0;
    return generation;
}

void fq_history_set_acked(const struct fq_history *history, uint64_t generation)
{
    if (history->guest_fd >= 0 &&
        pwrite(history->guest_fd, &generation, sizeof generation, 0) != (ssize_t)sizeof generation)
        (void)fprintf(stderr, "can't write the acknowledged generation\n");
}
