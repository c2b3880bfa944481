/* A label is `key = value` lines like a settings file. It is written once, under a name that no
 * other file has, and synced before the disk file gets its name in the trash; so a torn one belongs
 * to nothing. */
#include "host/trash_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/scope.h"
#include "base/str.h"

#define SUFFIX ".about"

/* The label's texts as the table of keys fills them in. */
struct texts {
    char *guest_uuid, *guest_name, *disk, *pool, *file, *migration_id;
    uint64_t epoch, trashed_at_s, size_bytes;
};

#define AT(member) offsetof(struct texts, member)
#define TEXT(name)                                                                                 \
    {                                                                                              \
        .key = #name, .type = GW_CONFIG_TEXT, .offset = AT(name)                                   \
    }
#define NUMBER(name)                                                                               \
    {                                                                                              \
        .key = #name, .type = GW_CONFIG_U64, .offset = AT(name), .max = UINT64_MAX                 \
    }
static const struct gw_config_key keys[] = {
    TEXT(guest_uuid),   TEXT(guest_name), TEXT(disk),           TEXT(pool),         TEXT(file),
    TEXT(migration_id), NUMBER(epoch),    NUMBER(trashed_at_s), NUMBER(size_bytes),
};

void gw_trash_name(char out[GW_TRASH_NAME_MAX + 1], const struct gw_trash_label *label)
{
    /* The epoch, for a guest that leaves a host twice within a second. */
    (void)snprintf(out, GW_TRASH_NAME_MAX + 1, "%s-%" PRIu64 "-%" PRIu64 "-%s", label->guest_uuid,
                   label->trashed_at_s, label->epoch, label->file);
}

void gw_trash_label_name(char out[GW_TRASH_LABEL_NAME_MAX + 1], const char *name)
{
    (void)snprintf(out, GW_TRASH_LABEL_NAME_MAX + 1, ".%s" SUFFIX, name);
}

bool gw_trash_is_label(const char *leaf, char out_name[GW_TRASH_NAME_MAX + 1])
{
    size_t len = strlen(leaf);
    size_t end = strlen(SUFFIX);
    if (leaf[0] != '.' || len <= 1 + end || len - 1 - end > GW_TRASH_NAME_MAX ||
        strcmp(leaf + len - end, SUFFIX) != 0)
        return false;
    memcpy(out_name, leaf + 1, len - 1 - end);
    out_name[len - 1 - end] = '\0';
    return true;
}

char *gw_trash_label_print(const struct gw_trash_label *label, struct gw_error *err)
{
    struct gw_trash_label copy = *label; /* the table's texts are not const */
    const struct texts texts = {
        .guest_uuid = copy.guest_uuid,
        .guest_name = copy.guest_name,
        .disk = copy.disk,
        .pool = copy.pool,
        .file = copy.file,
        .migration_id = copy.migration_id,
        .epoch = copy.epoch,
        .trashed_at_s = copy.trashed_at_s,
        .size_bytes = copy.size_bytes,
    };
    char *text = gw_config_dump(keys, GW_ARRAY_LEN(keys), &texts);
    if (!text)
        (void)gw_error_set_nomem(err, "writing the label of a file in the trash");
    return text;
}

static bool is_name_or_empty(const char *text, size_t max)
{
    return text[0] == '\0' || gw_name_is_valid(text, max);
}

static bool is_migration_id(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return text[strspn(text, allowed)] == '\0';
}

/* In the year 9892: with the longest retention added still a time that JSON can write. */
#define LATEST_S UINT64_C(250000000000)

static bool is_sound(const struct gw_trash_label *l)
{
    return gw_uuid_is_valid(l->guest_uuid) && is_name_or_empty(l->guest_name, GW_NAME_MAX) &&
           is_name_or_empty(l->disk, GW_GUEST_DISK_NAME_MAX) &&
           gw_name_is_valid(l->pool, GW_NAME_MAX) && gw_file_name_is_valid(l->file) &&
           is_migration_id(l->migration_id) && l->trashed_at_s <= LATEST_S;
}

int gw_trash_label_parse(const char *text, struct gw_trash_label *out, struct gw_error *err)
{
    struct texts t = {0};
    struct gw_trash_label l = {0};
    int result = gw_config_parse(keys, GW_ARRAY_LEN(keys), "label", text, &t, err);
    if (result == 0) {
        l.epoch = t.epoch;
        l.trashed_at_s = t.trashed_at_s;
        l.size_bytes = t.size_bytes;
        if (gw_str_copy(l.guest_uuid, sizeof l.guest_uuid, t.guest_uuid) < 0 ||
            gw_str_copy(l.guest_name, sizeof l.guest_name, t.guest_name) < 0 ||
            gw_str_copy(l.disk, sizeof l.disk, t.disk) < 0 ||
            gw_str_copy(l.pool, sizeof l.pool, t.pool) < 0 ||
            gw_str_copy(l.file, sizeof l.file, t.file) < 0 ||
            gw_str_copy(l.migration_id, sizeof l.migration_id, t.migration_id) < 0 || !is_sound(&l))
            result = gw_error_set(err, GW_INVALID_ARGUMENT, "label: a value has a wrong form");
    }
    gw_config_fini(keys, GW_ARRAY_LEN(keys), &t);
    if (result == 0)
        *out = l;
    return result;
}

int gw_trash_label_write(int trash,
                         const char *name,
                         const struct gw_trash_label *label,
                         struct gw_error *err)
{
    char leaf[GW_TRASH_LABEL_NAME_MAX + 1];
    GW_AUTO_FREE char *text = gw_trash_label_print(label, err);
    if (!text)
        return -1;
    gw_trash_label_name(leaf, name);
    GW_AUTO_FD int fd =
        openat(trash, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return gw_error_set_errno(err, errno, "can't make label %s in the trash", leaf);
    size_t len = strlen(text);
    ssize_t n = write(fd, text, len);
    if (n >= 0 && n < (ssize_t)len)
        errno = ENOSPC;
    if (n == (ssize_t)len && fsync(fd) == 0 && fsync(trash) == 0)
        return 0;
    int e = errno;
    (void)unlinkat(trash, leaf, 0);
    return gw_error_set_errno(err, e, "can't write label %s in the trash", leaf);
}

void gw_trash_label_remove(int trash, const char *name)
{
    char leaf[GW_TRASH_LABEL_NAME_MAX + 1];
    gw_trash_label_name(leaf, name);
    (void)unlinkat(trash, leaf, 0);
}

bool gw_trash_label_read(int trash, const char *pool, const char *name, struct gw_trash_label *out)
{
    char leaf[GW_TRASH_LABEL_NAME_MAX + 1];
    char fitting[GW_TRASH_NAME_MAX + 1];
    char text[GW_TRASH_LABEL_MAX + 1];
    struct gw_trash_label label = {.epoch = 0};
    gw_trash_label_name(leaf, name);
    GW_AUTO_FD int fd = openat(trash, leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (n < 0 || n > GW_TRASH_LABEL_MAX || memchr(text, '\0', (size_t)n))
        return false;
    text[n] = '\0';
    if (gw_trash_label_parse(text, &label, NULL) < 0 || strcmp(label.pool, pool) != 0)
        return false;
    gw_trash_name(fitting, &label);
    if (strcmp(fitting, name) != 0)
        return false;
    *out = label;
    return true;
}
