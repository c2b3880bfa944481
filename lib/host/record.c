/* A record's file. The write goes to the slot that does not hold the newest record, so a crash at
 * any byte leaves that one whole. The file has its full size from the first day and is written in
 * place: nothing is allocated, renamed or grown when it matters. */
#include "host/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/scope.h"

enum { N_SLOTS = 2, FILE_BYTES = N_SLOTS * GW_RECORD_SLOT_BYTES };

static int not_whole(const char *path, const char *what, struct gw_error *err)
{
    return gw_error_set(err, GW_DATA_LOSS,
                        "record %s: %s; find out by hand whether the guest runs elsewhere, then "
                        "remove the file",
                        path, what);
}

static int load(int fd, const char *path, struct gw_record_file *file, struct gw_error *err)
{
    char slot[GW_RECORD_SLOT_BYTES];
    struct gw_record record;
    uint64_t sequence = 0;
    unsigned n_torn = 0;
    unsigned n_blank = 0;
    size_t n_bytes = 0;
    for (unsigned i = 0; i < N_SLOTS; i++) {
        ssize_t n = pread(fd, slot, sizeof slot, (off_t)i * GW_RECORD_SLOT_BYTES);
        if (n < 0)
            return gw_error_set_errno(err, errno, "can't read %s", path);
        memset(slot + n, 0, sizeof slot - (size_t)n);
        n_bytes += (size_t)n;
        int found = gw_record_decode(slot, &record, &sequence);
        n_torn += found < 0;
        n_blank += found > 0;
        if (found == 0 && sequence > file->sequence) {
            file->now = record;
            file->sequence = sequence;
        }
    }
    if (n_torn == N_SLOTS)
        return not_whole(path, "neither slot is whole", err);
    /* Nothing is written before the file has its size: what is missing was there. */
    if (n_bytes < FILE_BYTES && n_blank < N_SLOTS)
        return not_whole(path, "the end of the file is missing", err);
    return 0;
}

/* Give a new file its blocks: zeros written, not only promised. */
static int preallocate(int fd, const char *path, struct gw_error *err)
{
    static const char zeros[FILE_BYTES];
    ssize_t n = pwrite(fd, zeros, sizeof zeros, 0);
    if (n != (ssize_t)sizeof zeros || fsync(fd) < 0)
        return gw_error_set_errno(err, n >= 0 && n < FILE_BYTES ? ENOSPC : errno,
                                  "can't preallocate record %s", path);
    return gw_file_sync_folder(path, err);
}

int gw_record_file_open(struct gw_record_file *file, const char *path, struct gw_error *err)
{
    struct stat st;
    *file = (struct gw_record_file){.fd = -1};
    GW_AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fstat(fd, &st) < 0)
        return gw_error_set_errno(err, errno, "can't open record %s", path);
    if (load(fd, path, file, err) < 0)
        return -1;
    if (st.st_size < FILE_BYTES && preallocate(fd, path, err) < 0) {
        if (st.st_size == 0)
            (void)unlink(path);
        return -1;
    }
    file->fd = gw_steal_fd(&fd);
    return 0;
}

/* A write that failed must not be found later, by us or by the other agent: its slot is blanked, so
 * the other one, which is `now`, is the newest again. Where even that fails nobody knows what the
 * file says, and nothing more is written before it is opened, and read, afresh. */
static int
take_back(struct gw_record_file *file, off_t at, const struct gw_record *lost, struct gw_error *err)
{
    static const char blank[GW_RECORD_SLOT_BYTES];
    if (pwrite(file->fd, blank, sizeof blank, at) == (ssize_t)sizeof blank)
        return -1;
    close(file->fd);
    file->fd = -1;
    return gw_error_wrap(err, "record %s of guest %s may be on disk or not; restart this agent",
                         gw_record_state_name(lost->state), lost->guest_uuid);
}

int gw_record_file_write(struct gw_record_file *file,
                         const struct gw_record *record,
                         enum gw_record_sync sync,
                         struct gw_error *err)
{
    char slot[GW_RECORD_SLOT_BYTES];
    uint64_t sequence = file->sequence + 1;
    if (file->fd < 0)
        return gw_error_set(err, GW_INTERNAL, "the record of guest %s is not open",
                            record->guest_uuid);
    if (gw_record_encode(record, sequence, slot) < 0)
        return gw_error_set(err, GW_INTERNAL, "the record of guest %s does not fit its slot",
                            record->guest_uuid);
    if (GW_FAILPOINT(err, "record.%s.before", gw_record_state_name(record->state)) < 0)
        return -1;
    off_t at = (off_t)(sequence % N_SLOTS) * GW_RECORD_SLOT_BYTES;
    ssize_t n = pwrite(file->fd, slot, sizeof slot, at);
    if (n != (ssize_t)sizeof slot || (sync == GW_RECORD_SYNC && fdatasync(file->fd) < 0)) {
        (void)gw_error_set_errno(err, n >= 0 && n < (ssize_t)sizeof slot ? EIO : errno,
                                 "can't write the record of guest %s", record->guest_uuid);
        return n < 0 ? -1 : take_back(file, at, record, err);
    }
    file->sequence = sequence;
    file->now = *record;
    (void)GW_FAILPOINT(NULL, "record.%s.after", gw_record_state_name(record->state));
    return 0;
}

void gw_record_file_close(struct gw_record_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct gw_record_file){.fd = -1};
}

int gw_record_read(const char *path, struct gw_record *out, struct gw_error *err)
{
    struct gw_record_file file = {.fd = -1};
    GW_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno != ENOENT)
        return gw_error_set_errno(err, errno, "can't open record %s", path);
    if (fd >= 0 && load(fd, path, &file, err) < 0)
        return -1;
    *out = file.now;
    return 0;
}
